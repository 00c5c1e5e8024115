//! The table of what units, or outlets of one unit, took and owe.

use super::figures::{kwh, or_dash, yen};
use super::flow::{Column, Row, Table};
use super::page::Align;
use super::statement::{Registers, UnitRow, Words};

const COLUMNS: usize = 9;

pub(super) fn units(words: &Words, first: &str, rows: &[UnitRow], total: &UnitRow) -> Table {
    let right = |title: &str, width| Column {
        title: title.to_owned(),
        width,
        align: Align::Right,
    };
    let left = Column {
        align: Align::Left,
        ..right(first, 21.0)
    };
    let columns = vec![
        left,
        right(words.say("回数", "Charges"), 13.0),
        right(words.say("開始指示値", "Register from"), 21.0),
        right(words.say("終了指示値", "Register to"), 21.0),
        right(words.energy(), 20.0),
        right(words.say("電力量料金(円)", "Energy yen"), 26.0),
        right(words.say("基本料金(円)", "Per charge, yen"), 23.0),
        right(words.say("その他(円)", "Other yen"), 17.0),
        right(words.say("合計(円)", "Total yen"), 18.0),
    ];
    let all = UnitRow {
        unit: words.say("合計", "Total").to_owned(),
        ..total.clone()
    };
    let mut lines = Vec::new();
    for row in rows {
        lines.push(unit(row, false));
        lines.extend(row.registers.iter().map(registers));
    }
    lines.push(unit(&all, true));
    Table { columns, rows: lines }
}

fn unit(row: &UnitRow, bold: bool) -> Row {
    let register = |wh: Option<i64>| match row.registers.is_empty() {
        true => or_dash(wh, kwh),
        false => String::new(),
    };
    let cells = vec![
        row.unit.clone(),
        row.sessions.to_string(),
        register(row.opening_wh),
        register(row.closing_wh),
        kwh(row.energy_wh),
        yen(row.energy_yen),
        yen(row.fixed_yen),
        yen(row.other_yen),
        yen(row.yen),
    ];
    Row { cells, bold }
}

fn registers(of: &Registers) -> Row {
    let mut cells = vec![
        format!("   {}", of.outlet),
        String::new(),
        or_dash(of.opening_wh, kwh),
        or_dash(of.closing_wh, kwh),
    ];
    cells.resize(COLUMNS, String::new());
    Row { cells, bold: false }
}

#[cfg(test)]
mod tests {
    use foundation::Language;

    use super::*;

    #[test]
    fn the_registers_of_a_unit_with_several_meters_stand_below_it_one_by_one() {
        let meter = |outlet: &str, opening_wh| Registers {
            outlet: outlet.to_owned(),
            opening_wh: Some(opening_wh),
            closing_wh: None,
        };
        let of = UnitRow {
            unit: "203".to_owned(),
            registers: vec![meter("A-1", 1_500), meter("A-2", 20)],
            ..UnitRow::default()
        };
        let table = units(
            &Words(Language::English, true),
            "Unit",
            &[of],
            &UnitRow::default(),
        );
        let begins: Vec<_> = table
            .rows
            .iter()
            .map(|row| row.cells.iter().take(4).map(String::as_str).collect::<Vec<_>>())
            .collect();
        let expected = [
            ["203", "0", "", ""],
            ["   A-1", "", "1.500", "—"],
            ["   A-2", "", "0.020", "—"],
            ["Total", "0", "—", "—"],
        ];
        assert_eq!(begins, expected);
        assert!(
            table
                .rows
                .iter()
                .all(|row| row.cells.len() == table.columns.len())
        );
    }
}

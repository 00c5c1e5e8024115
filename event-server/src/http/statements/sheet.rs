//! A month's statement as lines of a spreadsheet, in Japanese or English.

use api_spec::rest::{
    EnergyLabel, NewStatementLayout, Statement, StatementAmounts, StatementCharset, StatementColumn,
    StatementColumnName, StatementCorrection, StatementLines, StatementOutlet, StatementReconciliation,
    StatementRegisters, StatementRow,
};

use crate::http::exports::csv::Cell;
use crate::http::exports::text;
use crate::http::language::Language;
use crate::papers::figures::per_cent;

const COLUMNS: usize = 16;

const JAPANESE: [&str; COLUMNS] = [
    "区分",
    "住戸",
    "コンセント",
    "対象月",
    "充電回数",
    "開始指示値(kWh)",
    "終了指示値(kWh)",
    "電力量(kWh)",
    "電力量の単位",
    "電力量料金(円)",
    "基本料金(円)",
    "最低料金との差額(円)",
    "満充電後の料金(円)",
    "訂正(円)",
    "合計(円)",
    "備考",
];

const ENGLISH: [&str; COLUMNS] = [
    "kind",
    "unit",
    "outlet",
    "month",
    "sessions",
    "opening_register_kwh",
    "closing_register_kwh",
    "energy_kwh",
    "energy_unit",
    "energy_yen",
    "fixed_yen",
    "minimum_yen",
    "idle_yen",
    "corrections_yen",
    "total_yen",
    "note",
];

/// The names of the columns.
fn names(language: Language) -> &'static [&'static str] {
    match language {
        Language::Japanese => &JAPANESE,
        Language::English => &ENGLISH,
    }
}

/// What is written where nobody has set anything else.
pub(crate) fn whole(language: Language) -> NewStatementLayout {
    let columns = StatementColumnName::ALL.into_iter().zip(names(language));
    let column = |(column, heading): (StatementColumnName, &&str)| StatementColumn {
        column,
        heading: (*heading).to_owned(),
    };
    NewStatementLayout {
        columns: columns.map(column).collect(),
        lines: StatementLines::All,
        charset: StatementCharset::Utf8,
    }
}

/// The first line of a month's sheet, and the others.
pub(crate) fn sheet(
    statement: &Statement,
    layout: &NewStatementLayout,
    language: Language,
) -> (Vec<String>, Vec<Vec<Cell>>) {
    let headings = layout.columns.iter().map(|column| column.heading.clone());
    let place = |name: StatementColumnName| StatementColumnName::ALL.iter().position(|known| *known == name);
    let places: Vec<usize> = layout
        .columns
        .iter()
        .filter_map(|column| place(column.column))
        .collect();
    let chosen = |cells: Vec<Cell>| {
        places
            .iter()
            .filter_map(|place| cells.get(*place).cloned())
            .collect()
    };
    let rows = lines(statement, layout.lines, language);
    (
        headings.collect(),
        rows.into_iter().map(Line::cells).map(chosen).collect(),
    )
}

/// One line, of which most is empty.
#[derive(Default)]
struct Line {
    kind: &'static str,
    unit: String,
    outlet: String,
    month: String,
    registers: (Option<i64>, Option<i64>),
    energy_wh: Option<i64>,
    energy_unit: &'static str,
    amounts: Option<StatementAmounts>,
    /// In place of `amounts`.
    corrected: Option<StatementCorrection>,
    note: String,
}

impl Line {
    fn cells(self) -> Vec<Cell> {
        let amount = |part: fn(&StatementAmounts) -> i64| Cell::Number(self.amounts.as_ref().map(part));
        let corrected = self.corrected.as_ref();
        let or_corrected = |part: fn(&StatementAmounts) -> i64, of: fn(&StatementCorrection) -> i64| {
            Cell::Number(self.amounts.as_ref().map(part).or(corrected.map(of)))
        };
        vec![
            text(self.kind),
            text(&self.unit),
            text(&self.outlet),
            text(&self.month),
            or_corrected(|amounts| amounts.sessions, |corrected| corrected.sessions),
            Cell::Thousandths(self.registers.0),
            Cell::Thousandths(self.registers.1),
            Cell::Thousandths(self.energy_wh),
            text(self.energy_unit),
            amount(|amounts| amounts.energy_yen),
            amount(|amounts| amounts.fixed_yen),
            amount(|amounts| amounts.minimum_yen),
            amount(|amounts| amounts.idle_yen),
            or_corrected(
                |amounts| amounts.corrections_yen,
                |corrected| corrected.amount_yen,
            ),
            or_corrected(|amounts| amounts.total_yen, |corrected| corrected.amount_yen),
            text(&self.note),
        ]
    }
}

/// One of two texts.
#[derive(Clone, Copy)]
struct Words(Language);

impl Words {
    fn say(self, japanese: &'static str, english: &'static str) -> &'static str {
        match self.0 {
            Language::Japanese => japanese,
            Language::English => english,
        }
    }

    fn energy_unit(self, label: EnergyLabel) -> &'static str {
        match label {
            EnergyLabel::Kwh => "kWh",
            EnergyLabel::KwhEquivalent => self.say("kWh相当", "kWh equivalent"),
        }
    }

    /// As a spreadsheet leaves it.
    fn month(self, month: &str) -> String {
        match (self.0, month.split_once('-')) {
            (Language::Japanese, Some((year, month))) => {
                format!("{year}年{}月", month.trim_start_matches('0'))
            }
            (Language::Japanese | Language::English, _) => month.to_owned(),
        }
    }

    fn unit(self, unit: Option<&String>) -> String {
        let none = || self.say("(住戸なし)", "(no unit)").to_owned();
        unit.cloned().unwrap_or_else(none)
    }
}

/// The lines of a month.
fn lines(statement: &Statement, asked: StatementLines, language: Language) -> Vec<Line> {
    let words = Words(language);
    let month = || words.month(&statement.month);
    let of_unit = |row: &StatementRow| Line {
        kind: words.say("住戸", "unit"),
        unit: words.unit(row.unit.as_ref()),
        month: month(),
        energy_wh: Some(row.amounts.energy_wh),
        energy_unit: words.energy_unit(row.energy_label),
        amounts: Some(row.amounts),
        ..Line::default()
    };
    if asked == StatementLines::Units {
        return statement.rows.iter().map(of_unit).collect();
    }
    let mut lines = Vec::new();
    for row in &statement.rows {
        lines.push(of_unit(row));
        let unit = words.unit(row.unit.as_ref());
        lines.extend(row.outlets.iter().map(|outlet| registers(words, &unit, outlet)));
    }
    let corrections = statement.corrections.iter();
    lines.extend(corrections.map(|corrected| correction(words, corrected)));
    lines.extend(statement.outlets.iter().map(|outlet| meter(words, outlet)));
    lines.extend(reconciliation(words, &statement.reconciliation));
    lines.push(Line {
        kind: words.say("合計", "total"),
        month: month(),
        energy_wh: Some(statement.total.energy_wh),
        amounts: Some(statement.total),
        note: closing(words, statement),
        ..Line::default()
    });
    lines
}

fn registers(words: Words, unit: &str, outlet: &StatementRegisters) -> Line {
    Line {
        kind: words.say("指示値", "register"),
        unit: unit.to_owned(),
        outlet: outlet.outlet_name.clone(),
        registers: (outlet.opening_register_wh, outlet.closing_register_wh),
        energy_wh: Some(outlet.energy_wh),
        energy_unit: words.energy_unit(outlet.energy_label),
        ..Line::default()
    }
}

fn correction(words: Words, corrected: &StatementCorrection) -> Line {
    let session = corrected.session_id.clone();
    Line {
        kind: words.say("訂正", "correction"),
        unit: words.unit(corrected.unit.as_ref()),
        month: corrected
            .month
            .as_deref()
            .map(|month| words.month(month))
            .unwrap_or_default(),
        energy_wh: session.is_some().then_some(corrected.energy_wh),
        note: corrected.note.clone().or(session).unwrap_or_default(),
        corrected: Some(corrected.clone()),
        ..Line::default()
    }
}

fn meter(words: Words, outlet: &StatementOutlet) -> Line {
    let nobody = words.say("請求対象外", "charged to nobody");
    let kwh = |wh: i64| crate::http::exports::csv::thousandths(wh);
    let mut note = format!("{nobody} {} kWh", kwh(outlet.unattributed_wh));
    if outlet.rebased_wh != 0 {
        let stepped = words.say("計器交換などによる段差", "steps of the meter");
        note = format!("{note}; {stepped} {} kWh", kwh(outlet.rebased_wh));
    }
    Line {
        kind: words.say("計器", "meter"),
        outlet: outlet.outlet_name.clone(),
        registers: (outlet.opening_register_wh, outlet.closing_register_wh),
        energy_wh: Some(outlet.attributed_wh + outlet.unattributed_wh),
        energy_unit: words.energy_unit(outlet.energy_label),
        note,
        ..Line::default()
    }
}

fn reconciliation(words: Words, beside: &StatementReconciliation) -> Vec<Line> {
    let share = beside.difference_per_mille.map(per_cent);
    let difference = words.say("主幹とコンセントの差", "main circuit less outlets");
    let difference = match share {
        Some(share) => format!("{difference} ({share})"),
        None => difference.to_owned(),
    };
    let of = |energy_wh: Option<i64>, note: String| Line {
        kind: words.say("照合", "reconciliation"),
        energy_wh,
        note,
        ..Line::default()
    };
    let say = |japanese, english| words.say(japanese, english).to_owned();
    vec![
        of(beside.main_circuit_wh, say("主幹の電力量", "main circuit")),
        of(
            Some(beside.outlets_wh),
            say("全コンセントの電力量", "all outlets"),
        ),
        of(beside.difference_wh, difference),
        of(
            Some(beside.attributed_wh),
            say("うち充電セッションの電力量", "of the outlets: sessions"),
        ),
        of(
            Some(beside.unattributed_wh),
            say("うち請求対象外の電力量", "of the outlets: charged to nobody"),
        ),
        of(
            Some(beside.rebased_wh),
            say(
                "計器交換などによる指示値の段差(電力量に含まない)",
                "steps of meters, which are no energy",
            ),
        ),
        of(
            Some(beside.earlier_wh),
            say(
                "前月以前に流れ今月請求する電力量",
                "flowed earlier, charged this month",
            ),
        ),
        of(
            Some(beside.later_wh),
            say(
                "今月流れ翌月以降に請求する電力量",
                "flowed this month, charged later",
            ),
        ),
    ]
}

/// Rounding, and whether it can still change.
fn closing(words: Words, statement: &Statement) -> String {
    let rounded = words.say(
        "電力量料金は充電1回ごとに1円未満切り捨て",
        "energy is rounded down to whole yen once for each session",
    );
    let state = match &statement.hash {
        Some(hash) => format!("{} SHA-256 {hash}", words.say("確定", "closed")),
        None => words.say("未確定", "open").to_owned(),
    };
    format!("{rounded}; {state}")
}

//! A month as papers: the whole for the board, and what one unit owes.

use std::collections::BTreeMap;

use api_spec::rest::{
    EnergyLabel, Statement, StatementAmounts, StatementCorrection, StatementRegisters, StatementRow,
    StatementSession, Time,
};
use foundation::{Conn, DbError, Language};
use jiff::tz::TimeZone;

use super::local_days::zone;
use super::pricing::from_json;
use super::receipt::energy;
use super::statement_months::Month;
use super::statements::{OfSite, list_sessions, show};
use crate::error::Refusal;
use crate::papers::corrections::Correction;
use crate::papers::moments::{moment, month_name};
use crate::papers::statement::{
    self as papers, Closing, Notice, Reconciliation, Registers, SessionRow, UnitRow,
};
use crate::store::statement_lines::Filter;
use crate::store::{drivers, sessions, tenants};

/// Sessions in a notice; nobody has more in a month.
const MAX_SESSIONS: i64 = 10_000;

/// The statement of a month for the board.
pub(crate) fn board_paper(
    conn: &mut Conn,
    of: &OfSite,
    (month, now_us): (Month, i64),
    language: Language,
) -> Result<papers::Statement, Refusal> {
    let statement = read(conn, of, (month, now_us))?;
    let beside = statement.reconciliation;
    let main_wh = beside.main_circuit_wh;
    let is_kwh = |row: &StatementRow| row.energy_label == EnergyLabel::Kwh;
    Ok(papers::Statement {
        language,
        verified: statement.rows.iter().all(is_kwh),
        rows: statement.rows.iter().map(|row| unit_row(row, language)).collect(),
        total: amounts(String::new(), &statement.total),
        reconciliation: main_wh.map(|main_wh| Reconciliation {
            main_wh,
            outlets_wh: beside.outlets_wh,
            difference_per_mille: beside.difference_per_mille,
        }),
        corrections: statement
            .corrections
            .iter()
            .map(|one| Correction {
                unit: Some(unit_or_none(one.unit.as_ref(), language)),
                ..correction(one, language)
            })
            .collect(),
        notes: notes(&statement, language),
        closing: closing(&statement, language),
        site: statement.site_name,
        month: statement.month,
    })
}

/// The notice of a unit; '' is the row without one.
pub(crate) fn notice_paper(
    conn: &mut Conn,
    of: &OfSite,
    (month, now_us): (Month, i64),
    (unit, language): (String, Language),
) -> Result<Notice, Refusal> {
    let statement = read(conn, of, (month, now_us))?;
    let is_theirs = |row: &&StatementRow| row.unit.as_deref().unwrap_or_default() == unit;
    let row = statement.rows.iter().find(is_theirs);
    let row = row.ok_or(Refusal::NotFound("unit"))?;
    let filter = Filter {
        unit: Some(unit),
        after: 0,
        limit: MAX_SESSIONS,
    };
    let sessions = list_sessions(conn, of, (month, now_us), &filter)?;
    let zone = zone(&statement.time_zone);
    let contact = tenants::find(conn, &of.tenant_id)?.and_then(|tenant| tenant.contact);
    let people = people(conn, of, &sessions)?;
    let prices = prices(conn, of, (&sessions, language))?;
    Ok(Notice {
        language,
        unit: unit_or_none(row.unit.as_ref(), language),
        contact,
        people,
        prices,
        verified: row.energy_label == EnergyLabel::Kwh,
        rows: row.outlets.iter().map(outlet_row).collect(),
        total: amounts(String::new(), &row.amounts),
        sessions: sessions
            .iter()
            .map(|(_, told)| session_row(told, (&zone, language)))
            .collect(),
        corrections: statement
            .corrections
            .iter()
            .filter(|one| one.unit == row.unit)
            .map(|one| correction(one, language))
            .collect(),
        closing: closing(&statement, language),
        site: statement.site_name.clone(),
        month: statement.month.clone(),
    })
}

type Told = [(i64, StatementSession)];

/// Who has charged, as far as their names are known.
fn people(conn: &mut Conn, of: &OfSite, sessions: &Told) -> Result<Vec<String>, DbError> {
    let mut ids: Vec<String> = sessions.iter().map(|(_, told)| told.driver_id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names: Vec<String> = drivers::names(conn, &of.tenant_id, &ids)?.into_values().collect();
    names.sort_unstable();
    Ok(names)
}

/// What was taken at which price, all sessions together.
fn prices(
    conn: &mut Conn,
    of: &OfSite,
    (sessions, language): (&Told, Language),
) -> Result<Vec<String>, Refusal> {
    let mut taken: BTreeMap<(Option<String>, i64), i64> = BTreeMap::new();
    // What corrects an earlier month is no energy at a price of this one.
    for (_, told) in sessions.iter().filter(|(_, told)| told.corrects.is_none()) {
        let Some((session, _)) = sessions::find_owned(conn, &of.tenant_id, &told.session_id)? else {
            continue;
        };
        for at_price in energy(&session)? {
            let key = (at_price.band, at_price.energy_milliyen_per_kwh);
            *taken.entry(key).or_default() += at_price.energy_wh;
        }
    }
    let told = taken.into_iter().map(|((band, milliyen), energy_wh)| {
        let band = band.map_or(String::new(), |band| format!("{band} "));
        let price = crate::papers::figures::price(milliyen);
        let unit = say(language, "円/kWh", "yen/kWh");
        format!("{band}{price} {unit} × {} kWh", crate::papers::kwh(energy_wh))
    });
    Ok(told.collect())
}

fn read(conn: &mut Conn, of: &OfSite, at: (Month, i64)) -> Result<Statement, Refusal> {
    Ok(from_json(&show(conn, of, at)?.to_string())?)
}

fn say(language: Language, japanese: &'static str, english: &'static str) -> &'static str {
    match language {
        Language::Japanese => japanese,
        Language::English => english,
    }
}

fn unit_or_none(unit: Option<&String>, language: Language) -> String {
    let none = || say(language, "(住戸なし)", "(no unit)").to_owned();
    unit.cloned().unwrap_or_else(none)
}

fn unit_row(row: &StatementRow, language: Language) -> UnitRow {
    let of = |outlet: &StatementRegisters| Registers {
        outlet: outlet.outlet_name.clone(),
        opening_wh: outlet.opening_register_wh,
        closing_wh: outlet.closing_register_wh,
    };
    let (opening_wh, closing_wh, registers) = match row.outlets.as_slice() {
        [outlet] => (outlet.opening_register_wh, outlet.closing_register_wh, Vec::new()),
        several => (None, None, several.iter().map(of).collect()),
    };
    UnitRow {
        opening_wh,
        closing_wh,
        registers,
        ..amounts(unit_or_none(row.unit.as_ref(), language), &row.amounts)
    }
}

fn amounts(unit: String, sum: &StatementAmounts) -> UnitRow {
    UnitRow {
        unit,
        sessions: sum.sessions,
        opening_wh: None,
        closing_wh: None,
        registers: Vec::new(),
        energy_wh: sum.energy_wh,
        energy_yen: sum.energy_yen,
        fixed_yen: sum.fixed_yen,
        other_yen: sum.minimum_yen + sum.idle_yen + sum.corrections_yen,
        yen: sum.total_yen,
    }
}

fn outlet_row(outlet: &StatementRegisters) -> UnitRow {
    UnitRow {
        unit: outlet.outlet_name.clone(),
        sessions: outlet.sessions,
        opening_wh: outlet.opening_register_wh,
        closing_wh: outlet.closing_register_wh,
        registers: Vec::new(),
        energy_wh: outlet.energy_wh,
        energy_yen: outlet.energy_yen,
        fixed_yen: outlet.fixed_yen,
        other_yen: outlet.total_yen - outlet.energy_yen - outlet.fixed_yen,
        yen: outlet.total_yen,
    }
}

fn session_row(told: &StatementSession, (zone, language): (&TimeZone, Language)) -> SessionRow {
    let told_at = |at: Option<Time>| at.map_or(String::new(), |at| moment(at.0, zone, language));
    SessionRow {
        started: told_at(told.energized_at),
        ended: told_at(told.ended_at),
        outlet: told.outlet_name.clone(),
        energy_wh: told.energy_wh,
        yen: told.total_yen,
    }
}

fn correction(one: &StatementCorrection, language: Language) -> Correction {
    let late = say(
        language,
        "後から届いた、または変更された充電",
        "A charge that came late or changed",
    );
    Correction {
        month: one.month.as_deref().map(|month| month_name(month, language)),
        unit: None,
        why: one.note.clone().unwrap_or_else(|| late.to_owned()),
        yen: one.amount_yen,
    }
}

fn notes(statement: &Statement, language: Language) -> Vec<String> {
    let beside = statement.reconciliation;
    let kwh = |wh: i64| format!("{} kWh", crate::papers::kwh(wh));
    let others = [
        (
            say(language, "請求対象外の電力量", "Charged to nobody"),
            beside.unattributed_wh,
        ),
        (
            say(
                language,
                "前月以前に流れ今月請求する電力量",
                "Flowed earlier, charged this month",
            ),
            beside.earlier_wh,
        ),
        (
            say(
                language,
                "今月流れ翌月以降に請求する電力量",
                "Flowed this month, charged later",
            ),
            beside.later_wh,
        ),
    ];
    let told = others.into_iter().filter(|(_, wh)| *wh != 0);
    told.map(|(what, wh)| format!("{what}: {}", kwh(wh))).collect()
}

fn closing(statement: &Statement, language: Language) -> Option<Closing> {
    let (at, hash) = statement.closed_at.zip(statement.hash.clone())?;
    let at = moment(at.0, &zone(&statement.time_zone), language);
    Some(Closing { at, hash })
}

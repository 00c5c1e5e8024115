//! What a month tells of sessions: those that ended in it, and what has changed of those that closed months tell of.

use std::collections::{BTreeMap, HashMap};

use api_spec::rest::{EnergyLabel, MeterClass, StatementSession, Time};
use domain::price::Yen;
use domain::price::tariff::{Cost, Terms};
use domain::statement::{Entry, Figures, Period, corrections};
use domain::units::WattHours;
use foundation::{Conn, DbError};

use super::pricing::{from_json, metered};
use super::statement_months::{Calendar, Month};
use crate::context::Tx;
use crate::store::outlets::{self, Outlet};
use crate::store::sessions::Session;
use crate::store::{ended_sessions, name, statement_changes, statement_lines};

/// One entry of a month about a session.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) session_number: i64,
    pub(crate) entry: Entry,
    pub(crate) told: StatementSession,
}

/// The outlets of a site, as a month's figures may be called there.
#[derive(Debug)]
pub(crate) struct Outlets(pub(crate) BTreeMap<i64, (Outlet, EnergyLabel)>);

impl Outlets {
    pub(crate) fn load(conn: &mut Conn, site_id: &str, month: Month) -> Result<Self, DbError> {
        let all = outlets::list_of_site(conn, site_id)?.into_iter();
        let last_day = month.last_day().to_string();
        let labelled = all.map(|outlet| (outlet.key, (label(&outlet, &last_day), outlet)));
        Ok(Self(
            labelled
                .map(|(key, (label, outlet))| (key, (outlet, label)))
                .collect(),
        ))
    }

    pub(crate) fn keys(&self) -> Vec<i64> {
        self.0.keys().copied().collect()
    }
}

/// Only what is verified until the month's end is a kilowatt-hour for billing.
fn label(outlet: &Outlet, last_day: &str) -> EnergyLabel {
    let is_verified = outlet.meter_class.as_ref() == Some(&name(MeterClass::Verified));
    let until = outlet.meter_valid_until.as_deref();
    match is_verified && until.is_none_or(|until| until >= last_day) {
        true => EnergyLabel::Kwh,
        false => EnergyLabel::KwhEquivalent,
    }
}

/// Terms that were read already, by their text: most sessions of a month have the same.
#[derive(Default)]
struct Prices(HashMap<String, Terms>);

impl Prices {
    fn figures(&mut self, session: &Session) -> Result<Figures, DbError> {
        let cost = match &session.pricing {
            None => None,
            Some(text) => {
                if !self.0.contains_key(text) {
                    let rules = session.pricing()?.map(|pricing| pricing.rules());
                    self.0.extend(rules.map(|rules| (text.clone(), rules)));
                }
                let metered = metered(session)?;
                self.0.get(text).map(|terms| terms.cost(&metered))
            }
        };
        Ok(Figures::of_session(WattHours(session.energy_wh), cost))
    }
}

/// What an open month tells, in the order in which it is listed; corrections in the one that is closed next alone.
pub(crate) fn draw_up_lines(
    conn: &mut Conn,
    (calendar, month): (&Calendar, Month),
    site_id: &str,
    outlets: &Outlets,
) -> Result<Vec<Line>, DbError> {
    let mut prices = Prices::default();
    let Period { begin, end } = calendar.period(month);
    let span = (begin.map(|begin| begin.0), end.0);
    let mut lines = Vec::new();
    for session in ended_sessions::list_ended_at(conn, &outlets.keys(), span)? {
        let figures = prices.figures(&session)?;
        let told = tell(&session, outlets, (session.unit.clone(), figures), None);
        lines.push(line(&session, Entry::Session(figures), told));
    }
    if month != calendar.next {
        return Ok(lines);
    }
    let changed = statement_changes::list(conn, site_id)?;
    let mut stated = stated(conn, &changed)?;
    for session in ended_sessions::list_by_numbers(conn, &changed)? {
        let now = (session.unit.clone(), prices.figures(&session)?);
        let of_session = stated.remove(&session.number).unwrap_or_default();
        let corrected = session.ended_at.and_then(|at| calendar.closed_month_of(at));
        let corrects = corrected.map(|closed| closed.month.clone());
        for (unit, figures) in corrections(of_session, now) {
            let told = tell(&session, outlets, (unit, figures), corrects.clone());
            lines.push(line(&session, Entry::Correction(figures), told));
        }
    }
    Ok(lines)
}

fn line(session: &Session, entry: Entry, told: StatementSession) -> Line {
    Line {
        session_number: session.number,
        entry,
        told,
    }
}

/// Of whom and how much was stated of a session.
type Stated = Vec<(Option<String>, Figures)>;

fn stated(conn: &mut Conn, numbers: &[i64]) -> Result<HashMap<i64, Stated>, DbError> {
    let mut all: HashMap<i64, Stated> = HashMap::new();
    for row in statement_lines::list_of_sessions(conn, numbers)? {
        let told: StatementSession = from_json(&row.line)?;
        let figures = figures_of(&told);
        all.entry(row.session_number)
            .or_default()
            .push((told.unit, figures));
    }
    Ok(all)
}

fn figures_of(told: &StatementSession) -> Figures {
    Figures {
        sessions: told.sessions,
        energy: WattHours(told.energy_wh),
        cost: Cost {
            energy: Yen(told.energy_yen),
            fixed: Yen(told.fixed_yen),
            minimum: Yen(told.minimum_yen),
            idle: Yen(told.idle_yen),
        },
    }
}

fn tell(
    session: &Session,
    outlets: &Outlets,
    (unit, figures): (Option<String>, Figures),
    corrects: Option<String>,
) -> StatementSession {
    let outlet = outlets.0.get(&session.outlet_key);
    StatementSession {
        session_id: session.id.clone(),
        outlet_id: outlet.map(|(outlet, _)| outlet.id.clone()).unwrap_or_default(),
        outlet_name: outlet.map(|(outlet, _)| outlet.name.clone()).unwrap_or_default(),
        driver_id: session.driver_id.clone(),
        unit,
        corrects,
        energized_at: session.energized_at.map(Time),
        ended_at: session.ended_at.map(Time),
        start_register_wh: session.start_register_wh,
        stop_register_wh: session.stop_register_wh,
        sessions: figures.sessions,
        energy_wh: figures.energy.0,
        energy_label: outlet.map_or(EnergyLabel::KwhEquivalent, |(_, label)| *label),
        energy_yen: figures.cost.energy.0,
        fixed_yen: figures.cost.fixed.0,
        minimum_yen: figures.cost.minimum.0,
        idle_yen: figures.cost.idle.0,
        total_yen: figures.cost.total().0,
    }
}

/// Notes that an ended session is new, or another than before: where its month is closed already, the next one tells of it.
pub(super) fn note_change(tx: &mut Tx<'_>, session: &Session) -> Result<(), DbError> {
    match session.ended_at {
        Some(ended_at) => statement_changes::note(tx.conn, session.outlet_key, (session.number, ended_at)),
        None => Ok(()),
    }
}

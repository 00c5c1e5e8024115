//! Monthly statements: shown while they are open, closed once and in turn, corrected by the month that is closed next.

use api_spec::rest::{
    NewStatementCorrection, StatementCheck, StatementCorrection, StatementSession, StatementState,
    StatementSummary, Time,
};
use foundation::Conn;
use serde_json::Value;

use super::draw_up_statement::{OpenMonth, manual};
use super::pricing::from_json;
use super::statement_chain::{check, freeze};
use super::statement_months::{Calendar, Month};
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::sites::{self, Site};
use crate::store::statement_changes;
use crate::store::statement_corrections::{self as corrections, Correction};
use crate::store::statement_lines::{self, Filter};
use crate::store::statements::{self, Heading};

/// What the last minutes of a month measured is taken in and added up until then.
const SETTLED_US: i64 = 3_600_000_000;
/// What the audit log, which forgets nothing, does not tell of a person.
const PERSONAL: [&str; 2] = ["unit", "note"];

/// A site of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct OfSite {
    pub(crate) tenant_id: String,
    pub(crate) site_id: String,
}

impl OfSite {
    fn find(&self, conn: &mut Conn) -> Result<(Site, Calendar), Refusal> {
        let site = sites::find(conn, &self.tenant_id, &self.site_id)?;
        let site = site.ok_or(Refusal::NotFound("site"))?;
        let calendar = Calendar::load(conn, &site)?;
        Ok((site, calendar))
    }
}

/// Before which month, and how many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonthPage {
    pub(crate) before: Option<Month>,
    pub(crate) limit: usize,
}

/// The months of a site, the newest first.
pub(crate) fn list(
    conn: &mut Conn,
    of: &OfSite,
    (page, now_us): (MonthPage, i64),
) -> Result<Vec<StatementSummary>, Refusal> {
    let (site, calendar) = of.find(conn)?;
    let is_in_page = |month: &Month| page.before.is_none_or(|before| *month < before);
    let mut told = Vec::new();
    for month in calendar.open(now_us).filter(is_in_page).take(page.limit) {
        let open = OpenMonth {
            site: &site,
            calendar: &calendar,
            month,
            now_us,
        };
        told.push(open.summary(conn)?);
    }
    let closed = calendar.closed.iter().rev();
    let closed = closed.filter(|row| Month::parse(&row.month).is_none_or(|month| is_in_page(&month)));
    let left = page.limit - told.len();
    told.extend(closed.take(left).map(closed_summary));
    Ok(told)
}

fn closed_summary(row: &Heading) -> StatementSummary {
    StatementSummary {
        month: row.month.clone(),
        state: StatementState::Closed,
        ends_at: Time(row.ends_at),
        closed_at: Some(Time(row.closed_at)),
        sessions: row.sessions,
        energy_wh: row.energy_wh,
        total_yen: row.total_yen,
        hash: Some(row.hash.clone()),
    }
}

/// A month, open or closed, as `api_spec::rest::Statement`. A closed one is told as it was written.
pub(crate) fn show(conn: &mut Conn, of: &OfSite, (month, now_us): (Month, i64)) -> Result<Value, Refusal> {
    let (site, calendar) = of.find(conn)?;
    if let Some(row) = statements::find(conn, &site.id, &month.to_string())? {
        let mut statement: Value = from_json(&row.content)?;
        if let Some(hash) = statement.get_mut("hash") {
            *hash = row.hash.into();
        }
        return Ok(statement);
    }
    let open = open(&site, &calendar, (month, now_us))?;
    let (statement, _) = open.draw_up(conn)?;
    Ok(serde_json::to_value(statement).unwrap_or_default())
}

fn open<'a>(
    site: &'a Site,
    calendar: &'a Calendar,
    (month, now_us): (Month, i64),
) -> Result<OpenMonth<'a>, Refusal> {
    let open = OpenMonth {
        site,
        calendar,
        month,
        now_us,
    };
    let is_there = calendar.is_open(month, now_us);
    is_there.then_some(open).ok_or(Refusal::NotFound("month"))
}

/// The sessions under a month's figures, each with its place.
pub(crate) fn list_sessions(
    conn: &mut Conn,
    of: &OfSite,
    (month, now_us): (Month, i64),
    filter: &Filter,
) -> Result<Vec<(i64, StatementSession)>, Refusal> {
    let (site, calendar) = of.find(conn)?;
    let is_closed = calendar.closed.iter().any(|row| row.month == month.to_string());
    if is_closed {
        let rows = statement_lines::list(conn, &site.id, &month.to_string(), filter)?;
        let told = rows.iter().map(|row| Ok((row.place, from_json(&row.line)?)));
        return told.collect();
    }
    let lines = open(&site, &calendar, (month, now_us))?.lines(conn)?;
    let is_wanted = |told: &StatementSession| {
        let wanted = filter.unit.as_deref();
        wanted.is_none_or(|unit| told.unit.as_deref().unwrap_or_default() == unit)
    };
    let told = (1_i64..).zip(lines).map(|(place, line)| (place, line.told));
    let told = told.filter(|(place, told)| *place > filter.after && is_wanted(told));
    Ok(told.take(usize::try_from(filter.limit).unwrap_or(0)).collect())
}

/// From when on a month can be closed; `None` if it is not the oldest that is open.
pub(crate) fn closes_from(conn: &mut Conn, of: &OfSite, month: Month) -> Result<Option<i64>, Refusal> {
    let (_, calendar) = of.find(conn)?;
    Ok((month == calendar.next).then(|| settled_us(&calendar, month)))
}

fn settled_us(calendar: &Calendar, month: Month) -> i64 {
    let end_us = month.next().begin_us(&calendar.zone);
    end_us.saturating_add(SETTLED_US)
}

/// Freezes the oldest open month, once it is over.
pub(crate) fn close(tx: &mut Tx<'_>, of: &OfSite, month: Month) -> Result<StatementSummary, Refusal> {
    let (site, calendar) = of.find(tx.conn)?;
    if calendar.closed.iter().any(|row| row.month == month.to_string()) {
        return Err(Refusal::MonthClosed);
    }
    let from_us = settled_us(&calendar, month);
    if tx.now_us < from_us {
        return Err(Refusal::MonthNotOver(Time(from_us).to_string()));
    }
    if month != calendar.next {
        return Err(Refusal::MonthOutOfTurn(calendar.next.to_string()));
    }
    let open = OpenMonth {
        site: &site,
        calendar: &calendar,
        month,
        now_us: tx.now_us,
    };
    let drawn = open.draw_up(tx.conn)?;
    let summary = freeze(tx.conn, drawn, (calendar.closed.last(), tx.now_us))?;
    statement_changes::delete_all(tx.conn, &site.id)?;
    corrections::update_listed(tx.conn, &site.id, &summary.month)?;
    let list = format!("sites/{}/statements", site.id);
    tx.audit.made(&list, &summary.month, &summary, &[]);
    Ok(summary)
}

/// Writes a correction, which the month that is closed next will have.
pub(crate) fn correct(
    tx: &mut Tx<'_>,
    of: &OfSite,
    asked: NewStatementCorrection,
) -> Result<StatementCorrection, Refusal> {
    let (site, calendar) = of.find(tx.conn)?;
    let corrected = asked.month.as_deref().map(Month::parse);
    let running = Month::of(&calendar.zone, tx.now_us);
    if corrected.is_some_and(|month| month.is_none_or(|month| month > running)) {
        let what = "expected a month that has begun, such as 2026-10";
        return Err(Refusal::invalid("/month", what));
    }
    let row = Correction {
        id: foundation::ids::id("cor"),
        site_id: site.id.clone(),
        listed_in: None,
        month: asked.month,
        unit: asked.unit,
        amount_yen: asked.amount_yen,
        note: asked.note,
        created_at: tx.now_us,
    };
    corrections::insert(tx.conn, &row)?;
    let made = manual(row);
    let list = format!("sites/{}/statement-corrections", site.id);
    let id = made.id.as_deref().unwrap_or_default();
    tx.audit.made(&list, id, &made, &PERSONAL);
    Ok(made)
}

/// Whether all closed statements are what they were.
pub(crate) fn check_all(conn: &mut Conn, of: &OfSite) -> Result<StatementCheck, Refusal> {
    let (site, _) = of.find(conn)?;
    Ok(check(conn, &site.id)?)
}

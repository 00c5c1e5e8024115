//! Adds up energy, sessions and cost by whom or where. What the registers moved by is all in it, whoever it belongs to.

use std::collections::BTreeMap;

use api_spec::rest::{Usage, UsageGroup};
use foundation::{Conn, DbError};

use super::local_days::{begin_us, date, month_of, next_month, zone};
use crate::error::Refusal;
use crate::store::usage::{self, Key, Over};

/// The most days at once: a year, and what is needed to see two of its ends.
pub(crate) const LONGEST_DAYS: i32 = 400;

/// What is asked for; days are numbers since 1970-01-01 in each site's time zone.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) tenant_id: String,
    pub(crate) group_by: UsageGroup,
    pub(crate) days: (i32, i32),
    pub(crate) site_id: Option<String>,
    pub(crate) driver_id: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) limit: usize,
}

impl Asked {
    fn check(&self) -> Result<(), Refusal> {
        if self.days.0 >= self.days.1 {
            return Err(Refusal::Query("to: must be after from".into()));
        }
        if self.days.1 - self.days.0 > LONGEST_DAYS {
            let what = format!("to: at most {LONGEST_DAYS} days after from");
            return Err(Refusal::Query(what));
        }
        if self.group_by == UsageGroup::Unit && self.site_id.is_none() {
            let what = "site_id: units are those of one site; name it";
            return Err(Refusal::Query(what.into()));
        }
        Ok(())
    }

    fn key(&self) -> Key {
        match self.group_by {
            UsageGroup::Driver => Key::Driver,
            UsageGroup::Unit => Key::Unit,
            UsageGroup::Outlet => Key::Outlet,
            UsageGroup::Site => Key::Site,
            UsageGroup::Month => Key::Whole,
        }
    }

    /// The times to add up over, each with the key of its own if it has one.
    fn periods(&self) -> Vec<(Option<String>, (i32, i32))> {
        if self.group_by != UsageGroup::Month {
            return vec![(None, self.days)];
        }
        let (mut first, last) = self.days;
        let mut periods = Vec::new();
        while first < last {
            let end = next_month(first).min(last);
            let month = date(month_of(first)).strftime("%Y-%m").to_string();
            periods.push((Some(month), (first, end)));
            first = end;
        }
        periods
    }
}

/// The rows by key, and the key of the last where there are more.
pub(crate) fn list_usage(conn: &mut Conn, asked: &Asked) -> Result<(Vec<Usage>, Option<String>), Refusal> {
    asked.check()?;
    let mut rows: BTreeMap<String, Usage> = BTreeMap::new();
    for zone_name in usage::list_zones(conn, &asked.tenant_id, asked.site_id.as_deref())? {
        for (key, days) in asked.periods() {
            add(conn, asked, (&zone_name, key.as_deref(), days), &mut rows)?;
        }
    }
    let more = rows.len() > asked.limit;
    let rows: Vec<(String, Usage)> = rows.into_iter().take(asked.limit).collect();
    let last = rows.last().map(|(key, _)| key.clone()).filter(|_| more);
    Ok((rows.into_iter().map(|(_, row)| row).collect(), last))
}

fn add(
    conn: &mut Conn,
    asked: &Asked,
    (zone_name, key, days): (&str, Option<&str>, (i32, i32)),
    rows: &mut BTreeMap<String, Usage>,
) -> Result<(), DbError> {
    let zone = zone(zone_name);
    let over = Over {
        tenant_id: &asked.tenant_id,
        zone: zone_name,
        site_id: asked.site_id.as_deref(),
        driver_id: asked.driver_id.as_deref(),
        days,
        moments: (begin_us(&zone, days.0), begin_us(&zone, days.1)),
        key: asked.key(),
        after: asked.after.as_deref(),
        limit: i64::try_from(asked.limit).unwrap_or(i64::MAX).saturating_add(1),
    };
    let named = |found: String| key.map_or(found, str::to_owned);
    for energy in usage::list_energy(conn, &over)? {
        let row = row(rows, named(energy.key));
        row.energy_wh += energy.attributed_wh;
        row.unattributed_wh += energy.unattributed_wh;
    }
    for sessions in usage::list_sessions(conn, &over)? {
        let row = row(rows, named(sessions.key));
        row.sessions += sessions.count;
        row.cost_yen += sessions.cost_yen;
    }
    Ok(())
}

fn row(rows: &mut BTreeMap<String, Usage>, key: String) -> &mut Usage {
    let shown = (!key.is_empty()).then(|| key.clone());
    rows.entry(key).or_insert(Usage {
        key: shown,
        energy_wh: 0,
        unattributed_wh: 0,
        sessions: 0,
        cost_yen: 0,
    })
}

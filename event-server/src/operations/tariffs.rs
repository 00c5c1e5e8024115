//! Makes tariffs and their versions, and prices what might be.

use std::collections::BTreeMap;

use api_spec::rest::{
    EnergyAtPrice, NewTariff, NewTariffVersion, Preview, PreviewAsked, Tariff, TariffTerms, TariffVersion,
    Time,
};
use domain::price::tariff::Metered;
use domain::units::Millis;
use foundation::{Conn, DbError};

use super::expected::{Expected, edited_at};
use super::local_days::{closed_day, zone};
use super::pricing::{from_json, to_json};
use super::tariff_turns::{rules, turns};
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::packed::unpack;
use crate::store::readings::{self, Place, Reading};
use crate::store::tariffs as store;
use crate::store::{outlets, reading_days, sessions, sites};

const CURRENCY: &str = "JPY";
const MAX_VERSIONS: usize = 200;
const DEFAULT_ZONE: &str = "Asia/Tokyo";

/// With all their versions, in the order given.
pub(crate) fn with_versions(conn: &mut Conn, rows: Vec<store::Tariff>) -> Result<Vec<Tariff>, DbError> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let mut versions: BTreeMap<String, Vec<TariffVersion>> = BTreeMap::new();
    for row in store::list_versions(conn, &ids)? {
        let of_tariff = versions.entry(row.tariff_id.clone()).or_default();
        of_tariff.push(version(row)?);
    }
    let with = |row: store::Tariff| Tariff {
        versions: versions.remove(&row.id).unwrap_or_default(),
        id: row.id,
        name: row.name,
        currency: CURRENCY.to_owned(),
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    };
    Ok(rows.into_iter().map(with).collect())
}

fn version(row: store::TariffVersion) -> Result<TariffVersion, DbError> {
    Ok(TariffVersion {
        terms: from_json(&row.terms)?,
        id: row.id,
        valid_from: Time(row.valid_from),
        created_at: Time(row.created_at),
    })
}

/// One tariff of the tenant.
pub(crate) fn find_tariff(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<Tariff, Refusal> {
    let row = store::find(conn, tenant_id, id)?;
    let row = row.ok_or(Refusal::NotFound("tariff"))?;
    let tariff = with_versions(conn, vec![row])?.pop();
    tariff.ok_or(Refusal::NotFound("tariff"))
}

pub(crate) fn create_tariff(tx: &mut Tx<'_>, tenant_id: &str, asked: NewTariff) -> Result<Tariff, Refusal> {
    let row = store::Tariff {
        id: foundation::ids::id("tar"),
        tenant_id: tenant_id.to_owned(),
        name: asked.name,
        created_at: tx.now_us,
        updated_at: tx.now_us,
    };
    store::insert(tx.conn, &row)?;
    let first = NewTariffVersion {
        valid_from: asked.valid_from,
        terms: asked.terms,
    };
    let made = create_version(tx, tenant_id, &row.id, first)?;
    tx.audit.made("tariffs", &made.id, &made, &[]);
    Ok(made)
}

/// Adds a version. None that holds already is touched, and none can begin before it is made.
pub(crate) fn create_version(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    tariff_id: &str,
    asked: NewTariffVersion,
) -> Result<Tariff, Refusal> {
    let tariff = find_tariff(tx.conn, tenant_id, tariff_id)?;
    let valid_from = asked.valid_from.unwrap_or(Time(tx.now_us));
    if valid_from.0 < tx.now_us {
        let what = "must not lie in the past: what was agreed stays so";
        return Err(Refusal::invalid("/valid_from", what));
    }
    if let Some(last) = tariff
        .versions
        .last()
        .filter(|last| last.valid_from >= valid_from)
    {
        let what = format!("must be after the last version's, {}", last.valid_from);
        return Err(Refusal::invalid("/valid_from", what));
    }
    if tariff.versions.len() >= MAX_VERSIONS {
        let what = format!("a tariff has at most {MAX_VERSIONS} versions: make another tariff");
        return Err(Refusal::invalid("/terms", what));
    }
    let row = store::TariffVersion {
        id: foundation::ids::id("tve"),
        tariff_id: tariff_id.to_owned(),
        valid_from: valid_from.0,
        terms: to_json(&asked.terms)?,
        created_at: tx.now_us,
    };
    store::update_edited(tx.conn, tariff_id, edited_at(tariff.updated_at.0, tx.now_us))?;
    store::insert_version(tx.conn, &row)?;
    let tariff = find_tariff(tx.conn, tenant_id, tariff_id)?;
    tx.audit.changed(&(), &tariff.versions.last(), &[]);
    Ok(tariff)
}

/// Takes back a version that has not begun to hold.
pub(crate) fn withdraw_version(
    tx: &mut Tx<'_>,
    (tenant_id, tariff_id): &(String, String),
    version_id: &str,
    expected: &Expected,
) -> Result<Tariff, Refusal> {
    let tariff = find_tariff(tx.conn, tenant_id, tariff_id)?;
    let version = tariff.versions.iter().find(|version| version.id == version_id);
    let version = version.ok_or(Refusal::NotFound("version"))?;
    expected.check(tariff.updated_at.0)?;
    if version.valid_from.0 <= tx.now_us {
        return Err(Refusal::TariffBegun);
    }
    store::update_edited(tx.conn, tariff_id, edited_at(tariff.updated_at.0, tx.now_us))?;
    store::delete_version(tx.conn, version_id)?;
    tx.audit.changed(version, &(), &[]);
    find_tariff(tx.conn, tenant_id, tariff_id)
}

/// A stretch of time in which energy was counted.
struct Flow {
    from_us: i64,
    to_us: i64,
    energy_wh: i64,
}

/// What a session would cost by a tariff; nothing is written.
pub(crate) fn preview(
    conn: &mut Conn,
    tenant_id: &str,
    tariff_id: &str,
    asked: &PreviewAsked,
) -> Result<Preview, Refusal> {
    let tariff = find_tariff(conn, tenant_id, tariff_id)?;
    let (zone_name, flows, idle) = match &asked.session_id {
        Some(session_id) => flows_of_session(conn, tenant_id, session_id)?,
        None => flows_of_registers(asked)?,
    };
    let begins = flows.first().map_or(0, |flow| flow.from_us);
    // A time before the first version is priced by that.
    let held = tariff
        .versions
        .iter()
        .rfind(|version| version.valid_from.0 <= begins);
    let version = held
        .or(tariff.versions.first())
        .ok_or(Refusal::NotFound("version"))?;
    let mut metered = Metered::default().with_idle(idle);
    let zone = zone(&zone_name);
    for flow in &flows {
        let from_us = flow.from_us.min(flow.to_us);
        let turns = turns(&version.terms, &zone, (from_us, flow.to_us));
        let begin = (domain::units::Timestamp(from_us), domain::units::WattHours(0));
        let end = (
            domain::units::Timestamp(flow.to_us),
            domain::units::WattHours(flow.energy_wh),
        );
        metered.add(begin, end, &turns);
    }
    let cost = rules(&version.terms).cost(&metered);
    Ok(Preview {
        cost: api_spec::rest::SessionCost {
            yen: cost.total().0,
            energy_yen: cost.energy.0,
            fixed_yen: cost.fixed.0,
            minimum_yen: cost.minimum.0,
            idle_yen: cost.idle.0,
            tariff_id: Some(tariff.id.clone()),
            tariff_version_id: Some(version.id.clone()),
        },
        energy: at_prices(&version.terms, &metered),
    })
}

/// What a charge would cost, in whole yen, that takes energy evenly between two moments.
pub(crate) fn price_of(
    terms: &TariffTerms,
    zone: &jiff::tz::TimeZone,
    (from_us, to_us): (i64, i64),
    energy_wh: i64,
) -> i64 {
    let mut metered = Metered::default();
    let begin = (domain::units::Timestamp(from_us), domain::units::WattHours(0));
    let end = (
        domain::units::Timestamp(to_us),
        domain::units::WattHours(energy_wh),
    );
    metered.add(begin, end, &turns(terms, zone, (from_us, to_us)));
    rules(terms).cost(&metered).total().0
}

/// What was taken at which price; nothing where nothing was.
pub(super) fn at_prices(terms: &TariffTerms, metered: &Metered) -> Vec<EnergyAtPrice> {
    let base = (None, terms.energy_milliyen_per_kwh);
    let bands = terms.bands.iter();
    let named = bands.map(|band| (Some(band.name.clone()), band.energy_milliyen_per_kwh));
    let all = std::iter::once(base).chain(named).enumerate();
    let shown = all.map(|(rate, (band, energy_milliyen_per_kwh))| EnergyAtPrice {
        band,
        energy_milliyen_per_kwh,
        energy_wh: metered.at_rate(rate).0,
    });
    shown.filter(|shown| shown.energy_wh > 0).collect()
}

type Flows = (String, Vec<Flow>, Millis);

fn flows_of_registers(asked: &PreviewAsked) -> Result<Flows, Refusal> {
    let name = asked.time_zone.clone().unwrap_or_else(|| DEFAULT_ZONE.to_owned());
    let pairs = asked.registers.iter().zip(asked.registers.iter().skip(1));
    let flows = pairs.map(|(from, to)| Flow {
        from_us: from.at.0,
        to_us: to.at.0,
        energy_wh: to.register_wh - from.register_wh,
    });
    let idle_s = u64::try_from(asked.idle_minutes).unwrap_or(0).saturating_mul(60);
    Ok((name, flows.collect(), Millis::seconds(idle_s)))
}

/// What was metered in a session, from the readings of its outlet.
fn flows_of_session(conn: &mut Conn, tenant_id: &str, session_id: &str) -> Result<Flows, Refusal> {
    let found = sessions::find_owned(conn, tenant_id, session_id)?;
    let (session, _) = found.ok_or_else(|| Refusal::invalid("/session_id", "there is no such session"))?;
    let outlet = outlets::find(conn, session.outlet_key)?.ok_or(Refusal::NotFound("outlet"))?;
    let site = sites::find(conn, tenant_id, &outlet.site_id)?.ok_or(Refusal::NotFound("site"))?;
    let (zone, place) = (zone(&site.zone), Place::Outlet(outlet.key));
    let begin_us = session.energized_at.unwrap_or(session.requested_at);
    let end_us = session.ended_at.unwrap_or(session.updated_at);
    let days = (closed_day(&zone, begin_us) - 1, closed_day(&zone, end_us) + 2);
    let mut kept = Vec::new();
    let mut folded = BTreeMap::new();
    for row in reading_days::list(conn, &place, days)? {
        folded.insert(row.day, row.folded_id);
        kept.extend(unpack(&row.packed)?);
    }
    for reading in readings::list_unfolded(conn, &place)? {
        let day = closed_day(&zone, reading.at);
        if folded.get(&day).is_none_or(|folded| reading.id > *folded) {
            kept.push(Reading::kept(reading));
        }
    }
    kept.sort_by_key(|kept| kept.at);
    let mut flows = Vec::new();
    let mut before_us = begin_us;
    for kept in kept.iter().filter(|kept| kept.moved_wh.is_some()) {
        if kept.account == Some(session.number) {
            flows.push(Flow {
                from_us: before_us,
                to_us: kept.at,
                energy_wh: kept.moved_wh.unwrap_or(0),
            });
        }
        before_us = kept.at;
    }
    Ok((site.zone, flows, session.progress()?.metered.idle))
}

//! What a session costs: the terms it began with, what it took at each rate, and what that comes to.

use api_spec::rest::{SessionCost, TariffTerms};
use domain::price::tariff::{Cost, Metered, Terms};
use domain::units::{Millis, Timestamp, WattHours};
use foundation::{Conn, DbError};
use serde::{Deserialize, Serialize};

use super::local_days::zone;
use super::tariff_turns::{rules, turns};
use crate::context::Tx;
use crate::store::outlets::{self, Outlet};
use crate::store::sessions::Session;
use crate::store::sites::{self, Site};
use crate::store::tariffs;

/// The terms that a session began with, as kept in `sessions.pricing`; never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pricing {
    pub(crate) tariff_id: Option<String>,
    pub(crate) version_id: Option<String>,
    zone: String,
    pub(crate) terms: TariffTerms,
}

/// What a session took, as kept in `sessions.metered`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) metered: Metered,
    /// Since when the car is full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    full_since_us: Option<i64>,
}

/// The terms for a session that begins now: the outlet's tariff, its site's, or the site's price of energy.
pub(crate) fn pricing_for(
    conn: &mut Conn,
    outlet: &Outlet,
    site: &Site,
    now_us: i64,
) -> Result<Option<Pricing>, DbError> {
    let pricing = |tariff_id, version_id, terms| Pricing {
        tariff_id,
        version_id,
        zone: site.zone.clone(),
        terms,
    };
    if let Some(tariff_id) = outlet.tariff_id.as_ref().or(site.tariff_id.as_ref())
        && let Some(version) = tariffs::find_version(conn, tariff_id, now_us)?
    {
        let terms = from_json(&version.terms)?;
        return Ok(Some(pricing(Some(tariff_id.clone()), Some(version.id), terms)));
    }
    let flat = |yen: i64| TariffTerms {
        energy_milliyen_per_kwh: yen.saturating_mul(1000),
        ..TariffTerms::default()
    };
    Ok(site.energy_yen_per_kwh.map(|yen| pricing(None, None, flat(yen))))
}

/// The same for an outlet by its key, whatever held when its station connected.
pub(crate) fn pricing_now(tx: &mut Tx<'_>, outlet_key: i64) -> Result<Option<Pricing>, DbError> {
    let Some(outlet) = outlets::find(tx.conn, outlet_key)? else {
        return Ok(None);
    };
    match sites::find(tx.conn, &outlet.tenant_id, &outlet.site_id)? {
        Some(site) => pricing_for(tx.conn, &outlet, &site, tx.now_us),
        None => Ok(None),
    }
}

impl Pricing {
    pub(crate) fn rules(&self) -> Terms {
        rules(&self.terms)
    }

    pub(crate) fn cost(&self, metered: &Metered) -> SessionCost {
        let cost: Cost = self.rules().cost(metered);
        SessionCost {
            yen: cost.total().0,
            energy_yen: cost.energy.0,
            fixed_yen: cost.fixed.0,
            minimum_yen: cost.minimum.0,
            idle_yen: cost.idle.0,
            tariff_id: self.tariff_id.clone(),
            tariff_version_id: self.version_id.clone(),
        }
    }

    /// Takes in the energy between two moments.
    pub(crate) fn meter(&self, metered: &mut Metered, (from_us, to_us): (i64, i64), energy_wh: i64) {
        // A clock that was set back tells no time before.
        let from_us = from_us.min(to_us);
        let turns = turns(&self.terms, &zone(&self.zone), (from_us, to_us));
        let (from, to) = (Timestamp(from_us), Timestamp(to_us));
        metered.add((from, WattHours(0)), (to, WattHours(energy_wh)), &turns);
    }
}

impl Session {
    pub(crate) fn pricing(&self) -> Result<Option<Pricing>, DbError> {
        self.pricing.as_deref().map(from_json).transpose()
    }

    pub(crate) fn progress(&self) -> Result<Progress, DbError> {
        self.metered
            .as_deref()
            .map_or_else(|| Ok(Progress::default()), from_json)
    }
}

/// Gives a session energy that its outlet's register has counted between two moments.
pub(crate) fn meter(session: &mut Session, moments: (i64, i64), energy_wh: i64) -> Result<(), DbError> {
    if let Some(pricing) = session.pricing()? {
        let mut progress = session.progress()?;
        pricing.meter(&mut progress.metered, moments, energy_wh);
        session.metered = Some(to_json(&progress)?);
    }
    Ok(())
}

/// Takes energy back that is not the session's after all.
pub(crate) fn take_back(session: &mut Session, energy_wh: i64) -> Result<(), DbError> {
    if energy_wh > 0 && session.metered.is_some() {
        let mut progress = session.progress()?;
        progress.metered.take_back(WattHours(energy_wh));
        session.metered = Some(to_json(&progress)?);
        if session.cost_yen.is_some() {
            settle(session)?;
        }
    }
    Ok(())
}

/// Notes whether the car is full. One that has never charged is not.
pub(crate) fn note_full(session: &mut Session, is_full: bool, at_us: i64) -> Result<(), DbError> {
    if session.pricing.is_none() || session.charging_started_at.is_none() {
        return Ok(());
    }
    let mut progress = session.progress()?;
    match (progress.full_since_us, is_full) {
        (None, true) => progress.full_since_us = Some(at_us),
        (Some(_), true) | (None, false) => return Ok(()),
        (Some(_), false) => {
            progress.metered.idle = idle(&progress, at_us);
            progress.full_since_us = None;
        }
    }
    session.metered = Some(to_json(&progress)?);
    Ok(())
}

/// How long the car was full until a moment.
fn idle(progress: &Progress, until_us: i64) -> Millis {
    let since_us = progress.full_since_us.unwrap_or(until_us);
    let more_ms = u64::try_from(until_us.saturating_sub(since_us) / 1000).unwrap_or(0);
    Millis(progress.metered.idle.0.saturating_add(more_ms))
}

/// What the session costs so far; `None` where nothing was agreed.
pub(crate) fn cost(session: &Session) -> Result<Option<SessionCost>, DbError> {
    let Some(pricing) = session.pricing()? else {
        return Ok(None);
    };
    Ok(Some(pricing.cost(&metered(session)?)))
}

/// What the session is priced by.
pub(super) fn metered(session: &Session) -> Result<Metered, DbError> {
    let progress = session.progress()?;
    let until_us = session.ended_at.unwrap_or(session.updated_at);
    let idle = idle(&progress, until_us);
    // Energy that is nobody's after all is taken back later.
    Ok(match session.energy_wh > 0 {
        true => progress.metered.with_idle(idle),
        false => Metered::default(),
    })
}

/// Writes down what an ended session costs.
pub(crate) fn settle(session: &mut Session) -> Result<(), DbError> {
    session.cost_yen = cost(session)?.map(|cost| cost.yen);
    Ok(())
}

pub(crate) fn to_json(value: &impl Serialize) -> Result<String, DbError> {
    let text = serde_json::to_string(value);
    text.map_err(|error| diesel::result::Error::SerializationError(error.into()).into())
}

pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, DbError> {
    let value = serde_json::from_str(text);
    value.map_err(|error| diesel::result::Error::DeserializationError(error.into()).into())
}

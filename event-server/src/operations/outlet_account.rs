//! What an outlet's current row and its meter's account make of a report.

use api_spec::rest::Time;
use api_spec::webhook::{self, Breaker, EventType, OutletFault, OutletStatus};
use domain::meter::{Meter, Outcome};
use domain::observation::Position;
use domain::units::{Tick, WattHours, Watts};
use foundation::DbError;
use serde::{Deserialize, Serialize};

use super::events::{LoadedOutlet, NewEvent, append_event};
use super::outlet_report::{OutletReport, Sample, Seen};
use crate::context::Tx;
use crate::store::outlets::Outlet;
use crate::store::readings::{self, NewReading};
use crate::store::sessions::Session;
use crate::store::{name, outlet_current, parse};

/// A station's clock further off than this is not believed.
const CREDIBLE_US: i64 = 400 * 24 * 3600 * 1_000_000;

/// The account of one meter, as kept in `outlet_current.meter`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Time that passed between the samples, in a clock that never goes back.
    tick_ms: u64,
    /// The last sample's time by the station, and when it came.
    at_us: i64,
    received_us: i64,
    meter: Meter,
}

impl Account {
    fn of(current: &outlet_current::OutletCurrent, max_power_w: i64) -> Self {
        let known = current
            .meter
            .as_deref()
            .and_then(|json| serde_json::from_str(json).ok());
        known.unwrap_or(Self {
            tick_ms: 0,
            at_us: 0,
            received_us: 0,
            meter: Meter::new(Watts(max_power_w)),
        })
    }

    /// Takes a register in. A clock that went back counts as the time between the arrivals.
    fn observe(&mut self, register_wh: i64, at_us: i64, received_us: i64) -> Outcome {
        let at_us = credible(at_us, received_us);
        let by_station = at_us.saturating_sub(self.at_us);
        let by_arrival = received_us.saturating_sub(self.received_us);
        let passed_us = if by_station > 0 {
            by_station
        } else {
            by_arrival.max(0)
        };
        let passed_ms = u64::try_from(passed_us / 1000).unwrap_or(0);
        self.tick_ms = self.tick_ms.saturating_add(passed_ms);
        (self.at_us, self.received_us) = (at_us, received_us);
        self.meter.observe(Ok(WattHours(register_wh)), Tick(self.tick_ms))
    }

    fn register_wh(&self) -> Option<i64> {
        self.meter.register().map(|register| register.0)
    }
}

/// The station's time, or the arrival's where the station's clock cannot be right.
fn credible(at_us: i64, received_us: i64) -> i64 {
    let off_us = at_us.saturating_sub(received_us).saturating_abs();
    if off_us > CREDIBLE_US { received_us } else { at_us }
}

/// Loads the current row of a known outlet.
pub(crate) fn load(tx: &mut Tx<'_>, outlet: &Outlet) -> Result<LoadedOutlet, DbError> {
    Ok(LoadedOutlet {
        id: outlet.id.clone(),
        current: outlet_current::find(tx.conn, outlet.key)?,
    })
}

/// Writes the samples as readings and into the current row; answers with the energy that the session is owed.
/// `begins`: the session begins with these samples, so that what was counted before them is not its own.
pub(crate) fn take_samples(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    (samples, begins): (&[Sample], bool),
    mut session: Option<&mut Session>,
) -> Result<i64, DbError> {
    let mut account = Account::of(&loaded.current, outlet.max_power_w);
    let mut owed_wh = 0;
    if let Some(session) = session
        .as_deref_mut()
        .filter(|s| s.start_register_wh.is_none() && !begins)
    {
        session.start_register_wh = account.register_wh();
    }
    for sample in samples {
        keep(tx, outlet.key, loaded, sample)?;
        let Some(register_wh) = sample.register_wh else {
            continue;
        };
        let outcome = account.observe(register_wh, sample.at, tx.now_us);
        tell_anomaly(tx, outlet, loaded, (outcome, sample.at))?;
        let Some(session) = session.as_deref_mut() else {
            continue;
        };
        match outcome {
            Outcome::Advanced(wh) if session.start_register_wh.is_some() => owed_wh += wh.0,
            Outcome::Baseline | Outcome::Advanced(_) | Outcome::Nothing(_) | Outcome::Rebased { .. } => {}
        }
        session.start_register_wh = session.start_register_wh.or(account.register_wh());
    }
    if let Some(session) = session {
        session.start_register_wh = session.start_register_wh.or(account.register_wh());
        session.stop_register_wh = account.register_wh();
    }
    if !samples.is_empty() {
        loaded.current.meter = serde_json::to_string(&account).ok();
    }
    Ok(owed_wh)
}

/// One sample into `readings` and the current row.
fn keep(tx: &mut Tx<'_>, outlet_key: i64, loaded: &mut LoadedOutlet, sample: &Sample) -> Result<(), DbError> {
    let current = &mut loaded.current;
    current.register_wh = sample.register_wh.or(current.register_wh);
    current.voltage_mv = sample.voltage_mv.or(current.voltage_mv);
    current.current_ma = sample.current_ma.or(current.current_ma);
    current.power_w = sample.power_w.or(current.power_w);
    current.seen_at = Some(credible(sample.at, tx.now_us));
    current.received_at = Some(tx.now_us);
    let reading = NewReading {
        outlet_key: Some(outlet_key),
        controller_id: None,
        at: credible(sample.at, tx.now_us),
        register_wh: sample.register_wh,
        voltage_mv: sample.voltage_mv,
        current_ma: sample.current_ma,
        power_w: sample.power_w,
        breaker: Some(current.breaker.clone()),
    };
    readings::insert(tx.conn, &reading)
}

/// Takes over what was seen of the breaker; whether anything is new.
pub(crate) fn take_seen(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    seen: &Seen,
    at_us: i64,
) -> Result<bool, DbError> {
    let breaker = position_name(seen.breaker);
    let moved = loaded.current.breaker != breaker || loaded.current.tripped != seen.tripped;
    if loaded.current.breaker != breaker {
        breaker.clone_into(&mut loaded.current.breaker);
    }
    loaded.current.tripped = seen.tripped;
    if loaded.current.fault != seen.fault {
        set_fault(tx, outlet, loaded, seen.fault.clone(), at_us)?;
    }
    Ok(moved)
}

fn position_name(position: Position) -> &'static str {
    match position {
        Position::Closed => "closed",
        Position::Open => "open",
        Position::Unknown => "unknown",
    }
}

/// Writes a fault, or that there is none any more, and tells it.
pub(crate) fn set_fault(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    fault: Option<String>,
    at_us: i64,
) -> Result<(), DbError> {
    let before = std::mem::replace(&mut loaded.current.fault, fault.clone());
    let Some(named) = fault.clone().or(before) else {
        return Ok(());
    };
    let data = OutletFault {
        fault: named,
        cleared: fault.is_none(),
        session_id: loaded.current.session_id.clone(),
    };
    tell(tx, outlet, loaded, EventType::OutletFault, (at_us, &data))
}

/// One `outlet.status` from the current row. `session`: the one that holds the outlet.
pub(crate) fn tell_status(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    report: &OutletReport,
    session: Option<&Session>,
) -> Result<(), DbError> {
    let current = &loaded.current;
    let at_us = credible(
        report.samples.last().map_or(report.at, |sample| sample.at),
        tx.now_us,
    );
    let data = OutletStatus {
        breaker: parse::<Breaker>(&current.breaker)?,
        tripped: current.tripped,
        fault: current.fault.clone(),
        register_wh: current.register_wh,
        voltage_mv: current.voltage_mv,
        current_ma: current.current_ma,
        power_w: current.power_w,
        measured_at: Time(at_us),
        session_id: session.map(|session| session.id.clone()),
        energy_wh: session.map(|session| session.energy_wh),
        requested: report.requested,
    };
    tell(tx, outlet, loaded, EventType::OutletStatus, (at_us, &data))
}

fn tell_anomaly(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    (outcome, at_us): (Outcome, i64),
) -> Result<(), DbError> {
    use domain::meter::Anomaly::{Back, TooFast, Unusable};
    let (kind, levels, why) = match outcome {
        Outcome::Baseline | Outcome::Advanced(_) | Outcome::Nothing(None) => return Ok(()),
        Outcome::Nothing(Some(Back { from, to })) => ("back", Some((from, to)), None),
        Outcome::Nothing(Some(TooFast { from, to })) => ("too_fast", Some((from, to)), None),
        Outcome::Nothing(Some(Unusable { why })) => ("unusable", None, Some(name(why))),
        Outcome::Rebased { from, to } => ("rebased", Some((from, to)), None),
    };
    let data = webhook::MeterAnomaly {
        kind: kind.to_owned(),
        from_wh: levels.map(|(from, _)| from.0),
        to_wh: levels.map(|(_, to)| to.0),
        why,
        session_id: loaded.current.session_id.clone(),
    };
    let at_us = credible(at_us, tx.now_us);
    tell(tx, outlet, loaded, EventType::MeterAnomaly, (at_us, &data))
}

/// One event of an outlet.
pub(crate) fn tell<T: Serialize>(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    kind: EventType,
    (at_us, data): (i64, &T),
) -> Result<(), DbError> {
    let event = NewEvent {
        tenant_id: &outlet.tenant_id,
        kind,
        at_us,
        data,
    };
    append_event(tx, Some(loaded), &event).map(|_| ())
}

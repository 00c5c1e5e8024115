//! What an outlet's current row and its meter's account make of samples.

use api_spec::rest::AlarmKind;
use domain::meter::{Meter, Outcome};
use domain::observation::Position;
use domain::units::{Tick, WattHours, Watts};
use foundation::DbError;
use serde::{Deserialize, Serialize};

use super::alarms::{close_at_outlet, open_at_outlet};
use super::events::LoadedOutlet;
use super::outlet_report::{Place, Sample};
use super::pricing::meter;
use super::tell_outlet::{position_name, tell_anomaly};
use crate::context::Tx;
use crate::metrics::{Counted, MeterRead};
use crate::store::outlets::Outlet;
use crate::store::readings::{NOBODY, NewReading, REBASED};
use crate::store::sessions::Session;

/// The account of one meter, as kept in `outlet_current.meter`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Time that passed between the samples, in a clock that never goes back.
    tick_ms: u64,
    /// The last sample's time by the station, and when it came.
    at_us: i64,
    received_us: i64,
    meter: Meter,
    /// Up to where the controller's journal was heard.
    #[serde(default)]
    heard: Heard,
    /// The station has told that the meter does not answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    silent: bool,
}

/// What flows through an open breaker by more than a meter's noise.
const FLOWS_MA: i64 = 1_000;

/// The last places in a controller's journal.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Heard {
    journal: i64,
    report: i64,
    sample: i64,
}

/// How a sample comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    InTurn,
    /// Later reports came first: it tells of a past that is accounted for.
    Overtaken,
    Repeated,
}

impl Heard {
    fn take(&mut self, place: Place) -> Arrival {
        if place.journal != self.journal {
            *self = Self {
                journal: place.journal,
                ..Self::default()
            };
        }
        let last = if place.is_sample {
            &mut self.sample
        } else {
            &mut self.report
        };
        if place.number <= *last {
            return Arrival::Repeated;
        }
        *last = place.number;
        if place.is_sample && place.number < self.report {
            return Arrival::Overtaken;
        }
        Arrival::InTurn
    }
}

impl Account {
    fn of(meter: Option<&str>, max_power_w: i64) -> Self {
        let known = meter.and_then(|json| serde_json::from_str(json).ok());
        known.unwrap_or(Self {
            tick_ms: 0,
            at_us: 0,
            received_us: 0,
            meter: Meter::new(Watts(max_power_w)),
            heard: Heard::default(),
            silent: false,
        })
    }

    /// Takes a register in. A clock that went back counts as the time between the arrivals.
    fn observe(&mut self, register_wh: i64, at_us: i64, received_us: i64) -> Outcome {
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

/// Loads the current row of a known outlet.
pub(crate) fn load(tx: &mut Tx<'_>, outlet: &Outlet) -> Result<LoadedOutlet, DbError> {
    Ok(LoadedOutlet {
        id: outlet.id.clone(),
        current: tx.conn.find_current(outlet.key)?,
        account: None,
    })
}

impl LoadedOutlet {
    /// The account of the outlet's meter; read once, and written with the row.
    fn account(&mut self, outlet: &Outlet) -> &mut Account {
        let meter = self.current.meter.as_deref();
        self.account
            .get_or_insert_with(|| Account::of(meter, outlet.max_power_w))
    }
}

/// Notes that a report came, and how. What has no place comes in turn.
pub(crate) fn arrives(outlet: &Outlet, loaded: &mut LoadedOutlet, place: Option<Place>) -> Arrival {
    place.map_or(Arrival::InTurn, |place| loaded.account(outlet).heard.take(place))
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
    let mut owed_wh = 0;
    let before_ma = loaded.current.current_ma;
    if let Some(session) = session
        .as_deref_mut()
        .filter(|s| s.start_register_wh.is_none() && !begins)
    {
        session.start_register_wh = loaded.account(outlet).register_wh();
    }
    for sample in samples {
        let Some(register_wh) = sample.register_wh else {
            keep(tx, outlet.key, loaded, (sample, None));
            continue;
        };
        break_silence(tx, outlet, loaded, sample.at)?;
        let account = loaded.account(outlet);
        let before_us = account.at_us;
        let outcome = account.observe(register_wh, sample.at, tx.now_us);
        count(tx, outcome);
        let charged = session.as_deref().filter(|s| s.start_register_wh.is_some());
        let moved = moved(outcome, charged);
        keep(tx, outlet.key, loaded, (sample, moved));
        tell_anomaly(tx, outlet, loaded, (outcome, sample.at))?;
        let owed = moved.filter(|moved| moved.account > NOBODY);
        owed_wh += owed.map_or(0, |moved| moved.wh);
        if let Some(session) = session.as_deref_mut() {
            if let Some(moved) = owed {
                meter(session, (before_us, sample.at), moved.wh)?;
            }
            session.start_register_wh = session.start_register_wh.or(loaded.account(outlet).register_wh());
        }
    }
    if let Some(session) = session {
        let register_wh = loaded.account(outlet).register_wh();
        session.start_register_wh = session.start_register_wh.or(register_wh);
        session.stop_register_wh = register_wh;
    }
    tx.wakes.counted.push(Counted::EnergyWh(owed_wh));
    if let Some(last) = samples.last() {
        watch_current(tx, loaded, before_ma, last)?;
    }
    Ok(owed_wh)
}

/// The meter does not answer.
pub(super) fn fall_silent(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    at_us: i64,
) -> Result<(), DbError> {
    loaded.account(outlet).silent = true;
    open_at_outlet(tx, loaded, (AlarmKind::MeterSilent, ""), at_us).map(|_| ())
}

/// It has answered.
fn break_silence(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    at_us: i64,
) -> Result<(), DbError> {
    let account = loaded.account(outlet);
    match std::mem::take(&mut account.silent) {
        true => close_at_outlet(tx, loaded, |kind, _| kind == AlarmKind::MeterSilent, at_us),
        false => Ok(()),
    }
}

/// Current through a breaker that was seen open is an alarm by the second report of it in a row, until there is none.
fn watch_current(
    tx: &mut Tx<'_>,
    loaded: &mut LoadedOutlet,
    before_ma: Option<i64>,
    sample: &Sample,
) -> Result<(), DbError> {
    let flows = |current_ma: Option<i64>| current_ma.is_some_and(|ma| ma >= FLOWS_MA);
    if loaded.current.breaker != position_name(Position::Open) || !flows(before_ma) {
        return Ok(());
    }
    let kind = AlarmKind::OutletCurrentWhileOff;
    match flows(sample.current_ma) {
        true => open_at_outlet(tx, loaded, (kind, ""), sample.at).map(|_| ()),
        false if sample.current_ma.is_some() => {
            close_at_outlet(tx, loaded, |this, _| this == kind, sample.at)
        }
        false => Ok(()),
    }
}

fn count(tx: &mut Tx<'_>, outcome: Outcome) {
    let read = match outcome {
        Outcome::Baseline | Outcome::Advanced(_) => MeterRead::Believed,
        Outcome::Nothing(_) | Outcome::Rebased { .. } => MeterRead::Quarantined,
    };
    tx.wakes.counted.push(Counted::MeterRead(read));
}

/// Samples that later ones have overtaken: the current row knows better.
pub(crate) fn keep_late(tx: &mut Tx<'_>, outlet_key: i64, samples: &[Sample]) {
    for sample in samples {
        let reading = NewReading {
            outlet_key: Some(outlet_key),
            at: sample.at,
            register_wh: sample.register_wh,
            voltage_mv: sample.voltage_mv,
            current_ma: sample.current_ma,
            power_w: sample.power_w,
            ..NewReading::default()
        };
        tx.conn.insert_reading(reading);
    }
}

/// A movement of the register, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moved {
    wh: i64,
    account: i64,
}

/// `charged`: the session whose energy it is.
fn moved(outcome: Outcome, charged: Option<&Session>) -> Option<Moved> {
    match outcome {
        Outcome::Baseline | Outcome::Nothing(_) => None,
        Outcome::Advanced(wh) => Some(Moved {
            wh: wh.0,
            account: charged.map_or(NOBODY, |session| session.number),
        }),
        Outcome::Rebased { from, to } => Some(Moved {
            wh: (to - from).0,
            account: REBASED,
        }),
    }
}

/// Energy that a session had been owed is nobody's after all.
pub(crate) fn disown(tx: &mut Tx<'_>, session: &Session, (energy_wh, at_us): (i64, i64)) {
    if energy_wh == 0 {
        return;
    }
    for (account, moved_wh) in [(session.number, -energy_wh), (NOBODY, energy_wh)] {
        let reading = NewReading {
            outlet_key: Some(session.outlet_key),
            at: at_us,
            moved_wh: Some(moved_wh),
            account: Some(account),
            ..NewReading::default()
        };
        tx.conn.insert_reading(reading);
    }
}

/// One sample into `readings` and the current row.
fn keep(
    tx: &mut Tx<'_>,
    outlet_key: i64,
    loaded: &mut LoadedOutlet,
    (sample, moved): (&Sample, Option<Moved>),
) {
    let current = &mut loaded.current;
    current.register_wh = sample.register_wh.or(current.register_wh);
    current.voltage_mv = sample.voltage_mv.or(current.voltage_mv);
    current.current_ma = sample.current_ma.or(current.current_ma);
    let newer = sample.current_ma.is_some();
    current.power_w = sample.power_w.or(current.power_w.filter(|_| !newer));
    current.seen_at = Some(sample.at);
    current.received_at = Some(tx.now_us);
    let reading = NewReading {
        outlet_key: Some(outlet_key),
        controller_id: None,
        at: sample.at,
        register_wh: sample.register_wh,
        voltage_mv: sample.voltage_mv,
        current_ma: sample.current_ma,
        power_w: sample.power_w,
        breaker: Some(current.breaker.clone()),
        moved_wh: moved.map(|moved| moved.wh),
        account: moved.map(|moved| moved.account),
    };
    tx.conn.insert_reading(reading);
}

//! What a station noticed between two samples.

use std::collections::BTreeSet;

use api_spec::webhook::{CurrentRise, EventType, MeterAnomaly, OutletFault, OutletNotice};
use domain::observation::Position;
use foundation::DbError;
use serde::Deserialize;

use super::connect_station::Station;
use super::events::LoadedOutlet;
use super::outlet_account::{fall_silent, load};
use super::outlet_report::{OutletReport, Seen, credible};
use super::record_station_event::record_station_event;
use super::tell_outlet::{take_seen, tell, tell_fault, tell_status};
use crate::context::Tx;
use crate::store::outlet_current::OutletCurrent;
use crate::store::outlets::{self, Outlet};
use crate::store::{parse, sessions};

/// Something noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MonitorEvent {
    /// `None` for the station as a whole, or its main circuit.
    pub(crate) outlet_number: Option<i64>,
    /// The station's number of it, which may begin anew.
    pub(crate) number: i64,
    /// The station's time, microseconds.
    pub(crate) at: i64,
    pub(crate) noticed: Noticed,
    /// What our own controller saw at the outlet by then; its fault is the gravest of those that stand.
    pub(crate) seen: Option<Seen>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Noticed {
    Breaker(Position),
    Tripped(bool),
    Fault { fault: Option<String>, cleared: bool },
    Anomaly(Anomaly),
    CurrentRise { current_ma: i64 },
    Notice { notice: String, wear: Option<Wear> },
    Bus { name: String, counts: BusCounts },
}

/// A fault of another maker's station that it gives no name.
pub(super) const UNNAMED: &str = "other";

/// How much of its life a breaker has used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Wear {
    pub(crate) percent: u8,
    pub(crate) operations: u64,
}

/// How a bus of the panel has answered over some seconds. No count is below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct BusCounts {
    pub(crate) over_s: u32,
    pub(crate) requests: u32,
    pub(crate) timeouts: u32,
    pub(crate) checksums: u32,
    pub(crate) mismatches: u32,
    pub(crate) refusals: u32,
    pub(crate) line_errors: u32,
}

/// A register that the station does not use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Anomaly {
    pub(crate) kind: String,
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
    pub(crate) why: Option<String>,
}

impl Anomaly {
    /// Whether the meter does not answer.
    pub(super) fn is_silence(&self) -> bool {
        self.why.as_deref() == Some("silent")
    }
}

pub(crate) fn record_monitor_events(
    tx: &mut Tx<'_>,
    station: &Station,
    events: &[MonitorEvent],
) -> Result<(), DbError> {
    let mut told = BTreeSet::new();
    for event in events {
        let Some(number) = event.outlet_number else {
            record_station_event(tx, station, event)?;
            continue;
        };
        let Some(outlet) = station.outlet(tx, number)? else {
            continue;
        };
        let mut loaded = load(tx, &outlet)?;
        if told.insert(outlet.key) && is_repeated(&loaded.current, events, number) {
            told.remove(&outlet.key);
            continue;
        }
        loaded.current.noticed_at = Some(event.at);
        loaded.current.noticed_number = Some(event.number);
        let corrected = MonitorEvent {
            at: credible(event.at, tx.now_us),
            ..event.clone()
        };
        record(tx, &outlet, &mut loaded, &corrected)?;
        loaded.save(tx)?;
    }
    Ok(())
}

/// Whether these were recorded before, and merely the answer was lost: the last of them is the last that is known.
fn is_repeated(current: &OutletCurrent, events: &[MonitorEvent], outlet_number: i64) -> bool {
    let mut newest_first = events.iter().rev();
    let last = newest_first.find(|event| event.outlet_number == Some(outlet_number));
    last.is_some_and(|last| {
        current.noticed_at == Some(last.at) && current.noticed_number == Some(last.number)
    })
}

fn record(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    event: &MonitorEvent,
) -> Result<(), DbError> {
    let current = &loaded.current;
    let session_id = current.session_id.clone();
    let seen = |breaker, tripped| Seen {
        breaker,
        tripped,
        fault: current.fault.clone(),
    };
    match &event.noticed {
        Noticed::Breaker(position) => {
            let seen = seen(*position, current.tripped);
            moved(tx, outlet, loaded, (seen, event.at))
        }
        Noticed::Tripped(tripped) => {
            let seen = seen(parse(&current.breaker)?, *tripped);
            moved(tx, outlet, loaded, (seen, event.at))
        }
        Noticed::Fault { fault, cleared } => {
            note_fault(tx, outlet, loaded, event, (fault.as_deref(), *cleared))
        }
        Noticed::Anomaly(anomaly) => {
            // Of a register that came in a sample the server has judged by itself.
            if anomaly.to.is_some() && anomaly.to == loaded.current.register_wh {
                return Ok(());
            }
            let data = anomaly_data(anomaly, session_id);
            tell(tx, outlet, loaded, EventType::MeterAnomaly, (event.at, &data))?;
            match anomaly.is_silence() {
                true => fall_silent(tx, outlet, loaded, event.at),
                false => Ok(()),
            }
        }
        Noticed::Notice { notice, wear } => {
            let data = OutletNotice {
                notice: notice.clone(),
                percent: wear.map(|wear| wear.percent),
                operations: wear.map(|wear| wear.operations),
                session_id,
            };
            tell(tx, outlet, loaded, EventType::OutletNotice, (event.at, &data))
        }
        // A bus belongs to the station.
        Noticed::Bus { .. } => Ok(()),
        Noticed::CurrentRise { current_ma } => {
            (loaded.current.current_ma, loaded.current.power_w) = (Some(*current_ma), None);
            let known = outlets::find(tx.conn, outlet.key)?;
            let data = CurrentRise {
                current_ma: *current_ma,
                threshold_ma: known.and_then(|outlet| outlet.rise_threshold_ma),
                session_id,
            };
            tell(
                tx,
                outlet,
                loaded,
                EventType::OutletCurrentRise,
                (event.at, &data),
            )
        }
    }
}

/// A fault came or went; another one may stand beside it.
fn note_fault(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    event: &MonitorEvent,
    (named, cleared): (Option<&str>, bool),
) -> Result<(), DbError> {
    let before = loaded.current.fault.as_deref();
    let fault = named.or(before.filter(|_| cleared)).unwrap_or(UNNAMED);
    let is_known = match before {
        None => cleared,
        Some(before) => !cleared && before == fault,
    };
    if is_known {
        return Ok(());
    }
    let told = event.seen.as_ref().and_then(|seen| seen.fault.as_deref());
    let stands = match before {
        Some(before) if !cleared && told == Some(before) => Some(before),
        Some(before) if cleared && before != fault => Some(before),
        Some(_) if cleared => told.filter(|told| *told != fault),
        Some(_) | None => Some(fault),
    };
    let data = OutletFault {
        fault: fault.to_owned(),
        cleared,
        session_id: loaded.current.session_id.clone(),
    };
    loaded.current.fault = stands.map(str::to_owned);
    tell_fault(tx, outlet, loaded, (event.at, &data))
}

fn moved(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    (seen, at): (Seen, i64),
) -> Result<(), DbError> {
    if !take_seen(tx, outlet, loaded, &seen, at)? {
        return Ok(());
    }
    let session = match loaded.current.session_id.as_deref() {
        Some(id) => sessions::find(tx.conn, id)?,
        None => None,
    };
    let report = OutletReport {
        at,
        ..OutletReport::default()
    };
    tell_status(tx, outlet, loaded, &report, session.as_ref())
}

pub(super) fn anomaly_data(anomaly: &Anomaly, session_id: Option<String>) -> MeterAnomaly {
    MeterAnomaly {
        kind: anomaly.kind.clone(),
        from_wh: anomaly.from,
        to_wh: anomaly.to,
        why: anomaly.why.clone(),
        session_id,
        controller_id: None,
    }
}

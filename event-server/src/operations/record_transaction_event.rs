//! The beginning, the course and the end of a delivery, as the station reports them.
//!
//! A repeated report has no effect. A report of a delivery that nobody asked for makes a session, so that nothing is lost.

use std::sync::Arc;

use api_spec::rest::{CommandKind, SessionState, WhenIdle};
use domain::limits::LONGEST;
use domain::observation::Position;
use domain::session::{EndedReason, Event, State};
use domain::units::WattHours;
use foundation::DbError;

use super::admit_driver::{Authorization, authorize_delivery};
use super::commands::{Order, queue_command};
use super::complete_command::{Outcome, complete_command};
use super::connect_station::Station;
use super::events::LoadedOutlet;
use super::late_report::take_late_report;
use super::missed_reports::Missed;
use super::outlet_account::{arrives, disown, load, take_samples};
use super::outlet_report::OutletReport;
use super::pricing::{note_full, pricing_now, take_back, to_json};
use super::step_session::step_session;
use super::tell_outlet::{take_seen, tell_status};
use crate::context::{Energized, Tx};
use crate::store::commands::{self, Command};
use crate::store::outlets::Outlet;
use crate::store::sessions::{self, NewSession, Session};
use crate::store::{drivers, name, parse, session_notes};

/// Who charges in a delivery that the station tells no driver of.
pub(super) const UNKNOWN_DRIVER: &str = "unknown";
/// Our clock and the station's may differ by this much when a report is matched to a request.
const CLOCKS_DIFFER_US: i64 = 60_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Started,
    Updated,
    Ended(EndedReason),
}

/// What flows, as far as the station tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Supply {
    Connected,
    Charging,
    /// Held back by the station.
    Paused,
    /// The car takes no more.
    Full,
    Idle,
}

/// What the power does to a delivery that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    Lost,
    Resumed,
}

/// One report of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TransactionReport {
    pub(crate) outlet_number: Option<i64>,
    pub(crate) transaction_id: String,
    pub(crate) phase: Phase,
    pub(crate) seq_no: i64,
    pub(crate) supply: Option<Supply>,
    pub(crate) power: Option<Power>,
    /// The number of the session that was asked for.
    pub(crate) remote_start_id: Option<i64>,
    pub(crate) driver_id: Option<String>,
    pub(crate) report: OutletReport,
}

impl TransactionReport {
    /// Whether the breaker is closed. A station that tells nothing of it closes it for as long as the delivery lasts.
    fn is_closed(&self) -> bool {
        let delivers = !matches!(self.phase, Phase::Ended(_)) && self.supply != Some(Supply::Idle);
        match &self.report.seen {
            Some(seen) => seen.breaker == Position::Closed,
            None => delivers,
        }
    }
}

/// Records a report; answers what is to be said of its driver.
pub(crate) fn record_transaction_event(
    tx: &mut Tx<'_>,
    station: &Station,
    report: &mut TransactionReport,
) -> Result<Authorization, DbError> {
    report.report.correct_times(tx.now_us);
    let report = &*report;
    let Some((outlet, found)) = find(tx, station, report)? else {
        tracing::warn!(
            controller = station.controller_id,
            "a delivery at an unknown outlet"
        );
        return Ok(Authorization::Invalid);
    };
    if let Some(session) = found
        .as_ref()
        .filter(|session| report.seq_no <= session.last_seq_no)
    {
        let mut session = session.clone();
        take_late_report(tx, &mut session, report)?;
        return authorize_delivery(tx, &session, report.driver_id.as_deref());
    }
    let mut loaded = load(tx, &outlet)?;
    arrives(&outlet, &mut loaded, report.report.place);
    let mut session = match found {
        Some(session) => session,
        None => adopt(tx, &outlet, &loaded, report)?,
    };
    // What the station tells of a charge belongs to the trace of whoever asked for it.
    tx.trace.clone_from(&session.traceparent);
    if loaded.current.session_id.is_none() && session.ended_at.is_none() {
        loaded.current.session_id = Some(session.id.clone());
    }
    if session.transaction_id.is_none() {
        session.transaction_id = Some(report.transaction_id.clone());
        sessions::update(tx.conn, &session)?;
    }
    let mut missed = Missed::of(session.missed_reports.as_deref());
    missed.follow(session.last_seq_no, report.seq_no);
    session.missed_reports = missed.to_text();
    session.last_seq_no = report.seq_no;
    session.updated_at = tx.now_us;
    follow(tx, &outlet, &mut loaded, &mut session, report)?;
    loaded.save(tx)?;
    authorize_delivery(tx, &session, report.driver_id.as_deref())
}

/// The outlet, and the session if the delivery is known.
type Found = (Arc<Outlet>, Option<Session>);

fn find(tx: &mut Tx<'_>, station: &Station, report: &TransactionReport) -> Result<Option<Found>, DbError> {
    let id = &report.transaction_id;
    if let Some(number) = report.outlet_number {
        let Some(outlet) = station.outlet(tx, number)? else {
            return Ok(None);
        };
        let session = tx.conn.find_session_by_transaction(outlet.key, id)?;
        return Ok(Some((outlet, session)));
    }
    // OCPP 2.x lets later reports leave the outlet out.
    for outlet in station.outlets() {
        let session = tx.conn.find_session_by_transaction(outlet.key, id)?;
        if session.is_some() {
            return Ok(Some((outlet.clone(), session)));
        }
    }
    Ok(None)
}

pub(super) fn unit_of(tx: &mut Tx<'_>, tenant_id: &str, driver_id: &str) -> Result<Option<String>, DbError> {
    Ok(drivers::find(tx.conn, tenant_id, driver_id)?.and_then(|driver| driver.unit))
}

/// The session that a new delivery belongs to.
fn adopt(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &LoadedOutlet,
    report: &TransactionReport,
) -> Result<Session, DbError> {
    let asked_for = match (report.remote_start_id, &loaded.current.session_id) {
        (Some(number), _) => sessions::find_by_number(tx.conn, number)?,
        (None, Some(id)) => sessions::find(tx.conn, id)?.filter(|session| {
            let since_request = report.report.at - session.requested_at;
            session.state == name(SessionState::Starting) && since_request > -CLOCKS_DIFFER_US
        }),
        (None, None) => None,
    };
    let asked_for = asked_for.filter(|session| session.outlet_key == outlet.key);
    match asked_for.filter(|session| session.transaction_id.is_none()) {
        Some(session) => Ok(session),
        None => insert_unasked(tx, outlet, report),
    }
}

fn insert_unasked(tx: &mut Tx<'_>, outlet: &Outlet, report: &TransactionReport) -> Result<Session, DbError> {
    let longest_us = i64::try_from(LONGEST.0).unwrap_or(i64::MAX).saturating_mul(1000);
    let driver_id = report.driver_id.clone();
    let pricing = pricing_now(tx, outlet.key)?;
    let unit = match &driver_id {
        Some(driver_id) => unit_of(tx, &outlet.tenant_id, driver_id)?,
        None => None,
    };
    let session = NewSession {
        id: foundation::ids::id("ses"),
        tenant_id: outlet.tenant_id.clone(),
        outlet_key: outlet.key,
        driver_id: driver_id.unwrap_or_else(|| UNKNOWN_DRIVER.to_owned()),
        state: name(State::Starting),
        ends_at: tx.now_us.saturating_add(longest_us),
        energy_limit_wh: None,
        cost_limit_yen: None,
        cost_decides: false,
        pricing: pricing.as_ref().map(to_json).transpose()?,
        requested_at: tx.now_us,
        updated_at: tx.now_us,
        traceparent: None,
        unit,
        energy_asked_wh: None,
        cost_buys_wh: None,
        when_idle: name(WhenIdle::default()),
    };
    sessions::insert(tx.conn, &session)
}

/// Moves the session on by one new report, and writes it.
fn follow(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    session: &mut Session,
    report: &TransactionReport,
) -> Result<(), DbError> {
    let at_us = report.report.at;
    let was_over = session.ended_at.is_some();
    let was_energized = session.energized_at.is_some();
    let moved = match &report.report.seen {
        Some(seen) => take_seen(tx, outlet, loaded, seen, at_us)?,
        None => take_seen(tx, outlet, loaded, &supposed(loaded, report), at_us)?,
    };
    if report.is_closed() && !was_energized {
        step_session(tx, loaded, session, Event::Energized, at_us)?;
    }
    let begins = report.phase == Phase::Started;
    let samples = (report.report.samples.as_slice(), begins);
    let charged = (!was_over).then_some(&mut *session);
    let owed_wh = take_samples(tx, outlet, loaded, samples, charged)?;
    if !was_over {
        note_supply(session, report)?;
        note_power(tx, session, report)?;
    }
    let owed_in_all_wh = session.energy_wh + owed_wh;
    for event in events(report, owed_wh, session) {
        step_session(tx, loaded, session, event, at_us)?;
    }
    let lost_wh = owed_in_all_wh - session.energy_wh;
    disown(tx, session, (lost_wh, at_us));
    take_back(session, lost_wh)?;
    tx.conn.update_progress(session)?;
    if !report.report.samples.is_empty() || moved {
        let held = loaded.current.session_id.as_ref() == Some(&session.id);
        tell_status(
            tx,
            outlet,
            loaded,
            &report.report,
            (held || !was_over).then_some(&*session),
        )?;
    }
    let energized_now = session.energized_at.is_some() && !was_energized;
    if energized_now {
        tx.wakes.energized.push(Energized {
            session_id: session.id.clone(),
            outlet_id: outlet.id.clone(),
            traceparent: session.traceparent.clone(),
        });
    }
    if energized_now || (session.ended_at.is_some() && !was_over) {
        complete_commands(tx, loaded, session)?;
    }
    if was_over && report.is_closed() {
        stop_again(tx, outlet, session)?;
    }
    Ok(())
}

/// Notes since when, or until when, the car is full.
fn note_supply(session: &mut Session, report: &TransactionReport) -> Result<(), DbError> {
    let is_over = matches!(report.phase, Phase::Ended(_));
    match report.supply {
        Some(Supply::Full) if !is_over => note_full(session, true, report.report.at),
        None if !is_over => Ok(()),
        Some(_) | None => note_full(session, false, report.report.at),
    }
}

/// Notes since when the power is gone.
fn note_power(tx: &mut Tx<'_>, session: &Session, report: &TransactionReport) -> Result<(), DbError> {
    let Some(power) = report.power else { return Ok(()) };
    let since = (power == Power::Lost).then_some(report.report.at);
    session_notes::note_power(tx.conn, &session.id, since)
}

/// The breaker of a station that does not tell of it.
fn supposed(loaded: &LoadedOutlet, report: &TransactionReport) -> super::outlet_report::Seen {
    let closed = report.is_closed();
    super::outlet_report::Seen {
        breaker: if closed { Position::Closed } else { Position::Open },
        tripped: loaded.current.tripped,
        fault: loaded.current.fault.clone(),
    }
}

/// What befalls the session, in order; what would change nothing is left out.
fn events(
    report: &TransactionReport,
    owed_wh: i64,
    session: &Session,
) -> impl Iterator<Item = Event> + use<> {
    let state = session.state.as_str();
    let delivered = (owed_wh > 0).then_some(Event::Delivered(WattHours(owed_wh)));
    let supplied = match report.supply {
        Some(Supply::Charging) if state != name(State::Charging) => Some(Event::Charging),
        Some(Supply::Paused | Supply::Full) if state == name(State::Charging) => Some(Event::Paused),
        Some(Supply::Charging | Supply::Paused | Supply::Full | Supply::Connected | Supply::Idle) | None => {
            None
        }
    };
    let ended = match report.phase {
        Phase::Ended(EndedReason::EnergyLimit) if session.cost_decides => {
            Some(Event::Ended(EndedReason::CostLimit))
        }
        Phase::Ended(reason) => Some(Event::Ended(reason)),
        Phase::Started | Phase::Updated => None,
    };
    let power = report.power.map(|power| match power {
        Power::Lost => Event::PowerLost,
        Power::Resumed => Event::PowerResumed,
    });
    // An end that is the first we hear: what was delivered went through a closed breaker.
    let energized = (ended.is_some() && owed_wh > 0).then_some(Event::Energized);
    let supplied = supplied.filter(|_| ended.is_none());
    [energized, delivered, power, supplied, ended]
        .into_iter()
        .flatten()
}

/// A start is confirmed by the closed breaker, a stop by the end.
fn complete_commands(tx: &mut Tx<'_>, loaded: &mut LoadedOutlet, session: &Session) -> Result<(), DbError> {
    for command in commands::list_open_of_session(tx.conn, &session.id)? {
        if let Some(outcome) = outcome(&command, session)? {
            complete_command(tx, Some(loaded), &command, outcome)?;
        }
    }
    Ok(())
}

fn outcome(command: &Command, session: &Session) -> Result<Option<Outcome>, DbError> {
    let over = session.ended_at.is_some();
    Ok(match parse::<CommandKind>(&command.kind)? {
        CommandKind::StartSession if session.energized_at.is_some() => Some(Outcome::confirmed()),
        CommandKind::StartSession if over => {
            let reason = session.ended_reason.clone();
            Some(Outcome::failed(reason.unwrap_or_default(), None))
        }
        CommandKind::StopSession if over => Some(Outcome::confirmed()),
        // One that was sent has an answer yet to come; it may be what ended the session.
        CommandKind::ChangeLimits if over && command.sent_at.is_none() => {
            Some(Outcome::refused("session_ended", None))
        }
        CommandKind::StartSession
        | CommandKind::StopSession
        | CommandKind::ChangeLimits
        | CommandKind::StatusRequest
        | CommandKind::SetRiseThreshold
        | CommandKind::ClearFault
        | CommandKind::GetVariables
        | CommandKind::SetVariables
        | CommandKind::ChangeAvailability
        | CommandKind::Reset
        | CommandKind::RenewCertificate
        | CommandKind::InstallCertificate
        | CommandKind::ListCertificates
        | CommandKind::DeleteCertificate
        | CommandKind::UpdateFirmware
        | CommandKind::UploadLog => None,
    })
}

/// The session is over for us, and yet its breaker is closed: the station did not hear, or started late.
fn stop_again(tx: &mut Tx<'_>, outlet: &Outlet, session: &Session) -> Result<(), DbError> {
    let open = commands::list_open_of_session(tx.conn, &session.id)?;
    if open
        .iter()
        .any(|command| command.kind == name(CommandKind::StopSession))
    {
        return Ok(());
    }
    let order = Order {
        kind: CommandKind::StopSession,
        outlet,
        session_id: Some(&session.id),
        parameters: serde_json::json!({}),
    };
    queue_command(tx, order).map(|_| ())
}

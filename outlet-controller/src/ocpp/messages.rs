//! What is told to the server, as OCPP messages; here and below, outlet n is EVSE n with one connector.
//!
//! They are built with the types of OCPP 2.0.1 and keep to what 2.1 takes too, so that a journal written under one
//! version can be sent under the other.

mod meter_value;
mod notify_event;
mod transaction_event;
mod trouble;

use api_spec::ocpp::Action;
use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::v201::{
    ConnectorStatusEnum, CustomData, MeterValuesRequest, NotifyEventRequest, ReadingContextEnum,
    StatusNotificationRequest,
};
use domain::ids::OutletNumber;
use domain::observation::{Position, Reading, Unusable};
use domain::outlet::{Charge, Report, Status};
use domain::units::Timestamp;
use serde_json::{Map, Value};

use super::bus_watch::BusCounts;
use crate::control_loop::Form;
use crate::store::{Message, Rank};
pub(crate) use trouble::{disk_alarm, of_left_out, of_trouble};

/// Marks our own additions to messages.
pub(crate) const VENDOR: &str = "denro";

/// What is known when a message is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) outlet: OutletNumber,
    pub(crate) status: &'a Status,
    /// The charge that the report belongs to.
    pub(crate) charge: Option<&'a Charge>,
    pub(crate) at: Timestamp,
    /// Whether the server cannot be reached now.
    pub(crate) offline: bool,
    pub(crate) journal_id: i64,
    /// Of the outlet's meter.
    pub(crate) serial: Option<&'a str>,
}

/// The next numbers; each message takes its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) seq_no: i64,
    pub(crate) event_id: i64,
}

impl Numbers {
    fn take(&mut self) -> i64 {
        let id = self.event_id;
        self.event_id += 1;
        id
    }
}

/// Why a sample is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    Minute,
    Requested(Form),
}

/// The messages of one report, in order.
pub(crate) fn of_report(report: &Report, context: &Context<'_>, numbers: &mut Numbers) -> Vec<Message> {
    match report {
        Report::Energized
        | Report::ChargingStarted
        | Report::ChargingPaused
        | Report::PowerLost
        | Report::PowerResumed
        | Report::Ended { .. } => transaction_event::of_report(report, context, numbers),
        // With the power that belongs to it, where it is somebody's.
        Report::CurrentRise { .. } => {
            let rise = notify_event::of_report(report, context, numbers);
            let figures = transaction_event::of_report(report, context, numbers);
            rise.into_iter().chain(figures).collect()
        }
        Report::BreakerMoved { .. }
        | Report::MeterAnomaly(_)
        | Report::MeterRebased { .. }
        | Report::Fault(_)
        | Report::FaultCleared(_)
        | Report::Notice(_) => notify_event::of_report(report, context, numbers)
            .into_iter()
            .collect(),
    }
}

/// What the main circuit's meter gave rise to.
pub(crate) fn of_main_report(report: &Report, event_id: i64, at: Timestamp) -> Option<Message> {
    notify_event::of_main(report, event_id, at)
}

/// How the panel's buses answer, for the server at once.
pub(super) fn bus_counts(counts: &[BusCounts], first_id: i64, at: Timestamp) -> Option<NotifyEventRequest> {
    notify_event::of_buses(counts, first_id, at)
}

/// One outlet's sample.
pub(crate) fn sample(context: &Context<'_>, occasion: Occasion, numbers: &mut Numbers) -> Option<Message> {
    let in_transaction = context.charge.is_some_and(|charge| charge.energized);
    if in_transaction && occasion != Occasion::Requested(Form::Reading) {
        return transaction_event::updated(context, occasion, numbers);
    }
    let values = meter_value::of_reading(
        &believed(context.status),
        context.serial,
        reading_context(occasion, false),
        context.at,
    );
    let message = match values {
        Some(values) => {
            let mut request = MeterValuesRequest::new(context.outlet.get().into(), values);
            let rank = rank_of(occasion);
            request.custom_data = Some(Box::new(placed_data(context, rank, numbers)));
            message(&request, context.at)
        }
        // A silent meter is no reason to be silent about the breaker.
        None => notify_event::breaker(context, numbers),
    };
    message.map(|message| ranked(message, occasion))
}

/// The last reading; without its register while that is held back: whoever keeps an account must not begin with it.
fn believed(status: &Status) -> Reading {
    let register = status.reading.register;
    Reading {
        register: register.and_then(|read| match status.register {
            Some(believed) if believed == read => Ok(read),
            Some(_) | None => Err(Unusable::Invalid),
        }),
        ..status.reading
    }
}

/// Somebody waits for what was requested; a minute's sample can wait.
fn ranked(message: Message, occasion: Occasion) -> Message {
    Message {
        rank: rank_of(occasion),
        ..message
    }
}

fn rank_of(occasion: Occasion) -> Rank {
    match occasion {
        Occasion::Minute => Rank::Sample,
        Occasion::Requested(_) => Rank::Report,
    }
}

/// The main circuit's sample.
pub(crate) fn main_sample(
    (reading, serial): (&Reading, Option<&str>),
    occasion: Occasion,
    at: Timestamp,
) -> Option<Message> {
    let values = meter_value::of_reading(reading, serial, reading_context(occasion, false), at)?;
    let message = message(&MeterValuesRequest::new(0, values), at)?;
    Some(ranked(message, occasion))
}

/// An outlet's state as OCPP's connector status.
pub(crate) fn connector_status(status: &Status) -> ConnectorStatusEnum {
    if status.fault.is_some() || status.tripped {
        return ConnectorStatusEnum::Faulted;
    }
    match (&status.transaction, status.position) {
        (Some(_), _) => ConnectorStatusEnum::Occupied,
        (None, _) if !status.available => ConnectorStatusEnum::Unavailable,
        (None, Position::Unknown) => ConnectorStatusEnum::Unavailable,
        (None, Position::Open | Position::Closed) => ConnectorStatusEnum::Available,
    }
}

pub(crate) fn status_notification(
    outlet: OutletNumber,
    status: ConnectorStatusEnum,
    at: Timestamp,
) -> StatusNotificationRequest {
    StatusNotificationRequest::new(time(at), status, outlet.get().into(), 1)
}

fn reading_context(occasion: Occasion, in_transaction: bool) -> ReadingContextEnum {
    match (occasion, in_transaction) {
        (Occasion::Requested(_), _) => ReadingContextEnum::Trigger,
        (Occasion::Minute, true) => ReadingContextEnum::SamplePeriodic,
        (Occasion::Minute, false) => ReadingContextEnum::SampleClock,
    }
}

/// Our addition that says what the breaker is doing.
fn breaker_data(status: &Status) -> CustomData {
    let mut data = CustomData::new(Str::truncated(VENDOR));
    data.extra = breaker_facts(status);
    data
}

/// The same with the message's place in the journal: samples are overtaken by reports, and either may come twice.
fn placed_data(context: &Context<'_>, rank: Rank, numbers: &mut Numbers) -> CustomData {
    let mut data = breaker_data(context.status);
    let kind = match rank {
        Rank::Report => "report",
        Rank::Sample => "sample",
    };
    data.extra.insert("journal".into(), context.journal_id.into());
    data.extra.insert(kind.into(), numbers.take().into());
    data
}

fn breaker_facts(status: &Status) -> Map<String, Value> {
    let position = match status.position {
        Position::Closed => "closed",
        Position::Open => "open",
        Position::Unknown => "unknown",
    };
    let mut facts = Map::new();
    facts.insert("breaker".into(), position.into());
    facts.insert("tripped".into(), status.tripped.into());
    if let Some(fault) = status.fault {
        facts.insert("fault".into(), fault.name().into());
    }
    facts
}

fn message<T: Action>(request: &T, at: Timestamp) -> Option<Message> {
    match serde_json::to_string(request) {
        Ok(payload) => Some(Message {
            rank: Rank::Report,
            action: T::NAME,
            payload,
            created_us: at.0,
        }),
        Err(error) => {
            tracing::error!(action = T::NAME, %error, "a message cannot be written");
            None
        }
    }
}

pub(super) fn time(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;

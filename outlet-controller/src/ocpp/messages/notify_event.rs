//! What happens to breakers and meters outside the story of a charge, as NotifyEvents.

use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::v201::{
    Component, EventData, EventNotificationEnum, EventTriggerEnum, Evse, NotifyEventRequest, Variable,
};
use domain::ids::OutletNumber;
use domain::meter::Anomaly;
use domain::observation::Position;
use domain::outlet::{Fault, Notice, Report};
use domain::units::{MilliAmps, Timestamp, WattHours};
use serde_json::json;

use super::{Context, Numbers, breaker_data, message, time};
use crate::ocpp::bus_watch::BusCounts;
use crate::store::Message;

/// One fact: which variable of which component has which value now.
struct Fact {
    component: &'static str,
    variable: &'static str,
    value: String,
    trigger: EventTriggerEnum,
    info: Option<String>,
    cleared: bool,
    /// The monitor that was set for it.
    monitor: Option<i64>,
}

pub(super) fn of_report(report: &Report, context: &Context<'_>, numbers: &mut Numbers) -> Option<Message> {
    if let Report::BreakerMoved { .. } = report {
        return breaker(context, numbers);
    }
    let fact = fact(report, i64::from(context.outlet.get()))?;
    let mut data = event_data(fact, Some(context.outlet), numbers.take(), context.at);
    data.transaction_id = context.charge.map(|charge| Str::truncated(&charge.transaction.0));
    notify(vec![data], Some(context), context.at)
}

pub(super) fn of_main(report: &Report, event_id: i64, at: Timestamp) -> Option<Message> {
    notify(vec![event_data(fact(report, 0)?, None, event_id, at)], None, at)
}

/// The breaker as it is now.
pub(super) fn breaker(context: &Context<'_>, numbers: &mut Numbers) -> Option<Message> {
    let status = context.status;
    let active = match status.position {
        Position::Closed => "true",
        Position::Open => "false",
        Position::Unknown => "unknown",
    };
    let tripped = if status.tripped { "true" } else { "false" };
    let data = [("Active", active), ("Tripped", tripped)].map(|(variable, value)| {
        let trigger = EventTriggerEnum::Delta;
        let fact = Fact::new("PowerContactor", variable, value.to_owned(), trigger);
        event_data(fact, Some(context.outlet), numbers.take(), context.at)
    });
    notify(data.into(), Some(context), context.at)
}

fn fact(report: &Report, monitor: i64) -> Option<Fact> {
    match report {
        Report::CurrentRise { current, .. } => Some(rise(*current, monitor)),
        Report::MeterAnomaly(anomaly) => Some(anomaly_fact(*anomaly)),
        Report::MeterRebased { from, to } => Some(rebased(*from, *to)),
        Report::Fault(fault) => Some(problem(*fault, true)),
        Report::FaultCleared(fault) => Some(problem(*fault, false)),
        Report::Notice(notice) => Some(self::notice(*notice)),
        Report::BreakerMoved { .. }
        | Report::Energized
        | Report::ChargingStarted
        | Report::ChargingPaused
        | Report::PowerLost
        | Report::PowerResumed
        | Report::Ended { .. } => None,
    }
}

fn rise(current: MilliAmps, monitor: i64) -> Fact {
    let amperes = format!("{}.{:03}", current.0 / 1000, current.0.rem_euclid(1000));
    let mut fact = Fact::new("EVSE", "ACCurrent", amperes, EventTriggerEnum::Alerting);
    fact.monitor = Some(monitor);
    fact
}

fn anomaly_fact(anomaly: Anomaly) -> Fact {
    let mut fact = Fact::new(
        "FiscalMetering",
        "Problem",
        "true".into(),
        EventTriggerEnum::Alerting,
    );
    fact.info = serde_json::to_string(&anomaly).ok();
    fact
}

fn rebased(from: WattHours, to: WattHours) -> Fact {
    let mut fact = Fact::new(
        "FiscalMetering",
        "Problem",
        "false".into(),
        EventTriggerEnum::Alerting,
    );
    fact.info = Some(json!({"kind": "rebased", "from": from, "to": to}).to_string());
    fact.cleared = true;
    fact
}

fn problem(fault: Fault, present: bool) -> Fact {
    let mut fact = Fact::new("EVSE", "Problem", present.to_string(), EventTriggerEnum::Alerting);
    fact.info = Some(fault.name().to_owned());
    fact.cleared = !present;
    fact
}

/// Trouble of the controller itself.
pub(super) fn of_station(
    info: &str,
    present: bool,
    event_id: i64,
    at: Timestamp,
) -> Option<NotifyEventRequest> {
    let data = station_data(info, present, event_id, at);
    Some(NotifyEventRequest::new(time(at), 0, List::new(vec![data]).ok()?))
}

/// The same with a word on how much of it.
pub(super) fn of_station_counted(
    info: &str,
    code: &str,
    event_id: i64,
    at: Timestamp,
) -> Option<NotifyEventRequest> {
    let data = EventData {
        tech_code: Some(Str::truncated(code)),
        ..station_data(info, true, event_id, at)
    };
    Some(NotifyEventRequest::new(time(at), 0, List::new(vec![data]).ok()?))
}

/// How each bus answers: the requests that failed, and beside them all counts. `None` without a bus.
pub(super) fn of_buses(counts: &[BusCounts], first_id: i64, at: Timestamp) -> Option<NotifyEventRequest> {
    let data = (first_id..).zip(counts).map(|(event_id, bus)| {
        let failed = bus.failed().to_string();
        let mut fact = Fact::new("DataLink", "FailedRequests", failed, EventTriggerEnum::Periodic);
        fact.info = serde_json::to_string(bus).ok();
        let mut data = event_data(fact, None, event_id, at);
        data.component.instance = Some(Str::truncated(&bus.name));
        data
    });
    Some(NotifyEventRequest::new(
        time(at),
        0,
        List::new(data.collect()).ok()?,
    ))
}

fn station_data(info: &str, present: bool, event_id: i64, at: Timestamp) -> EventData {
    let trigger = EventTriggerEnum::Alerting;
    let mut fact = Fact::new("ChargingStation", "Problem", present.to_string(), trigger);
    fact.info = Some(info.to_owned());
    fact.cleared = !present;
    event_data(fact, None, event_id, at)
}

/// Of OCPP's variables none says this; the value is the notice's name.
fn notice(notice: Notice) -> Fact {
    let mut fact = Fact::new("EVSE", "Notice", notice.name().into(), EventTriggerEnum::Alerting);
    fact.info = match notice {
        Notice::Worn { percent, operations } => {
            Some(json!({"percent": percent, "operations": operations}).to_string())
        }
        Notice::NoLoad
        | Notice::CarIdle
        | Notice::ClosedByHand
        | Notice::OpenUpstream
        | Notice::ContactChatters => None,
    };
    fact
}

impl Fact {
    fn new(
        component: &'static str,
        variable: &'static str,
        value: String,
        trigger: EventTriggerEnum,
    ) -> Self {
        Self {
            component,
            variable,
            value,
            trigger,
            info: None,
            cleared: false,
            monitor: None,
        }
    }
}

fn event_data(fact: Fact, outlet: Option<OutletNumber>, event_id: i64, at: Timestamp) -> EventData {
    let mut component = Component::new(Str::truncated(fact.component));
    component.evse = outlet.map(|outlet| Evse::new(outlet.get().into()));
    let kind = match fact.monitor {
        Some(_) => EventNotificationEnum::CustomMonitor,
        None => EventNotificationEnum::HardWiredNotification,
    };
    EventData {
        event_id,
        timestamp: time(at),
        trigger: fact.trigger,
        cause: None,
        actual_value: Str::truncated(&fact.value),
        tech_code: None,
        tech_info: fact.info.as_deref().map(Str::truncated),
        cleared: fact.cleared.then_some(true),
        transaction_id: None,
        component,
        variable_monitoring_id: fact.monitor,
        event_notification_type: kind,
        variable: Variable::new(Str::truncated(fact.variable)),
        custom_data: None,
    }
}

fn notify(data: Vec<EventData>, context: Option<&Context<'_>>, at: Timestamp) -> Option<Message> {
    let mut request = NotifyEventRequest::new(time(at), 0, List::new(data).ok()?);
    request.custom_data = context.map(|context| Box::new(breaker_data(context.status)));
    message(&request, at)
}

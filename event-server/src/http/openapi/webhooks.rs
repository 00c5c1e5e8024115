//! The `webhooks` section: one entry per type of event.

use api_spec::webhook::{EventType, example};
use utoipa::Modify;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{ContentBuilder, PathsBuilder, Ref, Required, ResponseBuilder};

pub(super) struct Webhooks;

impl Modify for Webhooks {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let webhooks = EventType::ALL
            .into_iter()
            .fold(PathsBuilder::new(), |webhooks, kind| {
                webhooks.path(kind.name(), webhook(kind))
            });
        document.webhooks = Some(webhooks.build());
    }
}

fn webhook(kind: EventType) -> PathItem {
    let schema = Ref::from_schema_name(format!("Event_{}", data(kind)));
    let body = RequestBodyBuilder::new()
        .content(
            "application/json",
            ContentBuilder::new()
                .schema(Some(schema))
                .example(Some(example(kind)))
                .build(),
        )
        .required(Some(Required::True));
    let taken =
        ResponseBuilder::new().description("Taken; any other answer leads to repeats, and 410 to none");
    let operation = OperationBuilder::new()
        .summary(Some(summary(kind)))
        .description(Some("Signed by Standard Webhooks 1.0.0, `v1`."))
        .tag("events")
        .request_body(Some(body.build()))
        .response("2XX", taken.build());
    PathItem::new(HttpMethod::Post, operation.build())
}

/// The schema of `data`.
pub(super) fn data(kind: EventType) -> &'static str {
    match kind {
        EventType::OutletStatus => "OutletStatus",
        EventType::OutletCurrentRise => "CurrentRise",
        EventType::OutletFault => "OutletFault",
        EventType::OutletNotice => "OutletNotice",
        EventType::OutletCodeRotated => "OutletCodeRotated",
        EventType::SessionEnergized
        | EventType::SessionChargingStarted
        | EventType::ChargingIdle
        | EventType::SessionPowerLost
        | EventType::SessionPowerResumed
        | EventType::SessionEnded => "SessionEvent",
        EventType::SessionLimitReached => "LimitReached",
        EventType::CommandCompleted | EventType::CommandFailed | EventType::CommandExpired => {
            "CommandCompleted"
        }
        EventType::AlarmOpened | EventType::AlarmAcknowledged | EventType::AlarmClosed => "AlarmEvent",
        EventType::EndpointFailing => "EndpointFailing",
        EventType::ReservationCreated
        | EventType::ReservationUsed
        | EventType::ReservationExpired
        | EventType::ReservationCancelled => "ReservationEvent",
        EventType::ControllerOnline | EventType::ControllerOffline => "ControllerChanged",
        EventType::ControllerProblem => "ControllerProblem",
        EventType::ControllerFirmwareStatus => "FirmwareStatus",
        EventType::MeterAnomaly => "MeterAnomaly",
        EventType::WebhookTest => "WebhookTest",
    }
}

pub(super) fn summary(kind: EventType) -> &'static str {
    match kind {
        EventType::OutletStatus => "What an outlet measures, each minute and when asked for",
        EventType::OutletCurrentRise => "The current has risen above the outlet's threshold",
        EventType::OutletFault => "An outlet is locked out, or no longer",
        EventType::OutletNotice => "Something at an outlet that a person should hear of",
        EventType::OutletCodeRotated => "An outlet has a new code; its old label leads nowhere",
        EventType::SessionEnergized => "The breaker was seen closed",
        EventType::SessionChargingStarted => "Current was seen for the first time",
        EventType::ChargingIdle => "The current of a session is gone, or held back",
        EventType::SessionPowerLost => {
            "A power cut interrupts a session, which goes on once the power is back"
        }
        EventType::SessionPowerResumed => "The power is back, and a session goes on",
        EventType::SessionLimitReached => "A limit of time, energy or money ends a session",
        EventType::SessionEnded => "A session has ended or failed",
        EventType::CommandCompleted => "A command has its outcome",
        EventType::CommandFailed => "A command was refused or has failed",
        EventType::CommandExpired => "A command has had no outcome in time",
        EventType::ReservationCreated => "An outlet is held for a driver",
        EventType::ReservationUsed => "The driver of a reservation has started",
        EventType::ReservationExpired => "Nobody has come, or the time of a reservation is over",
        EventType::ReservationCancelled => "A reservation was cancelled",
        EventType::ControllerOnline => "A controller has connected",
        EventType::ControllerOffline => "A controller is no longer connected",
        EventType::ControllerProblem => "A controller cannot work as it should, or can again",
        EventType::ControllerFirmwareStatus => "How far a controller is with new firmware",
        EventType::AlarmOpened => "An outlet or a controller needs a person",
        EventType::AlarmAcknowledged => "Somebody looks after an alarm",
        EventType::AlarmClosed => "What an alarm told of is no more",
        EventType::EndpointFailing => "Deliveries to another endpoint were given up",
        EventType::MeterAnomaly => "A register that is not billed",
        EventType::WebhookTest => "A test that was asked for",
    }
}

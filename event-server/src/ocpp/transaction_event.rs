//! TransactionEvent: the beginning, the course and the end of a delivery.

use std::sync::Arc;

use api_spec::ocpp::{CallError, decode};
use domain::session::EndedReason;

use super::actions::{Call, Work, empty, json};
use super::authorize::Told;
use super::meter_value::{Custom, MeterValues};
use super::versions::{Integer, both_versions};
use crate::operations::outlet_report::OutletReport;
use crate::operations::record_reports::{Report, StationReport, Taken};
use crate::operations::record_transaction_event::{Phase, Power, Supply, TransactionReport};

/// Why our own controller says a charge has ended; finer than OCPP's reasons.
fn our_reason(text: &str) -> Option<EndedReason> {
    match text {
        "time_limit" => Some(EndedReason::TimeLimit),
        "energy_limit" => Some(EndedReason::EnergyLimit),
        "tripped" => Some(EndedReason::Tripped),
        "opened_by_hand" => Some(EndedReason::OpenedByHand),
        "did_not_close" => Some(EndedReason::DidNotClose),
        "welded" => Some(EndedReason::Welded),
        "remote" => Some(EndedReason::Remote),
        "car_gone" => Some(EndedReason::CarGone),
        "power_loss" => Some(EndedReason::PowerLoss),
        "no_load" => Some(EndedReason::NoLoad),
        "car_idle" => Some(EndedReason::CarIdle),
        "over_current" => Some(EndedReason::OverCurrent),
        "leakage" => Some(EndedReason::Leakage),
        "feedback_broken" => Some(EndedReason::FeedbackBroken),
        "disk_failed" => Some(EndedReason::DiskFailed),
        "unreachable" => Some(EndedReason::Unreachable),
        "reset" => Some(EndedReason::Reset),
        _ => None,
    }
}

/// Of our own controller, or by the one word that OCPP 2.1 has for it.
fn power(ours: Option<&str>, trigger: &str) -> Option<Power> {
    match (ours, trigger) {
        (Some("lost"), _) => Some(Power::Lost),
        (Some("resumed"), _) | (None, "TxResumed") => Some(Power::Resumed),
        (_, _) => None,
    }
}

/// OCPP's reasons in ours; what is left out means Local (OCPP 2.x).
fn ocpp_reason(text: Option<&str>) -> EndedReason {
    match text {
        Some("Remote" | "DeAuthorized") => EndedReason::Remote,
        Some("TimeLimitReached") => EndedReason::TimeLimit,
        Some("EnergyLimitReached") => EndedReason::EnergyLimit,
        Some("OvercurrentFault" | "GroundFault") => EndedReason::Tripped,
        Some("EVDisconnected" | "StoppedByEV" | "SOCLimitReached") => EndedReason::CarGone,
        Some("PowerLoss" | "Reboot") => EndedReason::PowerLoss,
        Some("ImmediateReset") => EndedReason::Reset,
        Some("Local" | "EmergencyStop" | "MasterPass") | None => EndedReason::Local,
        Some(_) => EndedReason::Other,
    }
}

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::TransactionEventRequest = decode(call.payload)?;
        let with_driver = request.id_token.is_some();
        let report = Report::Transaction(report(request));
        let report = StationReport { station: Arc::clone(call.station), report };
        Ok(Work::record(report, if with_driver { authorised } else { |_| empty() }))
    }

    fn authorised(taken: Taken) -> String {
        let response = wire::TransactionEventResponse {
            id_token_info: Some(Box::new(wire::IdTokenInfo::new(Told::of(taken.authorization)))),
            ..wire::TransactionEventResponse::default()
        };
        json(&response).unwrap_or_else(|_| empty())
    }

    fn report(request: wire::TransactionEventRequest) -> TransactionReport {
        let info = request.transaction_info;
        let custom = request.custom_data.as_deref();
        let samples = request.meter_value.as_deref().unwrap_or_default();
        let (samples, mut requested) = samples.samples();
        requested |= request.trigger_reason == wire::TriggerReasonEnum::Trigger;
        TransactionReport {
            outlet_number: request.evse.map(|evse| evse.id.read()),
            transaction_id: info.transaction_id.into_string(),
            phase: match request.event_type {
                wire::TransactionEventEnum::Started => Phase::Started,
                wire::TransactionEventEnum::Updated => Phase::Updated,
                wire::TransactionEventEnum::Ended => Phase::Ended(reason(custom, info.stopped_reason)),
            },
            seq_no: request.seq_no.read(),
            supply: info.charging_state.map(supply),
            power: power(custom.and_then(|data| data.our_text("power")), request.trigger_reason.as_str()),
            remote_start_id: info.remote_start_id,
            driver_id: request.id_token.map(|token| token.id_token.into_string()),
            report: OutletReport {
                at: request.timestamp.as_microsecond(),
                samples,
                seen: custom.and_then(Custom::seen),
                requested,
                place: custom.and_then(Custom::place),
            },
        }
    }

    fn supply(state: wire::ChargingStateEnum) -> Supply {
        match state {
            wire::ChargingStateEnum::Charging => Supply::Charging,
            wire::ChargingStateEnum::SuspendedEv => Supply::Full,
            wire::ChargingStateEnum::SuspendedEvse => Supply::Paused,
            wire::ChargingStateEnum::EvConnected => Supply::Connected,
            wire::ChargingStateEnum::Idle => Supply::Idle,
        }
    }

    fn reason(custom: Option<&wire::CustomData>, stopped: Option<wire::ReasonEnum>) -> EndedReason {
        let ours = custom.and_then(|data| data.our_text("reason")).and_then(our_reason);
        ours.unwrap_or_else(|| ocpp_reason(stopped.map(wire::ReasonEnum::as_str)))
    }
}

#[cfg(test)]
mod tests {
    use domain::outlet::EndReason;

    use super::*;

    #[test]
    fn every_reason_of_our_controllers_is_understood_under_its_own_name() {
        for reason in [
            EndReason::Remote,
            EndReason::TimeLimit,
            EndReason::EnergyLimit,
            EndReason::Tripped,
            EndReason::OpenedByHand,
            EndReason::DidNotClose,
            EndReason::Welded,
            EndReason::NoLoad,
            EndReason::CarIdle,
            EndReason::OverCurrent,
            EndReason::Leakage,
            EndReason::FeedbackBroken,
            EndReason::PowerLoss,
            EndReason::DiskFailed,
            EndReason::Unreachable,
            EndReason::Reset,
        ] {
            let told = serde_json::to_value(reason).unwrap();
            let understood = our_reason(told.as_str().unwrap());
            assert_eq!(serde_json::to_value(understood).unwrap(), told);
        }
    }
}

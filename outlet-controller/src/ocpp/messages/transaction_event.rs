//! The story of a charge as TransactionEvents, numbered from 0 without gaps.

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::v201::{
    ChargingStateEnum, Evse, IdToken, IdTokenEnum, ReadingContextEnum, ReasonEnum, Transaction,
    TransactionEventEnum, TransactionEventRequest, TriggerReasonEnum,
};
use domain::outlet::{Charge, EndReason, Phase, Report, Status};
use domain::units::{Timestamp, WattHours};

use super::meter_value::{self, MeterValues};
use super::{Context, Numbers, Occasion, believed, message, placed_data, reading_context, time};
use crate::store::{Message, Rank};

pub(super) fn of_report(report: &Report, context: &Context<'_>, numbers: &mut Numbers) -> Vec<Message> {
    let Some(charge) = context.charge else {
        return Vec::new();
    };
    let changed = TriggerReasonEnum::ChargingStateChanged;
    let told = match report {
        Report::Energized => vec![started(context, charge, ChargingStateEnum::EvConnected, numbers)],
        Report::ChargingStarted => {
            vec![with_state(
                context,
                charge,
                (changed, ChargingStateEnum::Charging),
                numbers,
            )]
        }
        Report::ChargingPaused => {
            vec![with_state(
                context,
                charge,
                (changed, ChargingStateEnum::SuspendedEv),
                numbers,
            )]
        }
        Report::CurrentRise { .. } => {
            let trigger = TriggerReasonEnum::ChargingRateChanged;
            vec![with_state(context, charge, (trigger, state_of(context)), numbers)]
        }
        Report::PowerLost => {
            let trigger = TriggerReasonEnum::AbnormalCondition;
            vec![of_power(context, charge, (trigger, "lost"), numbers)]
        }
        Report::PowerResumed => vec![of_power(context, charge, (changed, "resumed"), numbers)],
        Report::Ended {
            charge,
            reason,
            register,
            ..
        } => {
            let begin =
                (!charge.energized).then(|| started(context, charge, ChargingStateEnum::Idle, numbers));
            let end = ended(
                context,
                charge,
                *reason,
                (*register).filter(|_| charge.energized),
                numbers,
            );
            begin.into_iter().chain([end]).collect()
        }
        Report::BreakerMoved { .. }
        | Report::MeterAnomaly(_)
        | Report::MeterRebased { .. }
        | Report::Fault(_)
        | Report::FaultCleared(_)
        | Report::Notice(_) => Vec::new(),
    };
    told.into_iter()
        .filter_map(|request| message(&request, context.at))
        .collect()
}

/// A sample within a transaction.
pub(super) fn updated(context: &Context<'_>, occasion: Occasion, numbers: &mut Numbers) -> Option<Message> {
    let charge = context.charge?;
    let trigger = match occasion {
        Occasion::Minute => TriggerReasonEnum::MeterValuePeriodic,
        Occasion::Requested(_) => TriggerReasonEnum::Trigger,
    };
    let mut request = with_state(context, charge, (trigger, state_of(context)), numbers);
    let sample_context = reading_context(occasion, true);
    request.meter_value = meter_value::of_reading(
        &believed(context.status),
        context.serial,
        sample_context,
        context.at,
    );
    message(&request, context.at)
}

fn state_of(context: &Context<'_>) -> ChargingStateEnum {
    match context.status.phase {
        Some(Phase::Energized) | None => ChargingStateEnum::EvConnected,
        Some(Phase::Charging) => ChargingStateEnum::Charging,
        Some(Phase::Paused) => ChargingStateEnum::SuspendedEv,
    }
}

fn started(
    context: &Context<'_>,
    charge: &Charge,
    state: ChargingStateEnum,
    numbers: &mut Numbers,
) -> TransactionEventRequest {
    let trigger = TriggerReasonEnum::RemoteStart;
    let mut request = event(context, charge, (TransactionEventEnum::Started, trigger), numbers);
    request.transaction_info.charging_state = Some(state);
    request.transaction_info.remote_start_id = Some(charge.remote_start_id);
    request.id_token = id_token(charge);
    let begin = begin_register(context.status).filter(|_| charge.energized);
    request.meter_value = begin.map(|register| {
        // What has flowed already took its time: the register was there when the charge was accepted.
        let at = if context.status.register == Some(register) {
            context.at
        } else {
            charge.accepted_at
        };
        register_value(context, register, ReadingContextEnum::TransactionBegin, at)
    });
    request
}

/// Where the charge's energy counts from: what flowed before the breaker was seen closed is its own too.
fn begin_register(status: &Status) -> Option<WattHours> {
    let counted = status.energy.unwrap_or(WattHours(0));
    status
        .register
        .map(|register| register - counted)
        .filter(|begin| begin.0 >= 0)
}

fn with_state(
    context: &Context<'_>,
    charge: &Charge,
    (trigger, state): (TriggerReasonEnum, ChargingStateEnum),
    numbers: &mut Numbers,
) -> TransactionEventRequest {
    let mut request = event(context, charge, (TransactionEventEnum::Updated, trigger), numbers);
    request.transaction_info.charging_state = Some(state);
    request.meter_value = meter_value::of_reading(
        &believed(context.status),
        context.serial,
        ReadingContextEnum::Other,
        context.at,
    );
    request
}

/// What the power does to a charge that goes on, which OCPP 2.0.1 has no word for.
fn of_power(
    context: &Context<'_>,
    charge: &Charge,
    (trigger, power): (TriggerReasonEnum, &str),
    numbers: &mut Numbers,
) -> TransactionEventRequest {
    let state = ChargingStateEnum::EvConnected;
    let mut request = with_state(context, charge, (trigger, state), numbers);
    if let Some(data) = &mut request.custom_data {
        data.extra.insert("power".into(), power.into());
    }
    request
}

fn ended(
    context: &Context<'_>,
    charge: &Charge,
    reason: EndReason,
    register: Option<WattHours>,
    numbers: &mut Numbers,
) -> TransactionEventRequest {
    let (stopped, trigger) = words_of(reason);
    let mut request = event(context, charge, (TransactionEventEnum::Ended, trigger), numbers);
    request.transaction_info.charging_state = Some(ChargingStateEnum::Idle);
    request.transaction_info.stopped_reason = Some(stopped);
    request.transaction_info.remote_start_id = Some(charge.remote_start_id);
    request.id_token = id_token(charge);
    request.meter_value = register
        .map(|register| register_value(context, register, ReadingContextEnum::TransactionEnd, context.at));
    if let (Some(data), Ok(reason)) = (&mut request.custom_data, serde_json::to_value(reason)) {
        data.extra.insert("reason".into(), reason);
    }
    request
}

fn event(
    context: &Context<'_>,
    charge: &Charge,
    (kind, trigger): (TransactionEventEnum, TriggerReasonEnum),
    numbers: &mut Numbers,
) -> TransactionEventRequest {
    let transaction = Transaction::new(Str::truncated(&charge.transaction.0));
    let seq_no = numbers.seq_no;
    numbers.seq_no += 1;
    let mut request = TransactionEventRequest::new(kind, time(context.at), trigger, seq_no, transaction);
    request.offline = context.offline.then_some(true);
    let mut evse = Evse::new(context.outlet.get().into());
    evse.connector_id = Some(1);
    request.evse = Some(evse);
    request.custom_data = Some(Box::new(placed_data(context, Rank::Report, numbers)));
    request
}

fn register_value(
    context: &Context<'_>,
    register: WattHours,
    reading: ReadingContextEnum,
    at: Timestamp,
) -> MeterValues {
    let meter = (&context.status.reading, context.serial);
    meter_value::of_register(register, meter, reading, at)
}

/// A token that only OCPP 2.1 has room for is left out: the start's number names the driver too.
fn id_token(charge: &Charge) -> Option<IdToken> {
    let token = Str::new(charge.id_token.as_str()).ok()?;
    Some(IdToken::new(token, IdTokenEnum::Central))
}

fn words_of(reason: EndReason) -> (ReasonEnum, TriggerReasonEnum) {
    match reason {
        EndReason::Remote => (ReasonEnum::Remote, TriggerReasonEnum::RemoteStop),
        EndReason::TimeLimit => (ReasonEnum::TimeLimitReached, TriggerReasonEnum::TimeLimitReached),
        EndReason::EnergyLimit => (
            ReasonEnum::EnergyLimitReached,
            TriggerReasonEnum::EnergyLimitReached,
        ),
        EndReason::Tripped | EndReason::OverCurrent => {
            (ReasonEnum::OvercurrentFault, TriggerReasonEnum::AbnormalCondition)
        }
        EndReason::Leakage => (ReasonEnum::GroundFault, TriggerReasonEnum::AbnormalCondition),
        EndReason::OpenedByHand => (ReasonEnum::Local, TriggerReasonEnum::AbnormalCondition),
        EndReason::PowerLoss => (ReasonEnum::PowerLoss, TriggerReasonEnum::AbnormalCondition),
        EndReason::Reset => (ReasonEnum::ImmediateReset, TriggerReasonEnum::ResetCommand),
        EndReason::CarIdle => (ReasonEnum::StoppedByEv, TriggerReasonEnum::ChargingStateChanged),
        EndReason::NoLoad => (ReasonEnum::Timeout, TriggerReasonEnum::EvConnectTimeout),
        EndReason::DidNotClose
        | EndReason::Unreachable
        | EndReason::Welded
        | EndReason::FeedbackBroken
        | EndReason::DiskFailed => (ReasonEnum::Other, TriggerReasonEnum::AbnormalCondition),
    }
}

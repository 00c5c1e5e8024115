//! SetVariables: a person's word that a breaker may be used again; nothing else can be set.

use api_spec::ocpp::CallError;
use api_spec::ocpp::bounded::List;
use api_spec::ocpp::v201::{
    AttributeEnum, Component, SetVariableResult, SetVariableStatusEnum, SetVariablesResponse, StatusInfo,
    Variable,
};
use serde::Deserialize;

use super::super::station::Station;
use super::{Reply, outlet_of, reply, status_info, told, too_few};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    set_variable_data: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    attribute_type: Option<AttributeEnum>,
    attribute_value: String,
    component: Component,
    variable: Variable,
}

type Outcome = (SetVariableStatusEnum, Option<StatusInfo>);

pub(super) async fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let mut results = Vec::new();
    for wanted in request.set_variable_data {
        let (status, info) = set(station, &wanted).await?;
        let mut result = SetVariableResult::new(status, wanted.component, wanted.variable);
        result.attribute_type = wanted.attribute_type;
        result.attribute_status_info = info;
        results.push(result);
    }
    reply(&SetVariablesResponse::new(List::new(results).map_err(too_few)?))
}

async fn set(station: &Station, wanted: &Wanted) -> Result<Outcome, CallError> {
    if wanted
        .attribute_type
        .is_some_and(|kind| kind != AttributeEnum::Actual)
    {
        return Ok((SetVariableStatusEnum::NotSupportedAttributeType, None));
    }
    match (wanted.component.name.as_str(), wanted.variable.name.as_str()) {
        ("PowerContactor", "Tripped") => clear_fault(station, wanted).await,
        ("OCPPCommCtrlr", "HeartbeatInterval")
        | ("SampledDataCtrlr", "TxUpdatedInterval")
        | ("AlignedDataCtrlr", "Interval")
        | ("ClockCtrlr", "DateTime")
        | ("SecurityCtrlr", "Identity")
        | ("EVSE", "AvailabilityState" | "Problem")
        | ("PowerContactor", "Active") => Ok(rejected("ReadOnly", "this variable is read only")),
        (
            "EVSE" | "PowerContactor" | "OCPPCommCtrlr" | "SampledDataCtrlr" | "AlignedDataCtrlr"
            | "ClockCtrlr" | "SecurityCtrlr",
            _,
        ) => Ok((SetVariableStatusEnum::UnknownVariable, None)),
        (_, _) => Ok((SetVariableStatusEnum::UnknownComponent, None)),
    }
}

async fn clear_fault(station: &Station, wanted: &Wanted) -> Result<Outcome, CallError> {
    let Some(outlet) = outlet_of(station, &wanted.component) else {
        return Ok((SetVariableStatusEnum::UnknownComponent, None));
    };
    if wanted.attribute_value != "false" {
        return Ok(rejected("InvalidValue", "only \"false\" can be set"));
    }
    match station.commands.clear_fault(outlet).await {
        Ok(()) => Ok((SetVariableStatusEnum::Accepted, None)),
        Err(refused) => Ok((SetVariableStatusEnum::Rejected, Some(status_info(refused)?))),
    }
}

fn rejected(code: &str, why: &str) -> Outcome {
    (SetVariableStatusEnum::Rejected, Some(told(code, why)))
}

//! GetVariables: the few variables that this station has.

use api_spec::ocpp::CallError;
use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::v201::{
    AttributeEnum, Component, GetVariableResult, GetVariableStatusEnum, GetVariablesResponse, Variable,
};
use domain::observation::Position;
use domain::outlet::Status;
use serde::Deserialize;

use super::super::messages;
use super::super::renewal::{REPEAT_TIMES, WAIT_MINIMUM_S};
use super::super::station::Station;
use super::{Reply, outlet_of, reply, too_few};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    get_variable_data: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    attribute_type: Option<AttributeEnum>,
    component: Component,
    variable: Variable,
}

pub(super) fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let results = request
        .get_variable_data
        .into_iter()
        .map(|wanted| result(station, wanted))
        .collect();
    let results = List::new(results).map_err(too_few)?;
    reply(&GetVariablesResponse::new(results))
}

fn result(station: &Station, wanted: Wanted) -> GetVariableResult {
    let found = match wanted.attribute_type {
        None | Some(AttributeEnum::Actual) => value(station, &wanted.component, &wanted.variable.name),
        Some(AttributeEnum::Target | AttributeEnum::MinSet | AttributeEnum::MaxSet) => {
            Err(GetVariableStatusEnum::NotSupportedAttributeType)
        }
    };
    let (status, value) = match found {
        Ok(value) => (GetVariableStatusEnum::Accepted, Some(Str::truncated(&value))),
        Err(status) => (status, None),
    };
    let mut result = GetVariableResult::new(status, wanted.component, wanted.variable);
    result.attribute_type = wanted.attribute_type;
    result.attribute_value = value;
    result
}

fn value(station: &Station, component: &Component, variable: &str) -> Result<String, GetVariableStatusEnum> {
    let unknown = Err(GetVariableStatusEnum::UnknownVariable);
    let name = component.name.as_str();
    match (name, variable) {
        ("OCPPCommCtrlr", "HeartbeatInterval") => return Ok(station.heartbeat_s().to_string()),
        ("SampledDataCtrlr", "TxUpdatedInterval") | ("AlignedDataCtrlr", "Interval") => {
            return Ok("60".into());
        }
        ("ClockCtrlr", "DateTime") => return Ok(messages::time(station.now()).to_string()),
        ("SecurityCtrlr", "Identity") => return Ok(station.id.clone()),
        ("SecurityCtrlr", "CertSigningWaitMinimum") => return Ok(WAIT_MINIMUM_S.to_string()),
        ("SecurityCtrlr", "CertSigningRepeatTimes") => return Ok(REPEAT_TIMES.to_string()),
        ("SecurityCtrlr", "CertificateEntries") => {
            return Ok(station.trusted.installed().len().to_string());
        }
        ("SecurityCtrlr", "SecurityProfile") => return Ok(station.security_profile().to_string()),
        ("OCPPCommCtrlr" | "SampledDataCtrlr" | "AlignedDataCtrlr" | "ClockCtrlr" | "SecurityCtrlr", _) => {
            return unknown;
        }
        ("EVSE" | "PowerContactor", _) => {}
        (_, _) => return Err(GetVariableStatusEnum::UnknownComponent),
    }
    let status = outlet_of(station, component).and_then(|outlet| station.status(outlet));
    let status = status.ok_or(GetVariableStatusEnum::UnknownComponent)?;
    of_outlet(name, variable, &status).ok_or(GetVariableStatusEnum::UnknownVariable)
}

fn of_outlet(component: &str, variable: &str, status: &Status) -> Option<String> {
    match (component, variable) {
        ("EVSE", "AvailabilityState") => Some(messages::connector_status(status).to_string()),
        ("EVSE", "Problem") => Some(status.fault.is_some().to_string()),
        ("PowerContactor", "Active") => Some((status.position != Position::Open).to_string()),
        ("PowerContactor", "Tripped") => Some(status.tripped.to_string()),
        (_, _) => None,
    }
}

//! SetVariables: clear an outlet's fault, or set what its maker lets be set.

use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::{CallError, ErrorCode, decode};
use api_spec::rest::{VariableSet, VariableValue};
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::versions::{Integer, both_versions, int};
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call(outlet_number: i32) -> Result<String, CallError> {
        let mut component = wire::Component::new(Str::truncated("PowerContactor"));
        component.evse = Some(wire::Evse::new(int(i64::from(outlet_number))));
        let variable = wire::Variable::new(Str::truncated("Tripped"));
        let value = wire::SetVariableData::new(Str::truncated("false"), component, variable);
        json(&wire::SetVariablesRequest::new(List::one(value)))
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::SetVariablesResponse = decode(payload)?;
        let refused = response.set_variable_result.into_iter().find(|result| {
            result.attribute_status != wire::SetVariableStatusEnum::Accepted
        });
        Ok(match refused {
            None => Answer::Accepted { transaction_id: None },
            Some(result) => {
                let info = result.attribute_status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(result.attribute_status.as_str(), info)
            }
        })
    }

    pub(in crate::ocpp) fn write(variables: &[VariableValue]) -> Result<String, CallError> {
        let wanted = List::new(variables.iter().map(wanted).collect())
            .map_err(|error| CallError::new(ErrorCode::InternalError, error.to_string()))?;
        json(&wire::SetVariablesRequest::new(wanted))
    }

    fn wanted(asked: &VariableValue) -> wire::SetVariableData {
        let mut component = wire::Component::new(Str::truncated(&asked.component));
        component.evse = asked.outlet_number.map(|number| wire::Evse::new(int(i64::from(number))));
        let variable = wire::Variable::new(Str::truncated(&asked.variable));
        wire::SetVariableData::new(Str::truncated(&asked.value), component, variable)
    }

    pub(in crate::ocpp) fn written(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::SetVariablesResponse = decode(payload)?;
        Ok(Answer::Written(response.set_variable_result.into_iter().map(set).collect()))
    }

    fn set(result: wire::SetVariableResult) -> VariableSet {
        VariableSet {
            component: result.component.name.into_string(),
            variable: result.variable.name.into_string(),
            outlet_number: result.component.evse.map(|evse| evse.id.read()),
            status: result.attribute_status.as_str().to_owned(),
            reason: result.attribute_status_info.map(|info| info.reason_code.into_string()),
        }
    }
}

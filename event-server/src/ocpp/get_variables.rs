//! GetVariables: read what a station tells of itself.

use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::{CallError, ErrorCode, decode};
use api_spec::rest::{VariableName, VariableRead};
use serde_json::value::RawValue;

use super::actions::json;
use super::versions::{Integer, both_versions, int};
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call(variables: &[VariableName]) -> Result<String, CallError> {
        let wanted = List::new(variables.iter().map(wanted).collect())
            .map_err(|error| CallError::new(ErrorCode::InternalError, error.to_string()))?;
        json(&wire::GetVariablesRequest::new(wanted))
    }

    fn wanted(name: &VariableName) -> wire::GetVariableData {
        let mut component = wire::Component::new(Str::truncated(&name.component));
        component.evse = name.outlet_number.map(|number| wire::Evse::new(int(i64::from(number))));
        wire::GetVariableData::new(component, wire::Variable::new(Str::truncated(&name.variable)))
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::GetVariablesResponse = decode(payload)?;
        Ok(Answer::Read(response.get_variable_result.into_iter().map(read).collect()))
    }

    fn read(result: wire::GetVariableResult) -> VariableRead {
        VariableRead {
            component: result.component.name.into_string(),
            variable: result.variable.name.into_string(),
            outlet_number: result.component.evse.map(|evse| evse.id.read()),
            status: result.attribute_status.as_str().to_owned(),
            value: result.attribute_value.map(Str::into_string),
        }
    }
}

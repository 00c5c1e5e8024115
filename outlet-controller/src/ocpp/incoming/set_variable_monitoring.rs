//! SetVariableMonitoring: the current above which a rise is told; one monitor per outlet, with the outlet's number.

use api_spec::ocpp::CallError;
use api_spec::ocpp::bounded::List;
use api_spec::ocpp::v201::{
    Component, MonitorEnum, SetMonitoringResult, SetMonitoringStatusEnum, SetVariableMonitoringResponse,
    StatusInfo, Variable,
};
use domain::units::MilliAmps;
use serde::Deserialize;

use super::super::station::Station;
use super::{Reply, outlet_of, reply, status_info, told, too_few};

/// More than any outlet carries.
const MAX_AMPERES: f64 = 1_000.0;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    set_monitoring_data: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    value: f64,
    r#type: String,
    severity: i64,
    component: Component,
    variable: Variable,
}

type Outcome = (SetMonitoringStatusEnum, Option<i64>, Option<StatusInfo>);

pub(super) async fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let mut results = Vec::new();
    for wanted in request.set_monitoring_data {
        let (status, id, info) = set(station, &wanted).await?;
        results.push(SetMonitoringResult {
            id,
            status_info: info,
            ..SetMonitoringResult::new(
                status,
                kind(&wanted.r#type),
                wanted.component,
                wanted.variable,
                wanted.severity,
            )
        });
    }
    reply(&SetVariableMonitoringResponse::new(
        List::new(results).map_err(too_few)?,
    ))
}

async fn set(station: &Station, wanted: &Wanted) -> Result<Outcome, CallError> {
    let without = |status| Ok((status, None, None));
    if wanted.component.name.as_str() != "EVSE" {
        return without(SetMonitoringStatusEnum::UnknownComponent);
    }
    let Some(outlet) = outlet_of(station, &wanted.component) else {
        return without(SetMonitoringStatusEnum::UnknownComponent);
    };
    if wanted.variable.name.as_str() != "ACCurrent" {
        return without(SetMonitoringStatusEnum::UnknownVariable);
    }
    if wanted.r#type != MonitorEnum::UpperThreshold.as_str() {
        return without(SetMonitoringStatusEnum::UnsupportedMonitorType);
    }
    let Some(threshold) = milliamperes(wanted.value) else {
        let info = told("InvalidValue", "expected amperes, more than 0 and at most 1000");
        return Ok((SetMonitoringStatusEnum::Rejected, None, Some(info)));
    };
    match station.commands.set_rise_threshold(outlet, Some(threshold)).await {
        Ok(()) => Ok((
            SetMonitoringStatusEnum::Accepted,
            Some(i64::from(outlet.get())),
            None,
        )),
        Err(refused) => Ok((
            SetMonitoringStatusEnum::Rejected,
            None,
            Some(status_info(refused)?),
        )),
    }
}

fn milliamperes(amperes: f64) -> Option<MilliAmps> {
    let sane = amperes > 0.0 && amperes <= MAX_AMPERES;
    #[expect(clippy::cast_possible_truncation, reason = "at most 1,000,000")]
    sane.then(|| MilliAmps((amperes * 1000.0).round() as i64))
}

/// The answer must name the type; one that only OCPP 2.1 knows is answered as the nearest.
fn kind(name: &str) -> MonitorEnum {
    MonitorEnum::ALL
        .iter()
        .copied()
        .find(|kind| kind.as_str() == name)
        .unwrap_or(MonitorEnum::Delta)
}

//! How messages are built, and what their types promise.

use serde_json::json;

use super::bounded::{Int, List, Str};
use super::v21::{
    Evse, IdToken, LocationEnum, MeasurandEnum, MeterValue, SampledValue, Transaction, TransactionEventEnum,
    TransactionEventRequest, TransactionEventResponse, TriggerReasonEnum,
};
use super::{Action, v21, v201};

fn started() -> TransactionEventRequest {
    let time = "2026-01-02T03:04:05Z".parse().unwrap();
    let register = SampledValue {
        measurand: Some(MeasurandEnum::EnergyActiveImportRegister),
        location: Some(LocationEnum::Outlet),
        ..SampledValue::new(1500.0)
    };
    TransactionEventRequest {
        meter_value: Some(List::one(MeterValue::new(List::one(register), time))),
        evse: Some(Evse {
            connector_id: Some(Int::clamped(1)),
            ..Evse::new(Int::clamped(3))
        }),
        id_token: Some(IdToken::new(
            Str::truncated("driver-1"),
            Str::truncated("Central"),
        )),
        ..TransactionEventRequest::new(
            TransactionEventEnum::Started,
            time,
            TriggerReasonEnum::RemoteStart,
            Int::clamped(0),
            Transaction::new(Str::truncated("tx-1")),
        )
    }
}

#[test]
fn a_built_message_is_the_json_that_the_specification_shows() {
    let expected = json!({
        "eventType": "Started",
        "timestamp": "2026-01-02T03:04:05Z",
        "triggerReason": "RemoteStart",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "tx-1"},
        "evse": {"id": 3, "connectorId": 1},
        "idToken": {"idToken": "driver-1", "type": "Central"},
        "meterValue": [{
            "timestamp": "2026-01-02T03:04:05Z",
            "sampledValue": [{"value": 1500.0, "measurand": "Energy.Active.Import.Register", "location": "Outlet"}],
        }],
    });
    assert_eq!(serde_json::to_value(started()).unwrap(), expected);
    assert_eq!(
        serde_json::from_value::<TransactionEventRequest>(expected).unwrap(),
        started()
    );
}

#[test]
fn custom_data_keeps_fields_that_nobody_knows() {
    let text = json!({"customData": {"vendorId": "jp.denro", "limit": {"energy_wh": 5000, "factor": 1.5}}});
    let response: TransactionEventResponse = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(response.custom_data.as_ref().unwrap().vendor_id, "jp.denro");
    assert_eq!(serde_json::to_value(response).unwrap(), text);
}

#[test]
fn an_array_is_not_taken_for_an_object_at_any_depth() {
    assert!(serde_json::from_str::<v201::HeartbeatResponse>(r#"["2026-01-02T03:04:05Z"]"#).is_err());
    let nested = r#"{"timestamp":"2026-01-02T03:04:05Z","sampledValue":[[1.5]]}"#;
    assert!(serde_json::from_str::<MeterValue>(nested).is_err());
}

#[test]
fn a_null_in_place_of_an_optional_field_is_no_field() {
    let response: TransactionEventResponse = serde_json::from_str(r#"{"idTokenInfo":null}"#).unwrap();
    assert_eq!(response, TransactionEventResponse::default());
}

#[test]
fn requests_know_their_names_and_the_list_of_actions_holds_them() {
    assert_eq!(TransactionEventRequest::NAME, "TransactionEvent");
    assert!(v201::ACTIONS.contains(&v201::TransactionEventRequest::NAME));
    assert_eq!((v201::ACTIONS.len(), v21::ACTIONS.len()), (64, 90));
    assert_eq!(
        <v21::NotifyPeriodicEventStream as super::Notice>::NAME,
        "NotifyPeriodicEventStream"
    );
}

#[test]
fn messages_stay_small_enough_to_be_moved_about() {
    let largest = [
        size_of::<v201::TransactionEventRequest>(),
        size_of::<TransactionEventRequest>(),
        size_of::<v201::SetChargingProfileRequest>(),
        size_of::<v21::SetChargingProfileRequest>(),
        size_of::<v21::NotifyEvChargingNeedsRequest>(),
    ];
    assert!(largest.iter().all(|bytes| *bytes < 1_500), "{largest:?}");
}

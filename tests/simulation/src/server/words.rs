//! OCPP as the server words it and reads it.

use serde_json::{Value, json};

use crate::Ms;
use crate::fate::WALL_US;
use crate::history::{Answer, Heard, Told, Wish};

pub(super) fn start(outlet: u8, id: i64, (wish, now): (Wish, Ms)) -> Value {
    let mut limits = json!({});
    if let Some(duration) = wish.duration_ms {
        limits["duration_ms"] = duration.into();
    }
    if let Some(ahead) = wish.until_ms {
        let us = WALL_US + i64::try_from((now + ahead) * 1000).unwrap();
        limits["until"] = jiff::Timestamp::from_microsecond(us).unwrap().to_string().into();
    }
    if let Some(energy) = wish.energy_wh {
        limits["energy_wh"] = energy.into();
    }
    if wish.ends_when_idle {
        limits["when_idle"] = "end".into();
    }
    json!({
        "evseId": outlet,
        "remoteStartId": id,
        "idToken": {"idToken": "driver", "type": "Central"},
        "customData": {"vendorId": "denro", "limits": limits},
    })
}

pub(super) fn clear(outlet: u8) -> Value {
    let data = json!({
        "attributeValue": "false",
        "component": {"name": "PowerContactor", "evse": {"id": outlet}},
        "variable": {"name": "Tripped"},
    });
    json!({"setVariableData": [data]})
}

fn why(answer: &Value) -> String {
    let info = &answer["statusInfo"];
    format!(
        "{}: {}",
        info["reasonCode"].as_str().unwrap_or("?"),
        info["additionalInfo"].as_str().unwrap_or("")
    )
}

pub(super) fn start_answer(result: Result<&Value, String>) -> Answer {
    match result {
        Ok(answer) if answer["status"] == "Accepted" => {
            Answer::Accepted(answer["transactionId"].as_str().unwrap_or_default().to_owned())
        }
        Ok(answer) => Answer::Rejected(why(answer)),
        Err(error) => Answer::Error(error),
    }
}

pub(super) fn stop_answer(result: Result<&Value, String>, transaction: &str) -> Answer {
    match result {
        Ok(answer) if answer["status"] == "Accepted" => Answer::Accepted(transaction.to_owned()),
        Ok(answer) => Answer::Rejected(why(answer)),
        Err(error) => Answer::Error(error),
    }
}

pub(super) fn clear_answer(result: Result<&Value, String>) -> String {
    match result {
        Ok(answer) => answer["setVariableResult"][0]["attributeStatus"]
            .as_str()
            .unwrap_or("?")
            .to_owned(),
        Err(error) => error,
    }
}

/// The server's answer to a call. Its own clock is always right.
pub(super) fn answer_to(action: &str, now: Ms) -> Value {
    let time = jiff::Timestamp::from_millisecond(WALL_US / 1000 + i64::try_from(now).unwrap()).unwrap();
    match action {
        "BootNotification" => {
            json!({"currentTime": time.to_string(), "interval": 300, "status": "Accepted"})
        }
        "Heartbeat" => json!({"currentTime": time.to_string()}),
        _ => json!({}),
    }
}

pub(super) fn read(action: &str, payload: &Value, text: &str) -> Vec<Heard> {
    match action {
        "TransactionEvent" => vec![Heard::Transaction(transaction(payload, text))],
        "NotifyEvent" => payload["eventData"]
            .as_array()
            .into_iter()
            .flatten()
            .map(event)
            .collect(),
        "MeterValues" if payload["evseId"] != 0 => vec![Heard::Sample {
            outlet: payload["evseId"]
                .as_u64()
                .and_then(|id| u8::try_from(id).ok())
                .unwrap_or(0),
            register: register(&payload["meterValue"]),
        }],
        _ => vec![Heard::Other(action.to_owned())],
    }
}

fn transaction(payload: &Value, text: &str) -> Told {
    let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let info = &payload["transactionInfo"];
    let ours = &payload["customData"]["reason"];
    Told {
        outlet: outlet(&payload["evse"]),
        transaction: string(&info["transactionId"]),
        seq: payload["seqNo"].as_i64().unwrap_or(-1),
        kind: string(&payload["eventType"]),
        trigger: string(&payload["triggerReason"]),
        reason: ours.as_str().map(str::to_owned),
        remote_start: info["remoteStartId"].as_i64(),
        register: register(&payload["meterValue"]),
        text: text.to_owned(),
    }
}

fn outlet(evse: &Value) -> u8 {
    evse["id"]
        .as_u64()
        .and_then(|id| u8::try_from(id).ok())
        .unwrap_or(0)
}

fn register(meter: &Value) -> Option<i64> {
    let sampled = meter[0]["sampledValue"].as_array()?;
    let energy = sampled
        .iter()
        .find(|value| value["measurand"] == "Energy.Active.Import.Register")?;
    energy["value"].as_f64().map(|wh| wh.round() as i64)
}

fn event(data: &Value) -> Heard {
    let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Heard::Event {
        id: data["eventId"].as_i64().unwrap_or(-1),
        outlet: outlet(&data["component"]["evse"]),
        component: string(&data["component"]["name"]),
        variable: string(&data["variable"]["name"]),
        value: string(&data["actualValue"]),
        info: string(&data["techInfo"]),
    }
}

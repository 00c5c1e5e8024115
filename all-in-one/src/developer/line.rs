//! An event in one line.

use std::collections::HashMap;

use serde_json::Value;

/// Time, outlet, type, and the figures that a person looks for. `names`: from outlet id to the name on its label.
pub(crate) fn line(event: &Value, names: &HashMap<String, String>) -> String {
    let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
    let outlet = names.get(text("outlet_id")).map_or("", String::as_str);
    let time = text("timestamp").get(11..19).unwrap_or_default();
    format!("{time}  {outlet:<4} {:<24} {}", text("type"), figures(event))
}

fn figures(event: &Value) -> String {
    const FIGURES: [(&str, &str); 17] = [
        ("/data/breaker", ""),
        ("/data/current_ma", " mA"),
        ("/data/power_w", " W"),
        ("/data/register_wh", " Wh register"),
        ("/data/fault", ""),
        ("/data/alarm/kind", ""),
        ("/data/alarm/cause", ""),
        ("/data/cleared", ""),
        ("/data/notice", ""),
        ("/data/problem", ""),
        ("/data/kind", ""),
        ("/data/limit", ""),
        ("/data/command/kind", ""),
        ("/data/command/state", ""),
        ("/data/session/energy_wh", " Wh"),
        ("/data/session/ended_reason", ""),
        ("/data/endpoint_id", ""),
    ];
    let figures = FIGURES
        .iter()
        .filter_map(|(pointer, unit)| match event.pointer(pointer)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(figure) => Some(format!("{figure}{unit}")),
            Value::Bool(true) => Some("cleared".to_owned()),
            Value::Bool(false) | Value::Array(_) | Value::Object(_) => None,
        });
    figures.collect::<Vec<_>>().join(" · ")
}

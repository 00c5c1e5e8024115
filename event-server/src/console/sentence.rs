//! What an outlet is doing, as a sentence with the reason and what comes next.

use api_spec::rest::{Outlet, OutletState};
use api_spec::webhook::Breaker;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::http::Language;

/// `offline_since` is when its controller was last connected.
pub(super) fn sentence(
    outlet: &Outlet,
    offline_since: Option<i64>,
    zone: &TimeZone,
    language: Language,
) -> String {
    let end = outlet
        .session
        .as_ref()
        .map(|session| clock_time(session.limits.until.0, zone));
    let end = end.unwrap_or_default();
    match language {
        Language::Japanese => japanese(outlet, offline_since.map(|at| clock_time(at, zone)), &end),
        Language::English => english(outlet, offline_since.map(|at| clock_time(at, zone)), &end),
    }
}

fn japanese(outlet: &Outlet, offline_since: Option<String>, end: &str) -> String {
    match outlet.state {
        OutletState::Available if outlet.breaker == Breaker::Unknown => "ブレーカの状態を確認中です".into(),
        OutletState::Available => "空いています".into(),
        OutletState::Starting => "開始しています…".into(),
        OutletState::Energized => format!("通電しました。プラグを確認中 — {end} に停止"),
        OutletState::Charging => format!("充電中 {} — {end} に停止", kilowatts(outlet)),
        OutletState::Paused => format!("電流が流れていません。{end} に自動停止"),
        OutletState::Stopping => "停止しています…".into(),
        OutletState::SwitchedOn => "盤で直接オンになっています".into(),
        OutletState::Faulted => format!("ブレーカ異常({})— 使えません", fault_in_japanese(outlet)),
        OutletState::Disabled => "管理者が使用を停止しています".into(),
        OutletState::Offline => {
            let since = offline_since.map(|at| format!("({at} から)")).unwrap_or_default();
            let end = if outlet.session.is_some() {
                "。通電は予定時刻に自動停止します"
            } else {
                ""
            };
            format!("盤がオフライン{since}{end}")
        }
    }
}

fn english(outlet: &Outlet, offline_since: Option<String>, end: &str) -> String {
    match outlet.state {
        OutletState::Available if outlet.breaker == Breaker::Unknown => "Checking the breaker…".into(),
        OutletState::Available => "Available".into(),
        OutletState::Starting => "Starting…".into(),
        OutletState::Energized => format!("Power is on. Waiting for the plug — stops at {end}"),
        OutletState::Charging => format!("Charging {} — stops at {end}", kilowatts(outlet)),
        OutletState::Paused => format!("No current. Stops by itself at {end}"),
        OutletState::Stopping => "Stopping…".into(),
        OutletState::SwitchedOn => "Switched on at the panel".into(),
        OutletState::Faulted => format!("Breaker fault ({}) — out of order", fault_in_english(outlet)),
        OutletState::Disabled => "Disabled by the manager".into(),
        OutletState::Offline => {
            let since = offline_since
                .map(|at| format!(" (since {at})"))
                .unwrap_or_default();
            let end = if outlet.session.is_some() {
                ". The charge stops by itself on time"
            } else {
                ""
            };
            format!("The panel is offline{since}{end}")
        }
    }
}

fn fault_in_japanese(outlet: &Outlet) -> &'static str {
    match outlet.fault.as_deref() {
        Some("welded") => "接点の溶着",
        Some("did_not_open") => "オフになりません",
        Some("did_not_close") => "オンになりません",
        Some("over_current") => "過電流",
        Some("leakage") => "漏電",
        Some("feedback_broken") => "位置信号の不一致",
        Some("unavailable") => "使用中止",
        Some(_) | None => "トリップ",
    }
}

fn fault_in_english(outlet: &Outlet) -> &'static str {
    match outlet.fault.as_deref() {
        Some("welded") => "welded contact",
        Some("did_not_open") => "does not open",
        Some("did_not_close") => "does not close",
        Some("over_current") => "overcurrent",
        Some("leakage") => "earth leakage",
        Some("feedback_broken") => "position and meter disagree",
        Some("unavailable") => "out of use",
        Some(_) | None => "tripped",
    }
}

/// `3.0 kW`, rounded to a tenth.
pub(super) fn kilowatts(outlet: &Outlet) -> String {
    let tenths = (outlet.power_w.unwrap_or(0).max(0) + 50) / 100;
    format!("{}.{} kW", tenths / 10, tenths % 10)
}

/// The session's energy, cut to a hundredth; nothing where nobody charges.
pub(super) fn kilowatt_hours(outlet: &Outlet) -> String {
    let Some(session) = &outlet.session else {
        return String::new();
    };
    let hundredths = session.energy_wh.max(0) / 10;
    format!("{}.{:02} kWh", hundredths / 100, hundredths % 100)
}

fn clock_time(at_us: i64, zone: &TimeZone) -> String {
    let at = Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).strftime("%-H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlet(change: serde_json::Value) -> Outlet {
        let mut json = serde_json::json!({
            "id": "out_1", "site_id": "s", "controller_id": "c", "number": 1, "name": "1", "public_code": "x",
            "rated_ma": 15000, "rated_mv": 200000, "max_power_w": 3600, "enabled": true,
            "public_code_since": "2026-11-20T00:00:00Z", "state": "available", "online": true, "breaker": "open",
            "tripped": false, "created_at": "2026-11-20T00:00:00Z", "updated_at": "2026-11-20T00:00:00Z",
        });
        json.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        serde_json::from_value(json).unwrap()
    }

    fn session() -> serde_json::Value {
        serde_json::json!({
            "id": "ses_1", "outlet_id": "out_1", "driver_id": "d", "state": "charging",
            "limits": { "until": "2026-11-20T22:00:00Z", "when_idle": "keep", "changed_at": "2026-11-20T00:00:00Z" }, "energy_wh": 1239,
            "requested_at": "2026-11-20T00:00:00Z", "updated_at": "2026-11-20T00:00:00Z",
        })
    }

    fn check(change: serde_json::Value, expected_ja: &str, expected_en: &str) {
        let (outlet, tokyo) = (outlet(change), TimeZone::get("Asia/Tokyo").unwrap());
        // 12:04 in Tokyo.
        let since = Some(1_795_143_840_000_000);
        assert_eq!(sentence(&outlet, since, &tokyo, Language::Japanese), expected_ja);
        assert_eq!(sentence(&outlet, since, &tokyo, Language::English), expected_en);
    }

    #[test]
    fn every_state_is_a_sentence_with_the_sites_time() {
        use serde_json::json;
        check(json!({}), "空いています", "Available");
        check(
            json!({"breaker": "unknown"}),
            "ブレーカの状態を確認中です",
            "Checking the breaker…",
        );
        check(
            json!({"state": "charging", "power_w": 2_961, "session": session()}),
            "充電中 3.0 kW — 7:00 に停止",
            "Charging 3.0 kW — stops at 7:00",
        );
        check(
            json!({"state": "faulted", "fault": "welded"}),
            "ブレーカ異常(接点の溶着)— 使えません",
            "Breaker fault (welded contact) — out of order",
        );
        check(
            json!({"state": "faulted", "fault": "leakage"}),
            "ブレーカ異常(漏電)— 使えません",
            "Breaker fault (earth leakage) — out of order",
        );
        check(
            json!({"state": "disabled", "enabled": false, "disabled_reason": "工事"}),
            "管理者が使用を停止しています",
            "Disabled by the manager",
        );
        check(
            json!({"state": "offline"}),
            "盤がオフライン(12:04 から)",
            "The panel is offline (since 12:04)",
        );
    }

    #[test]
    fn energy_is_that_of_the_session_and_never_rounded_up() {
        assert_eq!(
            kilowatt_hours(&outlet(serde_json::json!({"session": session()}))),
            "1.23 kWh"
        );
        assert_eq!(kilowatt_hours(&outlet(serde_json::json!({}))), "");
    }
}

//! Every state of an outlet, as each reader reads it.

use serde_json::json;

use super::*;

/// 12:04 in Tokyo.
const NOON: i64 = 1_795_143_840_000_000;

fn outlet(change: serde_json::Value) -> Outlet {
    let mut json = json!({
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

/// An outlet that `per_1` charges at until 21:00, since 12:04.
fn held(state: &str) -> Outlet {
    let session = json!({
        "id": "ses_1", "outlet_id": "out_1", "driver_id": "per_1", "state": "charging",
        "limits": { "until": "2026-11-20T12:00:00Z", "when_idle": "keep", "changed_at": "2026-11-20T00:00:00Z" },
        "energy_wh": 1239, "requested_at": "2026-11-20T00:00:00Z", "updated_at": "2026-11-20T00:00:00Z",
        "energized_at": "2026-11-20T03:04:00Z",
    });
    outlet(json!({ "state": state, "power_w": 2_961, "session": session }))
}

/// What is around it at a moment.
fn around(zone: &TimeZone, minutes: i64) -> Around<'_> {
    Around {
        zone,
        now_us: NOON + minutes * MINUTE_US,
        offline_since: Some(NOON),
        is_interrupted: false,
        hold: None,
    }
}

fn said(outlet: &Outlet, around: &Around<'_>, reader: Reader<'_>) -> [String; 2] {
    [Language::Japanese, Language::English].map(|language| sentence(outlet, around, reader, language))
}

const OWN: Reader<'_> = Reader::Person(Some("per_1"));
const NEIGHBOUR: Reader<'_> = Reader::Person(Some("per_2"));
const NOBODY: Reader<'_> = Reader::Person(None);
const IN_USE: [&str; 2] = ["使用中(他の利用者)", "In use (by another resident)"];

#[test]
fn whoever_charges_reads_the_reason_and_what_comes_next() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    for (state, minutes, japanese, english) in [
        ("starting", 0, "開始しています…", "Starting…"),
        (
            "energized",
            1,
            "通電しました。プラグを確認中 — 21:00 に停止",
            "Power is on. Waiting for the plug — stops at 21:00",
        ),
        (
            "energized",
            8,
            "電流が流れていません。あと約7分で自動停止",
            "No current flows. Stops by itself in about 7 min",
        ),
        (
            "energized",
            15,
            "電流が流れていません。遅くとも 21:00 に自動停止",
            "No current flows. Stops by itself at 21:00 at the latest",
        ),
        (
            "charging",
            0,
            "充電中 3.0 kW — 21:00 に停止",
            "Charging 3.0 kW — stops at 21:00",
        ),
        (
            "paused",
            0,
            "電流が流れていません。21:00 に自動停止",
            "No current. Stops by itself at 21:00",
        ),
        ("stopping", 0, "停止しています…", "Stopping…"),
        (
            "offline",
            0,
            "盤がオフライン(12:04 から)。通電は予定時刻に自動停止します",
            "The panel is offline (since 12:04). The charge stops by itself on time",
        ),
    ] {
        let outlet = held(state);
        assert_eq!(said(&outlet, &around(&tokyo, minutes), OWN), [japanese, english]);
        assert_eq!(
            said(&outlet, &around(&tokyo, minutes), Reader::Manager),
            [japanese, english]
        );
    }
    let interrupted = Around {
        is_interrupted: true,
        ..around(&tokyo, 0)
    };
    for state in ["energized", "charging", "paused"] {
        let back = [
            "停電から復帰。確認中 — 21:00 に停止",
            "Back after a power cut. Checking — stops at 21:00",
        ];
        assert_eq!(said(&held(state), &interrupted, OWN), back);
    }
}

fn changed(outlet: Outlet, change: impl FnOnce(&mut Outlet)) -> Outlet {
    let mut outlet = outlet;
    change(&mut outlet);
    outlet
}

#[test]
fn while_nothing_in_the_panel_answers_no_power_is_told_and_the_reason_is() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let unseen = |state| changed(held(state), |outlet| outlet.breaker = Breaker::Unknown);
    for state in ["energized", "charging", "paused"] {
        let told = [
            "盤の機器が応答しません(停電の可能性)。復帰すると充電を続け、21:00 までに停止します",
            "The panel's devices do not answer (perhaps a power cut). The charge goes on when they do, and ends by 21:00",
        ];
        assert_eq!(said(&unseen(state), &around(&tokyo, 8), OWN), told);
        assert_eq!(said(&unseen(state), &around(&tokyo, 8), NEIGHBOUR), IN_USE);
        assert_eq!(kilowatts(&unseen(state)), "–");
    }
    let stopping = [
        "盤の機器が応答しません(停電の可能性)。復帰しだい停止します。電流が流れている場合は車側のプラグを抜いてください",
        "The panel's devices do not answer (perhaps a power cut). The charge stops as soon as they do. If current still flows, pull the plug at the car",
    ];
    assert_eq!(said(&unseen("stopping"), &around(&tokyo, 8), OWN), stopping);
}

#[test]
fn an_outlet_that_is_out_of_use_or_out_of_sight_has_no_breaker_fault() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    for (breaker, japanese, english) in [
        (
            "unknown",
            "盤の機器が応答しません(停電の可能性)。開始できません",
            "The panel's devices do not answer (perhaps a power cut). Nothing can be started",
        ),
        (
            "open",
            "使用中止です。開始できません",
            "Out of use. Nothing can be started",
        ),
    ] {
        let outlet = outlet(json!({"state": "faulted", "fault": "unavailable", "breaker": breaker}));
        assert_eq!(said(&outlet, &around(&tokyo, 0), NOBODY), [japanese, english]);
    }
}

#[test]
fn a_stop_that_nobody_hears_says_that_power_stays_on_and_what_to_do_until_the_end() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let outlet = changed(held("offline"), |outlet| {
        outlet.session.as_mut().unwrap().state = SessionState::Stopping;
    });
    let stays_on = [
        "盤と通信できません(12:04 から)。復帰するまで、または 21:00 まで通電が続きます。すぐに止めるには、車側のプラグを抜いてください",
        "The panel cannot be reached (since 12:04): the power stays on until it is back, or until 21:00. To end the charge now, pull the plug at the car",
    ];
    assert_eq!(said(&outlet, &around(&tokyo, 8), OWN), stays_on);
    let offline = [
        "盤がオフライン(12:04 から)。通電は予定時刻に自動停止します",
        "The panel is offline (since 12:04). The charge stops by itself on time",
    ];
    assert_eq!(
        said(&outlet, &around(&tokyo, 9 * 60), OWN),
        offline,
        "its end has come"
    );
}

#[test]
fn a_car_that_was_unplugged_does_not_charge_as_soon_as_no_current_is_measured() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let none = [
        "電流が流れていません。21:00 に自動停止",
        "No current. Stops by itself at 21:00",
    ];
    for (power_w, current_ma, is_none) in [
        (Some(0), Some(0), true),
        (Some(49), None, true),
        (Some(0), Some(14_900), false),
        (Some(50), Some(0), false),
        (None, None, false),
    ] {
        let outlet = changed(held("charging"), |outlet| {
            (outlet.power_w, outlet.current_ma) = (power_w, current_ma);
        });
        let said = said(&outlet, &around(&tokyo, 0), OWN);
        assert_eq!(said == none, is_none, "{power_w:?} {current_ma:?}: {said:?}");
    }
}

#[test]
fn where_current_may_flow_through_an_open_breaker_no_zero_is_told_that_nobody_measured() {
    for (fault, power_w, told) in [
        ("welded", None, "–"),
        ("welded", Some(2_961), "3.0 kW"),
        ("did_not_open", None, "–"),
        ("tripped", None, "0.0 kW"),
    ] {
        let outlet = outlet(json!({"state": "faulted", "fault": fault, "power_w": power_w}));
        assert_eq!(kilowatts(&outlet), told);
    }
}

#[test]
fn a_neighbour_reads_that_the_outlet_is_in_use_and_no_more() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    for state in ["starting", "energized", "charging", "paused", "stopping"] {
        for is_interrupted in [false, true] {
            let around = Around {
                is_interrupted,
                ..around(&tokyo, 8)
            };
            assert_eq!(said(&held(state), &around, NEIGHBOUR), IN_USE, "{state}");
            assert_eq!(said(&held(state), &around, NOBODY), IN_USE, "{state}");
        }
    }
    let offline = [
        "盤がオフライン(12:04 から)。開始できません",
        "The panel is offline (since 12:04). Nothing can be started",
    ];
    assert_eq!(said(&held("offline"), &around(&tokyo, 0), NEIGHBOUR), offline);
}

#[test]
fn what_is_wrong_or_reserved_is_said_to_everybody_and_by_whom_to_nobody() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let free = around(&tokyo, 0);
    for (change, japanese, english) in [
        (json!({}), "空いています", "Available"),
        (
            json!({"breaker": "unknown"}),
            "ブレーカの状態を確認中です",
            "Checking the breaker…",
        ),
        (
            json!({"state": "switched_on"}),
            "盤で直接オンになっています",
            "Switched on at the panel",
        ),
        (
            json!({"state": "faulted", "fault": "welded"}),
            "ブレーカ異常(接点の溶着)— 使えません。オフでも電流が流れている可能性があり、上位のブレーカを切る必要があります",
            "Breaker fault (welded contact) — out of order. Current may flow although it is off: the breaker before it must be opened",
        ),
        (
            json!({"state": "faulted", "fault": "leakage"}),
            "ブレーカ異常(漏電)— 使えません",
            "Breaker fault (earth leakage) — out of order",
        ),
        (
            json!({"state": "disabled", "enabled": false, "disabled_reason": "工事"}),
            "管理者が使用を停止しています",
            "Disabled by the manager",
        ),
        (
            json!({"state": "offline"}),
            "盤がオフライン(12:04 から)。開始できません",
            "The panel is offline (since 12:04). Nothing can be started",
        ),
    ] {
        for reader in [OWN, NEIGHBOUR, NOBODY, Reader::Manager] {
            assert_eq!(said(&outlet(change.clone()), &free, reader), [japanese, english]);
        }
    }
    let reserved = Around {
        hold: Some(("per_1", NOON + 30 * MINUTE_US)),
        ..free
    };
    for (reader, japanese, english) in [
        (OWN, "あなたが予約中(12:34 まで)", "Reserved by you until 12:34"),
        (NEIGHBOUR, "予約中(他の利用者)", "Reserved (by another resident)"),
        (NOBODY, "予約中(他の利用者)", "Reserved (by another resident)"),
        (Reader::Manager, "予約中(12:34 まで)", "Reserved until 12:34"),
    ] {
        assert_eq!(said(&outlet(json!({})), &reserved, reader), [japanese, english]);
    }
}

#[test]
fn energy_is_that_of_the_session_and_never_rounded_up() {
    assert_eq!(kilowatt_hours(&held("charging")), "1.23 kWh");
    assert_eq!(kilowatt_hours(&outlet(json!({}))), "");
}

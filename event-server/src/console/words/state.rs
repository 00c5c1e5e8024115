//! What an outlet is doing: one sentence for each case. What stands in braces is filled in.

use crate::http::Language;

super::words! {
    /// Of outlets, wherever they are shown.
    StateWords {
        checking: "Checking the breaker…", "ブレーカの状態を確認中です";
        free: "Available", "空いています";
        yours_until: "Reserved by you until {until}", "あなたが予約中({until} まで)";
        held: "Reserved (by another resident)", "予約中(他の利用者)";
        held_until: "Reserved until {until}", "予約中({until} まで)";
        in_use: "In use (by another resident)", "使用中(他の利用者)";
        starting: "Starting…", "開始しています…";
        energized: "Power is on. Waiting for the plug — stops at {end}", "通電しました。プラグを確認中 — {end} に停止";
        no_current: "No current flows. Stops by itself in about {minutes} min", "電流が流れていません。あと約{minutes}分で自動停止";
        no_current_late: "No current flows. Stops by itself at {end} at the latest", "電流が流れていません。遅くとも {end} に自動停止";
        charging: "Charging {power} — stops at {end}", "充電中 {power} — {end} に停止";
        paused: "No current. Stops by itself at {end}", "電流が流れていません。{end} に自動停止";
        interrupted: "Back after a power cut. Checking — stops at {end}", "停電から復帰。確認中 — {end} に停止";
        unseen_charging: "The panel's devices do not answer (perhaps a power cut). The charge goes on when they do, and ends by {end}", "盤の機器が応答しません(停電の可能性)。復帰すると充電を続け、{end} までに停止します";
        stopping: "Stopping…", "停止しています…";
        unseen_stopping: "The panel's devices do not answer (perhaps a power cut). The charge stops as soon as they do. If current still flows, pull the plug at the car", "盤の機器が応答しません(停電の可能性)。復帰しだい停止します。電流が流れている場合は車側のプラグを抜いてください";
        unseen: "The panel's devices do not answer (perhaps a power cut). Nothing can be started", "盤の機器が応答しません(停電の可能性)。開始できません";
        out_of_use: "Out of use. Nothing can be started", "使用中止です。開始できません";
        switched_on: "Switched on at the panel", "盤で直接オンになっています";
        welded: "Breaker fault ({fault}) — out of order. Current may flow although it is off: the breaker before it must be opened", "ブレーカ異常({fault})— 使えません。オフでも電流が流れている可能性があり、上位のブレーカを切る必要があります";
        faulted: "Breaker fault ({fault}) — out of order", "ブレーカ異常({fault})— 使えません";
        disabled: "Disabled by the manager", "管理者が使用を停止しています";
        offline: "The panel is offline{since}. Nothing can be started", "盤がオフライン{since}。開始できません";
        offline_charging: "The panel is offline{since}. The charge stops by itself on time", "盤がオフライン{since}。通電は予定時刻に自動停止します";
        offline_stopping: "The panel cannot be reached{since}: the power stays on until it is back, or until {end}. To end the charge now, pull the plug at the car", "盤と通信できません{since}。復帰するまで、または {end} まで通電が続きます。すぐに止めるには、車側のプラグを抜いてください";
        since: " (since {at})", "({at} から)";
        stopped_by_manager: "Stopped by the manager", "管理者が停止しました";
    }
}

/// What is wrong with a breaker, by the name of its fault.
pub(in crate::console) fn fault(cause: Option<&str>, language: Language) -> &'static str {
    let (english, japanese) = match cause {
        Some("welded") => ("welded contact", "接点の溶着"),
        Some("did_not_open") => ("does not open", "オフになりません"),
        Some("did_not_close") => ("does not close", "オンになりません"),
        Some("over_current") => ("overcurrent", "過電流"),
        Some("leakage") => ("earth leakage", "漏電"),
        Some("feedback_broken") => ("position and meter disagree", "位置信号の不一致"),
        Some("faulted") => ("out of order", "故障"),
        Some("unavailable") => ("out of use", "使用中止"),
        Some(_) | None => ("tripped", "トリップ"),
    };
    match language {
        Language::English => english,
        Language::Japanese => japanese,
    }
}

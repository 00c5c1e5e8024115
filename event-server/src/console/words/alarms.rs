//! What is wrong, and what to do about it.

use api_spec::rest::AlarmKind;

use crate::http::Language;

super::words! {
    /// Of the alarms' page.
    AlarmWords {
        alarms: "Alarms", "アラーム";
        pages: "Pages of the building", "建物のページ";
        none_open: "Nothing needs you now.", "対応が必要なアラームはありません。";
        open: "Open", "未対応";
        acknowledged: "Somebody looks after it", "対応中";
        critical: "Look now", "至急";
        warning: "Look today", "本日中";
        since: "Since", "発生";
        until: "Over since", "解消";
        acknowledge: "I look after it", "対応する";
        note: "Note (optional)", "メモ(任意)";
        by: "Who", "対応者";
        earlier: "Those that are over", "解消したアラーム";
        charge: "The charge", "充電の記録";
    }
}

/// What has happened, and what to do.
pub(in crate::console) fn alarm(kind: AlarmKind, language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => english(kind),
        Language::Japanese => japanese(kind),
    }
}

fn english(kind: AlarmKind) -> (&'static str, &'static str) {
    match kind {
        AlarmKind::OutletFault => (
            "The outlet is locked out",
            "Have the cause found by an electrician, then clear the fault here.",
        ),
        AlarmKind::OutletOnPastEnd => (
            "The outlet is on past its end",
            "Switch the breaker off by hand at the panel, now.",
        ),
        AlarmKind::OutletCurrentWhileOff => (
            "Current flows through an open breaker",
            "The breaker may be welded: switch off the main breaker and call an electrician.",
        ),
        AlarmKind::OutletReported => (
            "Somebody reports a fault",
            "Look at the outlet; when somebody looks after it, this alarm is over.",
        ),
        AlarmKind::MeterSilent => (
            "A meter does not answer",
            "Energy is not counted meanwhile. Have the meter and its cable checked.",
        ),
        AlarmKind::StopNotConfirmed => (
            "A stop was not confirmed",
            "Look whether the outlet is off; else switch it off at the panel.",
        ),
        AlarmKind::ControllerOffline => (
            "The panel cannot be reached",
            "Charges still end on time. Check its power and its network.",
        ),
        AlarmKind::ControllerProblem => (
            "The controller cannot work as it should",
            "See the equipment page, and tell the installer.",
        ),
    }
}

fn japanese(kind: AlarmKind) -> (&'static str, &'static str) {
    match kind {
        AlarmKind::OutletFault => (
            "コンセントが使用できません",
            "電気工事士に原因を確認してもらい、そのあとここで異常を解除してください。",
        ),
        AlarmKind::OutletOnPastEnd => (
            "終了時刻を過ぎても通電しています",
            "すぐに盤でブレーカを手動で切ってください。",
        ),
        AlarmKind::OutletCurrentWhileOff => (
            "オフのブレーカに電流が流れています",
            "溶着の可能性があります。主幹を切り、電気工事士へ連絡してください。",
        ),
        AlarmKind::OutletReported => (
            "利用者から不具合の報告があります",
            "コンセントを確認してください。「対応する」を押すと解消します。",
        ),
        AlarmKind::MeterSilent => (
            "計器が応答しません",
            "この間の電力量は計量されません。計器と配線を点検してください。",
        ),
        AlarmKind::StopNotConfirmed => (
            "停止を確認できませんでした",
            "コンセントが切れているか確認し、切れていなければ盤で切ってください。",
        ),
        AlarmKind::ControllerOffline => (
            "盤と通信できません",
            "充電は予定時刻に停止します。電源とネットワークを確認してください。",
        ),
        AlarmKind::ControllerProblem => (
            "制御装置が正常に動作していません",
            "設備ページを確認し、施工会社へ連絡してください。",
        ),
    }
}

/// What somebody reports, by its name.
pub(in crate::console) fn fault_kind(kind: &str, language: Language) -> &'static str {
    let (english, japanese) = match kind {
        "no_power" => ("no power comes", "通電しない"),
        "damaged" => ("damaged", "破損している"),
        "blocked" => ("somebody or something is in the way", "ふさがっている"),
        "label" => ("the label is gone or wrong", "ラベルがない・違う"),
        _ => ("something else", "その他"),
    };
    match language {
        Language::English => english,
        Language::Japanese => japanese,
    }
}

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
        warning: "Needs a look", "要確認";
        since: "Since", "発生";
        until: "Over since", "解消";
        acknowledge: "I look after it", "対応を始める";
        seen: "I have seen to it", "確認済みにする";
        note: "Note (optional)", "メモ(任意)";
        by: "Who", "対応者";
        earlier: "Those that are over", "解消したアラーム";
        charge: "The charge", "充電の記録";
    }
}

/// What has happened, and what to do; `cause` as the alarm names it.
pub(in crate::console) fn alarm(
    (kind, cause): (AlarmKind, Option<&str>),
    language: Language,
) -> (&'static str, &'static str) {
    let of_cause = cause.filter(|_| kind == AlarmKind::OutletFault);
    match language {
        Language::English => of_cause.and_then(english_fault).unwrap_or_else(|| english(kind)),
        Language::Japanese => of_cause
            .and_then(japanese_fault)
            .unwrap_or_else(|| japanese(kind)),
    }
}

/// Faults of a breaker of which more is to be said than that it is locked out.
fn english_fault(cause: &str) -> Option<(&'static str, &'static str)> {
    match cause {
        "welded" => Some((
            "Current flows through a breaker that is off: its contact is welded",
            "Open the breaker before it (upstream, or the main one) now, let nobody use the outlet, and call an electrician.",
        )),
        "did_not_open" => Some((
            "A breaker was told to open and is not seen open: power may still be on",
            "Switch it off by hand at the panel, now. If it stays on, open the breaker before it (upstream), and call an electrician.",
        )),
        "did_not_close" => Some((
            "The breaker did not close when a charge was to begin",
            "Nothing is locked: the outlet can be tried again, and this alarm is over with the next charge that begins, or once it is cleared here. If it comes back, have breaker and wiring checked.",
        )),
        _ => None,
    }
}

fn japanese_fault(cause: &str) -> Option<(&'static str, &'static str)> {
    match cause {
        "welded" => Some((
            "オフのブレーカに電流が流れています(接点の溶着)",
            "すぐに上位のブレーカ(または主幹)を切り、コンセントを使わせず、電気工事士へ連絡してください。",
        )),
        "did_not_open" => Some((
            "ブレーカがオフになったことを確認できません。通電が続いている可能性があります",
            "すぐに盤で手動で切ってください。切れない場合は上位のブレーカを切り、電気工事士へ連絡してください。",
        )),
        "did_not_close" => Some((
            "充電を始めるときに、ブレーカがオンになりませんでした",
            "使用停止にはなっていません。もう一度開始でき、次の充電が始まるか、ここで解除すると解消します。繰り返す場合はブレーカと配線の点検を依頼してください。",
        )),
        _ => None,
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
            "Look at the outlet. “I have seen to it” ends this alarm.",
        ),
        AlarmKind::MeterSilent => (
            "A meter does not answer",
            "Energy is not counted meanwhile. If nothing of the panel answers, it is probably a power cut: check its supply. Otherwise have the meter and its cable checked.",
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
            "コンセントを確認してください。「確認済みにする」を押すと解消します。",
        ),
        AlarmKind::MeterSilent => (
            "計器が応答しません",
            "この間の電力量は計量されません。盤の機器がすべて応答しない場合は停電の可能性があります。盤の電源を確認してください。それ以外は計器と配線を点検してください。",
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
        "blocked" => ("something is in the way", "ふさがっている"),
        "label" => ("the label is gone or wrong", "ラベルがない・違う"),
        _ => ("something else", "その他"),
    };
    match language {
        Language::English => english,
        Language::Japanese => japanese,
    }
}

/// Why a controller cannot work as it should; by the station's own name for it where that is none of ours.
pub(in crate::console) fn controller_problem(problem: &str, language: Language) -> &str {
    let (english, japanese) = match problem {
        "disk_failed" => ("its disk fails", "ディスクの異常"),
        "journal_full" => ("its memory for reports is full", "記録領域の不足"),
        "journal_thinned" => (
            "it drops samples, as its memory for reports is short",
            "記録領域が不足し、計測値を間引いています",
        ),
        "state_lost" => ("what it had kept was lost", "保存した状態の消失"),
        "reports_set_aside" => (
            "reports could not be read and were set aside",
            "読み取れない記録を退避しました",
        ),
        "main meter" => ("the main circuit's meter is in doubt", "主幹の計器の値が不確か"),
        other => (other, other),
    };
    match language {
        Language::English => english,
        Language::Japanese => japanese,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_of_our_controllers_has_words_and_anothers_keeps_its_name() {
        for language in [Language::English, Language::Japanese] {
            assert!(controller_problem("journal_full", language).chars().count() > 5);
            assert!(!controller_problem("disk_failed", language).contains('_'));
            assert_eq!(controller_problem("fan_stuck", language), "fan_stuck");
        }
    }

    #[test]
    fn faults_by_which_current_may_flow_on_say_what_to_open_and_one_that_locks_nothing_says_so() {
        let told = |cause| {
            [Language::English, Language::Japanese]
                .map(|language| alarm((AlarmKind::OutletFault, Some(cause)), language))
        };
        let coarse = told("tripped");
        for cause in ["welded", "did_not_open"] {
            let [(_, to_do), (_, japanese)] = told(cause);
            assert!(to_do.contains("upstream"), "{to_do}");
            assert!(japanese.contains("上位のブレーカ"), "{japanese}");
        }
        let [(what, _), (japanese, _)] = told("did_not_close");
        assert_ne!([what, japanese], coarse.map(|(what, _)| what));
        assert!(told("did_not_close")[1].1.contains("もう一度開始でき"));
        assert_eq!(coarse[0].0, "The outlet is locked out");
        // A cause of another kind is no fault of a breaker.
        let problem = alarm((AlarmKind::ControllerProblem, Some("welded")), Language::English);
        assert_eq!(problem, english(AlarmKind::ControllerProblem));
    }
}

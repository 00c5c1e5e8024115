//! Why a session ended, in words for whoever pays: the same on paper as on the pages.

use api_spec::rest::EndedReason;
use foundation::Language;

pub(crate) fn ended_reason(reason: EndedReason, language: Language) -> &'static str {
    let (japanese, english) = match reason {
        EndedReason::Remote => ("利用者の停止操作", "Stopped by the driver"),
        EndedReason::TimeLimit => ("設定した時間に到達", "The time was up"),
        EndedReason::EnergyLimit => ("設定した電力量に到達", "The energy was delivered"),
        EndedReason::CostLimit => ("設定した金額に到達", "The amount was reached"),
        EndedReason::Tripped => ("ブレーカの作動", "The breaker tripped"),
        EndedReason::OpenedByHand => ("盤での手動オフ", "Switched off at the panel"),
        EndedReason::DidNotClose => ("ブレーカが入りませんでした", "The breaker did not close"),
        EndedReason::Welded => ("ブレーカの溶着", "The breaker is welded"),
        EndedReason::Refused => ("盤が開始を受け付けませんでした", "The panel refused"),
        EndedReason::Expired => (
            "盤が時間内に応答しませんでした",
            "The panel did not answer in time",
        ),
        EndedReason::CarGone => ("プラグが抜かれました", "The car was unplugged"),
        EndedReason::Local => ("盤での停止操作", "Stopped at the panel"),
        EndedReason::PowerLoss => ("停電", "Power cut"),
        EndedReason::NoLoad => (
            "電流が流れませんでした(請求なし)",
            "No current flowed; nothing is billed",
        ),
        EndedReason::CarIdle => ("車が充電を終えました", "The car took no more current"),
        EndedReason::OverCurrent => ("過電流", "Too much current"),
        EndedReason::Leakage => ("漏電", "Earth leakage"),
        EndedReason::FeedbackBroken => ("ブレーカと計器の不一致", "Breaker and meter disagreed"),
        EndedReason::DiskFailed => ("制御装置の記録エラー", "The controller's storage failed"),
        EndedReason::Unreachable => (
            "ブレーカと通信できませんでした",
            "The breaker could not be reached",
        ),
        EndedReason::Reset => ("制御装置の再起動", "The controller was restarted"),
        EndedReason::Other => ("その他", "Another reason"),
    };
    match language {
        Language::Japanese => japanese,
        Language::English => english,
    }
}

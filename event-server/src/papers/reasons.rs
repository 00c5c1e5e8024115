//! Why a session ended, in words for whoever pays.

use api_spec::rest::EndedReason;
use foundation::Language;

pub(super) fn reason(reason: EndedReason, language: Language) -> &'static str {
    match language {
        Language::Japanese => japanese(reason),
        Language::English => english(reason),
    }
}

fn japanese(reason: EndedReason) -> &'static str {
    match reason {
        EndedReason::Remote => "利用者の操作",
        EndedReason::TimeLimit => "設定した時間に到達",
        EndedReason::EnergyLimit => "設定した電力量に到達",
        EndedReason::CostLimit => "設定した金額に到達",
        EndedReason::Tripped => "ブレーカの作動",
        EndedReason::OpenedByHand => "盤での手動停止",
        EndedReason::DidNotClose | EndedReason::Refused | EndedReason::Expired => "開始できず",
        EndedReason::CarGone => "車の取り外し",
        EndedReason::Local => "現地での停止",
        EndedReason::PowerLoss => "停電",
        EndedReason::NoLoad => "充電なし",
        EndedReason::CarIdle => "満充電",
        EndedReason::OverCurrent => "過電流",
        EndedReason::Leakage => "漏電の検知",
        EndedReason::Welded | EndedReason::FeedbackBroken => "ブレーカの異常",
        EndedReason::DiskFailed | EndedReason::Unreachable | EndedReason::Reset => "設備の都合",
        EndedReason::Other => "その他",
    }
}

fn english(reason: EndedReason) -> &'static str {
    match reason {
        EndedReason::Remote => "Stopped by the driver",
        EndedReason::TimeLimit => "The time was up",
        EndedReason::EnergyLimit => "The energy was delivered",
        EndedReason::CostLimit => "The amount was reached",
        EndedReason::Tripped => "The breaker tripped",
        EndedReason::OpenedByHand => "Switched off at the panel",
        EndedReason::DidNotClose | EndedReason::Refused | EndedReason::Expired => "It could not start",
        EndedReason::CarGone => "The car was unplugged",
        EndedReason::Local => "Stopped on site",
        EndedReason::PowerLoss => "Power failure",
        EndedReason::NoLoad => "The car did not charge",
        EndedReason::CarIdle => "The car was full",
        EndedReason::OverCurrent => "Too much current",
        EndedReason::Leakage => "Earth leakage",
        EndedReason::Welded | EndedReason::FeedbackBroken => "The breaker failed",
        EndedReason::DiskFailed | EndedReason::Unreachable | EndedReason::Reset => "The equipment stopped it",
        EndedReason::Other => "Another reason",
    }
}

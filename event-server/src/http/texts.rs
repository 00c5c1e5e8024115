//! Codes and titles of problems, one page for translators.

use super::language::Language;
use super::problems::Kind;

pub(super) fn title(kind: Kind, language: Language) -> &'static str {
    match language {
        Language::English => english(kind),
        Language::Japanese => japanese(kind),
    }
}

/// The stable name, the last part of `type`.
pub(super) fn code(kind: Kind) -> &'static str {
    match kind {
        Kind::MalformedJson => "malformed-json",
        Kind::InvalidQuery => "invalid-query",
        Kind::KeyMissing => "idempotency-key-missing",
        Kind::MissingToken => "missing-token",
        Kind::InvalidToken => "invalid-token",
        Kind::InvalidProof => "invalid-dpop-proof",
        Kind::InsufficientScope => "insufficient-scope",
        Kind::InsufficientRole => "insufficient-role",
        Kind::NotFound => "not-found",
        Kind::MethodNotAllowed => "method-not-allowed",
        Kind::OutletBusy => "outlet-busy",
        Kind::OutletFaulted => "outlet-faulted",
        Kind::OutletDisabled => "outlet-disabled",
        Kind::ControllerOffline => "controller-offline",
        Kind::SessionEnded => "session-ended",
        Kind::SessionRunning => "session-running",
        Kind::DriverNotAllowed => "driver-not-allowed",
        Kind::DriverBlocked => "driver-blocked",
        Kind::PresenceCodeNeeded => "presence-code-needed",
        Kind::PresenceCodeWrong => "presence-code-wrong",
        Kind::CommandInFlight => "command-in-flight",
        Kind::OutletReserved => "outlet-reserved",
        Kind::TooManyReservations => "too-many-reservations",
        Kind::ReservationOver => "reservation-over",
        Kind::StationIdTaken => "station-id-taken",
        Kind::TenantIdTaken => "tenant-id-taken",
        Kind::CircuitInUse => "circuit-in-use",
        Kind::TariffBegun => "tariff-begun",
        Kind::MonthClosed => "month-closed",
        Kind::MonthNotOver => "month-not-over",
        Kind::MonthOutOfTurn => "month-out-of-turn",
        Kind::EndpointDisabled => "endpoint-disabled",
        Kind::TooManyEndpoints => "too-many-endpoints",
        Kind::TooManyOutlets => "too-many-outlets",
        Kind::TooManyPanels => "too-many-panels",
        Kind::Changed => "changed-meanwhile",
        Kind::TooManyDeliveries => "too-many-deliveries",
        Kind::EventsForgotten => "events-forgotten",
        Kind::TooLarge => "body-too-large",
        Kind::UnsupportedMediaType => "unsupported-media-type",
        Kind::InvalidRequest => "invalid-request",
        Kind::KeyReused => "idempotency-key-reused",
        Kind::IfMatchMissing => "if-match-missing",
        Kind::TooManyRequests => "too-many-requests",
        Kind::TooManyStreams => "too-many-streams",
        Kind::Internal => "internal",
        Kind::Unavailable => "unavailable",
        Kind::FontMissing => "font-missing",
    }
}

fn english(kind: Kind) -> &'static str {
    match kind {
        Kind::MalformedJson => "The body is not JSON",
        Kind::InvalidQuery => "The query is wrong",
        Kind::KeyMissing => "Idempotency-Key is needed",
        Kind::MissingToken => "An access token is needed",
        Kind::InvalidToken => "The access token is not valid",
        Kind::InvalidProof => "The DPoP proof is not valid",
        Kind::InsufficientScope => "The access token does not allow this",
        Kind::InsufficientRole => "Your role does not allow this",
        Kind::NotFound => "Not found",
        Kind::MethodNotAllowed => "Method not allowed",
        Kind::OutletBusy => "The outlet is in use",
        Kind::OutletFaulted => "The outlet is out of order",
        Kind::OutletDisabled => "The outlet is disabled",
        Kind::ControllerOffline => "The panel is offline",
        Kind::SessionEnded => "The session has ended",
        Kind::SessionRunning => "The session has not ended",
        Kind::DriverNotAllowed => "The driver may not charge here",
        Kind::DriverBlocked => "The driver is blocked",
        Kind::PresenceCodeNeeded => "A presence code is needed",
        Kind::PresenceCodeWrong => "The presence code is wrong",
        Kind::CommandInFlight => "The same is under way already",
        Kind::OutletReserved => "The outlet is reserved",
        Kind::TooManyReservations => "The driver has too many reservations",
        Kind::ReservationOver => "The reservation is over",
        Kind::StationIdTaken => "The station id is taken",
        Kind::TenantIdTaken => "There is a tenant with this id",
        Kind::CircuitInUse => "The circuit is in use",
        Kind::TariffBegun => "These prices hold already",
        Kind::MonthClosed => "The month is closed already",
        Kind::MonthNotOver => "The month is not over yet",
        Kind::MonthOutOfTurn => "An earlier month is to be closed first",
        Kind::EndpointDisabled => "The endpoint is disabled",
        Kind::TooManyEndpoints => "There are too many endpoints",
        Kind::TooManyOutlets => "There are too many outlets",
        Kind::TooManyPanels => "There are too many simulated panels",
        Kind::Changed => "It was changed meanwhile",
        Kind::TooManyDeliveries => "Too many deliveries are waiting",
        Kind::EventsForgotten => "These events are kept no more",
        Kind::TooLarge => "The body is too large",
        Kind::UnsupportedMediaType => "Send application/json",
        Kind::InvalidRequest => "The request cannot be carried out",
        Kind::KeyReused => "The Idempotency-Key belongs to another request",
        Kind::IfMatchMissing => "If-Match is needed",
        Kind::TooManyRequests => "Too many requests",
        Kind::TooManyStreams => "Too many streams are open",
        Kind::Internal => "Something went wrong on our side",
        Kind::Unavailable => "Try again later",
        Kind::FontMissing => "There is no font to print with",
    }
}

fn japanese(kind: Kind) -> &'static str {
    match kind {
        Kind::MalformedJson => "本文が JSON ではありません",
        Kind::InvalidQuery => "クエリに誤りがあります",
        Kind::KeyMissing => "Idempotency-Key が必要です",
        Kind::MissingToken => "アクセストークンが必要です",
        Kind::InvalidToken => "アクセストークンが無効です",
        Kind::InvalidProof => "DPoP の証明が無効です",
        Kind::InsufficientScope => "この操作は許可されていません",
        Kind::InsufficientRole => "あなたの役割ではこの操作はできません",
        Kind::NotFound => "見つかりません",
        Kind::MethodNotAllowed => "このメソッドは使えません",
        Kind::OutletBusy => "コンセントは使用中です",
        Kind::OutletFaulted => "コンセントは故障中です",
        Kind::OutletDisabled => "コンセントは使用停止中です",
        Kind::ControllerOffline => "盤がオフラインです",
        Kind::SessionEnded => "充電はすでに終了しています",
        Kind::SessionRunning => "充電はまだ終了していません",
        Kind::DriverNotAllowed => "この利用者はここでは充電できません",
        Kind::DriverBlocked => "この利用者は利用を停止されています",
        Kind::PresenceCodeNeeded => "その場にいることを示すコードが必要です",
        Kind::PresenceCodeWrong => "その場にいることを示すコードが違います",
        Kind::CommandInFlight => "同じ操作を実行中です",
        Kind::OutletReserved => "コンセントは予約されています",
        Kind::TooManyReservations => "この利用者の予約が多すぎます",
        Kind::ReservationOver => "予約はすでに終わっています",
        Kind::StationIdTaken => "この station id は使われています",
        Kind::TenantIdTaken => "この id の事業者は登録済みです",
        Kind::CircuitInUse => "この回路は使われています",
        Kind::TariffBegun => "この料金はすでに適用されています",
        Kind::MonthClosed => "この月はすでに確定しています",
        Kind::MonthNotOver => "この月はまだ終わっていません",
        Kind::MonthOutOfTurn => "先に前の月を確定してください",
        Kind::EndpointDisabled => "この送信先は無効になっています",
        Kind::TooManyEndpoints => "送信先が多すぎます",
        Kind::TooManyOutlets => "コンセントが多すぎます",
        Kind::TooManyPanels => "シミュレーションの盤が多すぎます",
        Kind::Changed => "その間に変更されています",
        Kind::TooManyDeliveries => "送信待ちの通知が多すぎます",
        Kind::EventsForgotten => "この通知は保存期間を過ぎています",
        Kind::TooLarge => "本文が大きすぎます",
        Kind::UnsupportedMediaType => "application/json で送ってください",
        Kind::InvalidRequest => "この内容では実行できません",
        Kind::KeyReused => "Idempotency-Key は別のリクエストで使われています",
        Kind::IfMatchMissing => "If-Match が必要です",
        Kind::TooManyRequests => "リクエストが多すぎます",
        Kind::TooManyStreams => "開いているストリームが多すぎます",
        Kind::Internal => "サーバー側で問題が発生しました",
        Kind::Unavailable => "しばらくしてからもう一度お試しください",
        Kind::FontMissing => "印刷に使うフォントがありません",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_on_the_page_with_its_status_and_its_titles() {
        let (product, _) = include_str!("texts.rs").split_once("#[cfg(test)]").unwrap();
        let written = product.matches("        Kind::").count();
        assert_eq!(written, 3 * Kind::ALL.len(), "a kind is not in Kind::ALL");
        let page = include_str!("../../../docs/problems.md");
        for kind in Kind::ALL {
            let (english, japanese) = (english(kind), japanese(kind));
            let status = kind.status().as_u16();
            let row = format!("| `{}` | {status} | {english} · {japanese} |", code(kind));
            assert!(page.contains(&row), "docs/problems.md lacks {row}");
        }
    }
}

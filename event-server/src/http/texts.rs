//! Codes and titles of problems, one page for translators.

use super::language::Language;
use super::problems::Kind;

/// The stable name, the last part of `type`.
pub(super) fn code(kind: Kind) -> &'static str {
    row(kind).0
}

pub(super) fn title(kind: Kind, language: Language) -> &'static str {
    let (_, english, japanese) = row(kind);
    match language {
        Language::English => english,
        Language::Japanese => japanese,
    }
}

fn row(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::MalformedJson => (
            "malformed-json",
            "The body is not JSON",
            "本文が JSON ではありません",
        ),
        Kind::InvalidQuery => ("invalid-query", "The query is wrong", "クエリに誤りがあります"),
        Kind::KeyMissing => (
            "idempotency-key-missing",
            "Idempotency-Key is needed",
            "Idempotency-Key が必要です",
        ),
        Kind::MissingToken => (
            "missing-token",
            "An access token is needed",
            "アクセストークンが必要です",
        ),
        Kind::InvalidToken => (
            "invalid-token",
            "The access token is not valid",
            "アクセストークンが無効です",
        ),
        Kind::InsufficientScope => (
            "insufficient-scope",
            "The access token does not allow this",
            "この操作は許可されていません",
        ),
        Kind::NotFound => ("not-found", "Not found", "見つかりません"),
        Kind::MethodNotAllowed => (
            "method-not-allowed",
            "Method not allowed",
            "このメソッドは使えません",
        ),
        Kind::OutletBusy => ("outlet-busy", "The outlet is in use", "コンセントは使用中です"),
        Kind::OutletFaulted => (
            "outlet-faulted",
            "The outlet is out of order",
            "コンセントは故障中です",
        ),
        Kind::ControllerOffline => ("controller-offline", "The panel is offline", "盤がオフラインです"),
        Kind::SessionEnded => (
            "session-ended",
            "The session has ended",
            "充電はすでに終了しています",
        ),
        Kind::StationIdTaken => (
            "station-id-taken",
            "The station id is taken",
            "この station id は使われています",
        ),
        Kind::EndpointDisabled => (
            "endpoint-disabled",
            "The endpoint is disabled",
            "この送信先は無効になっています",
        ),
        Kind::TooLarge => ("body-too-large", "The body is too large", "本文が大きすぎます"),
        Kind::UnsupportedMediaType => (
            "unsupported-media-type",
            "Send application/json",
            "application/json で送ってください",
        ),
        Kind::InvalidRequest => (
            "invalid-request",
            "The request cannot be carried out",
            "この内容では実行できません",
        ),
        Kind::KeyReused => (
            "idempotency-key-reused",
            "The Idempotency-Key belongs to another request",
            "Idempotency-Key は別のリクエストで使われています",
        ),
        Kind::TooManyRequests => ("too-many-requests", "Too many requests", "リクエストが多すぎます"),
        Kind::Internal => (
            "internal",
            "Something went wrong on our side",
            "サーバー側で問題が発生しました",
        ),
        Kind::Unavailable => (
            "unavailable",
            "Try again later",
            "しばらくしてからもう一度お試しください",
        ),
    }
}

//! Of displays that show who stands at an outlet.

super::words! {
    /// What managers read of them.
    PresenceWords {
        title: "Secret of the display", "表示器の共有鍵";
        once: "Enter this into the display now: it is not shown again. What it had before is no longer valid.", "今すぐ表示器に設定してください。この画面は再表示できません。以前の共有鍵は無効になりました。";
        secret: "Secret", "共有鍵";
        link: "Link for its QR code", "QRコードのURL";
        how: "HMAC-SHA256 over the number of the time slot (OCPP 2.1 C25), slot in seconds", "時間枠の番号に対する HMAC-SHA256(OCPP 2.1 C25)。時間枠(秒)";
        link_length: "Characters of {totp}", "{totp} の文字数";
        typed_length: "Digits to type", "手入力用の桁数";
        place_hint: "Where to find it (residents read this)", "場所の説明(利用者に表示)";
        make: "New secret for the display", "表示器の共有鍵を発行";
        make_hint: "For a display at the outlet that shows a changing code. The secret it has now becomes invalid.", "コンセント脇の表示器に毎回変わる番号を表示するためのものです。現在の共有鍵は無効になります。";
        who: "Who must show that they stand at the outlet", "コンセントの前にいることの確認";
        nobody: "nobody", "不要";
        pages: "whoever starts on these pages, behind the QR code", "この画面(QRコードのページ)から開始する人のみ";
        all: "everybody, app users too", "全員(アプリの利用者を含む)";
    }
}

//! What the audit log calls the members of what was changed, in words.

use crate::http::Language;

/// A member as programs name it, English, Japanese.
const MEMBERS: [(&str, &str, &str); 70] = [
    ("acknowledged_at", "Looked after since", "対応開始"),
    ("acknowledged_by", "Looked after by", "対応者"),
    ("address", "Address", "所在地"),
    ("amount_yen", "Amount", "金額"),
    ("blocked", "Blocked", "利用停止"),
    ("charset", "Characters", "文字コード"),
    ("columns", "Columns", "列"),
    ("contact", "Contact", "連絡先"),
    ("contracted_demand_w", "Contracted demand", "契約電力"),
    ("disabled_reason", "Reason", "使用停止の理由"),
    ("drivers", "Who may charge", "利用できる人"),
    ("enabled", "In use", "使用中"),
    ("energy_wh", "Energy", "電力量"),
    ("energy_yen_per_kwh", "Price for a kWh", "1 kWhあたりの単価"),
    ("kind", "Kind", "種類"),
    ("limit_ma", "Limit", "上限電流"),
    ("lines", "Lines", "出力する行"),
    ("meter_class", "Meter", "計器の種類"),
    ("meter_valid_until", "Meter valid until", "計器の有効期限"),
    ("month", "Month", "対象月"),
    ("name", "Name", "名称"),
    ("note", "Note", "備考"),
    ("outlets", "Outlets", "コンセント"),
    ("place_hint", "Where it is", "場所の説明"),
    ("presence", "Who shows presence", "コンセントの前にいることの確認"),
    ("public_code", "Code", "番号"),
    ("sessions", "Charges", "充電回数"),
    ("sites", "Buildings", "建物"),
    ("state", "State", "状態"),
    ("tariff_id", "Tariff", "料金表"),
    ("terms", "Prices", "料金"),
    ("time_zone", "Time zone", "タイムゾーン"),
    ("total_yen", "Total", "合計"),
    ("unit", "Unit", "住戸"),
    ("valid_from", "From", "適用開始"),
    ("valid_until", "Until", "期限"),
    ("versions", "Prices", "料金"),
    ("closed_at", "Closed", "確定日時"),
    ("opened_at", "Opened", "発生"),
    ("hash", "Check value", "照合値"),
    ("circuit_id", "Circuit", "回路"),
    ("circuits", "Circuits", "回路"),
    ("controller_id", "Panel", "盤"),
    ("currency", "Currency", "通貨"),
    ("default_time_zone", "Time zone", "タイムゾーン"),
    ("description", "Description", "説明"),
    ("driver_id", "Who", "利用者"),
    ("from", "From", "開始"),
    ("labels", "Labels", "ラベル"),
    ("main_limit_ma", "Limit of the main circuit", "主幹の上限電流"),
    ("max_power_w", "Greatest power", "最大電力"),
    ("number", "Number", "番号"),
    ("outlet_id", "Outlet", "コンセント"),
    ("outlet_ids", "Outlets", "コンセント"),
    ("parent_id", "Behind the circuit", "上位の回路"),
    ("position", "Position", "位置"),
    ("postal_address", "Postal address", "住所"),
    ("rate_per_s", "Messages in a second", "1秒あたりの通知数"),
    ("rated_ma", "Rated current", "定格電流"),
    ("rated_mv", "Rated voltage", "定格電圧"),
    ("rise_threshold_ma", "Told as a rise from", "電流上昇とみなす値"),
    ("security_profile", "Security profile", "セキュリティプロファイル"),
    ("severity", "How urgent", "緊急度"),
    ("site_id", "Building", "建物"),
    ("station_id", "Station", "ステーションID"),
    ("types", "Events", "イベント"),
    ("until", "Until", "終了"),
    ("url", "Address", "送信先"),
    ("ends_at", "End of the month", "月の終わり"),
    ("label_is_right", "The label is right", "ラベルは正しい"),
];

/// Values that programs know by a name: of which member, that name, English, Japanese.
const VALUES: [(&str, &str, &str, &str); 33] = [
    (
        "drivers",
        "open",
        "everybody, app users too",
        "全員(アプリの利用者を含む)",
    ),
    (
        "drivers",
        "listed",
        "those listed under Residents alone",
        "「入居者」に登録された人のみ",
    ),
    ("presence", "none", "nobody", "なし"),
    (
        "presence",
        "pages",
        "whoever starts on these pages, behind the QR code",
        "この画面(QRコードのページ)から開始する人のみ",
    ),
    ("presence", "all", "everybody", "全員"),
    ("state", "open", "open", "未対応"),
    ("state", "acknowledged", "looked after", "対応中"),
    ("state", "closed", "closed", "確定・終了"),
    ("state", "active", "holds", "有効"),
    ("state", "used", "used", "利用済み"),
    ("state", "expired", "expired", "期限切れ"),
    ("state", "cancelled", "cancelled", "取消"),
    ("state", "available", "free", "空き"),
    ("state", "starting", "starting", "開始中"),
    ("state", "energized", "power on", "通電中"),
    ("state", "charging", "charging", "充電中"),
    ("state", "paused", "paused", "一時停止中"),
    ("state", "stopping", "stopping", "停止中"),
    ("state", "switched_on", "switched on at the panel", "盤でオン"),
    ("state", "faulted", "out of order", "故障"),
    ("state", "disabled", "out of use", "使用停止"),
    ("state", "offline", "offline", "オフライン"),
    ("meter_class", "verified", "verified", "特定計量・検定"),
    ("meter_class", "certified", "certified", "認証"),
    ("meter_class", "indicative", "indicative", "参考"),
    ("severity", "critical", "look now", "至急"),
    ("severity", "warning", "needs a look", "要確認"),
    ("kind", "manual", "by hand", "手入力"),
    (
        "kind",
        "session",
        "a charge that came late or changed",
        "後から届いた、または変更された充電",
    ),
    ("lines", "all", "all", "すべて"),
    ("lines", "units", "one for each unit", "住戸ごと"),
    ("charset", "utf-8", "UTF-8", "UTF-8"),
    ("charset", "shift_jis", "Shift_JIS", "Shift_JIS"),
];

super::words! {
    /// Of what was changed.
    ChangeWords {
        yes: "yes", "はい";
        no: "no", "いいえ";
        nothing: "–", "–";
        withheld: "(kept elsewhere, not in the log)", "(ログには記録していません)";
    }
}

/// What a member is called; its own name where nobody has words.
pub(in crate::console) fn member(name: &str, language: Language) -> String {
    let found = MEMBERS.iter().find(|(known, _, _)| *known == name);
    let called = found.map_or(name, |(_, english, japanese)| said(language, english, japanese));
    called.to_owned()
}

/// What a value of a member means, if it is one that programs know by a name.
pub(in crate::console) fn meaning(member: &str, value: &str, language: Language) -> Option<&'static str> {
    let mut all = VALUES.iter();
    let found = all.find(|(of, known, _, _)| *of == member && *known == value);
    found.map(|(_, _, english, japanese)| said(language, english, japanese))
}

fn said(language: Language, english: &'static str, japanese: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::Japanese => japanese,
    }
}

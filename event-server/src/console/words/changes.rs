//! What the audit log calls the members of what was changed, in words.

use crate::http::Language;

/// A member as programs name it, English, Japanese.
const MEMBERS: [(&str, &str, &str); 40] = [
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
];

super::words! {
    /// Of what was changed.
    ChangeWords {
        yes: "yes", "はい";
        no: "no", "いいえ";
        nothing: "–", "–";
        withheld: "(kept elsewhere, not in the log)", "(個人情報のため記録していません)";
        open: "everybody the app sends", "アプリが認めた全員";
        listed: "listed residents alone", "登録済みの入居者のみ";
    }
}

/// What a member is called; its own name where nobody has words.
pub(in crate::console) fn member(name: &str, language: Language) -> String {
    let found = MEMBERS.iter().find(|(known, _, _)| *known == name);
    let called = found.map_or(name, |(_, english, japanese)| match language {
        Language::English => english,
        Language::Japanese => japanese,
    });
    called.to_owned()
}

//! What an entry of the audit log says was changed, as people read it: words, local time, amounts with their units.

use std::collections::HashMap;

use api_spec::rest::{AlarmKind, AuditChange, AuditEntry, TariffTerms, TariffVersion, Time};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::super::figures;
use super::super::words::{ChangeWords, alarm, meaning, member};
use super::tariffs::parts;
use crate::http::Language;
use crate::store::parse;
use crate::store::statement_corrections::Correction;

const MOST_CHARS: usize = 60;
/// Told in the entry's own line, or no act of anybody.
const UNTOLD: [&str; 8] = [
    "id",
    "main_circuit_id",
    "online",
    "online_changed_at",
    "booted_at",
    "measured_at",
    "received_at",
    "public_code_since",
];

/// The path in the API of what a member names by its id.
pub(super) fn path_of(member: &str, id: &str) -> Option<String> {
    let list = match member {
        "tariff_id" => "tariffs",
        "site_id" | "sites" => "sites",
        "controller_id" => "controllers",
        "circuit_id" | "parent_id" => "circuits",
        "driver_id" => "drivers",
        "outlet_id" | "outlet_ids" | "outlets" if id.starts_with("out_") => "outlets",
        _ => return None,
    };
    Some(format!("/v1/{list}/{id}"))
}

/// What is needed to tell it.
pub(super) struct Reader<'a> {
    pub(super) zone: &'a TimeZone,
    pub(super) language: Language,
    /// By their path in the API.
    pub(super) things: &'a HashMap<String, String>,
    /// By person.
    pub(super) people: &'a HashMap<String, String>,
    /// Where the log withholds what a correction says, it is read from there.
    pub(super) corrections: &'a [Correction],
}

impl Reader<'_> {
    pub(super) fn changes(&self, entry: &AuditEntry) -> Vec<String> {
        let told = entry.changes.iter().filter(|change| is_told(change));
        let own = entry.resource.rsplit('/').next().unwrap_or_default();
        let correction = self.corrections.iter().find(|row| row.id == own);
        told.map(|change| self.change(change, correction)).collect()
    }

    fn change(&self, change: &AuditChange, correction: Option<&Correction>) -> String {
        let called = member(&change.member, self.language);
        let known = correction.and_then(|row| match change.member.as_str() {
            "note" => Some(row.note.clone()),
            "unit" => Some(
                row.unit
                    .clone()
                    .unwrap_or_else(|| self.words().nothing.to_owned()),
            ),
            _ => None,
        });
        if let Some(known) = known {
            return format!("{called}: {known}");
        }
        if change.before.is_none() && change.after.is_none() {
            return format!("{called}: {}", self.words().withheld);
        }
        let value = |value: &Option<Value>| match value {
            None => self.words().withheld.to_owned(),
            Some(value) => self.value(&change.member, value),
        };
        format!("{called}: {} → {}", value(&change.before), value(&change.after))
    }

    fn words(&self) -> &'static ChangeWords {
        ChangeWords::of(self.language)
    }

    fn value(&self, member: &str, value: &Value) -> String {
        let w = self.words();
        match value {
            Value::Null => w.nothing.to_owned(),
            Value::Bool(true) => w.yes.to_owned(),
            Value::Bool(false) => w.no.to_owned(),
            Value::Number(number) => self.number(member, number),
            Value::String(text) => self.text(member, text),
            Value::Array(_) if member == "versions" => self.versions(value),
            Value::Object(_) if member == "terms" => self.terms(value),
            Value::Array(all) if all.is_empty() => w.nothing.to_owned(),
            Value::Array(all) if all.iter().all(Value::is_string) => {
                let texts = all.iter().filter_map(Value::as_str);
                let texts: Vec<String> = texts.map(|text| self.text(member, text)).collect();
                short(&texts.join(", "))
            }
            Value::Array(all) => {
                let texts: Vec<String> = all.iter().map(|one| self.value(member, one)).collect();
                short(&texts.join(", "))
            }
            Value::Object(members) => self.members(members),
        }
    }

    /// By its name, if it has one; else all that it says.
    fn members(&self, members: &serde_json::Map<String, Value>) -> String {
        if let Some(Value::String(name)) = members.get("name").or(members.get("heading")) {
            return short(name);
        }
        let all = members.iter().filter(|(_, value)| !value.is_null());
        let all: Vec<String> = all.map(|(name, value)| self.value(name, value)).collect();
        short(&all.join(", "))
    }

    fn number(&self, member: &str, number: &serde_json::Number) -> String {
        let Some(whole) = number.as_i64() else {
            return number.to_string();
        };
        let ends = |end: &str| member.ends_with(end);
        if ends("_yen") || ends("_yen_per_kwh") {
            figures::yen(whole, self.language)
        } else if ends("_wh") {
            figures::kwh(whole)
        } else if ends("_w") {
            figures::kw(whole)
        } else if ends("_ma") {
            figures::amperes(whole)
        } else if ends("_mv") {
            format!("{} V", whole / 1000)
        } else {
            whole.to_string()
        }
    }

    fn text(&self, member: &str, text: &str) -> String {
        let moment = || text.parse::<jiff::Timestamp>().ok();
        if let Some(path) = path_of(member, text) {
            return self.named(&path, text);
        }
        if let Some(meaning) = meaning(member, text, self.language) {
            return meaning.to_owned();
        }
        match member {
            "acknowledged_by" => self.people.get(text).cloned().unwrap_or_else(|| text.to_owned()),
            "kind" => match parse::<AlarmKind>(text) {
                Ok(kind) => alarm((kind, None), self.language).0.to_owned(),
                Err(_) => short(text),
            },
            _ => match moment() {
                Some(at) => figures::full_moment(at.as_microsecond(), self.zone, self.language),
                None => short(text),
            },
        }
    }

    fn named(&self, path: &str, id: &str) -> String {
        self.things.get(path).cloned().unwrap_or_else(|| id.to_owned())
    }

    fn terms(&self, value: &Value) -> String {
        let Ok(terms) = serde_json::from_value::<TariffTerms>(value.clone()) else {
            return short(&value.to_string());
        };
        let all = parts(&terms, self.language).into_iter();
        let all: Vec<String> = all.map(|(called, value)| format!("{called} {value}")).collect();
        all.join(" · ")
    }

    fn versions(&self, value: &Value) -> String {
        let Ok(versions) = serde_json::from_value::<Vec<TariffVersion>>(value.clone()) else {
            return short(&value.to_string());
        };
        let told = versions.iter().map(|version| {
            let Time(from_us) = version.valid_from;
            let from = figures::full_moment(from_us, self.zone, self.language);
            let terms = serde_json::to_value(&version.terms).unwrap_or_default();
            format!("{from}: {}", self.terms(&terms))
        });
        told.collect::<Vec<_>>().join(" / ")
    }
}

/// What was nothing and is nothing is no news.
fn is_told(change: &AuditChange) -> bool {
    let is_nothing = |value: &Option<Value>| match value {
        Some(Value::Null) => true,
        Some(Value::Array(all)) => all.is_empty(),
        _ => false,
    };
    let nothing = is_nothing(&change.before) && is_nothing(&change.after);
    // How many of a site's outlets are free is no act of anybody either.
    let counts = change.member == "outlets" && matches!(change.after, Some(Value::Object(_)));
    !nothing && !counts && !UNTOLD.contains(&change.member.as_str())
}

/// The beginning of what a person does not read whole.
fn short(text: &str) -> String {
    let beginning: String = text.chars().take(MOST_CHARS).collect();
    if beginning == text {
        beginning
    } else {
        format!("{beginning}…")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn correction() -> Correction {
        Correction {
            id: "cor_1".into(),
            site_id: "sit_1".into(),
            listed_in: None,
            month: None,
            unit: Some("301".into()),
            amount_yen: -100,
            note: "おわび".into(),
            created_at: 0,
        }
    }

    fn change(member: &str, before: Option<Value>, after: Option<Value>) -> AuditChange {
        AuditChange {
            member: member.into(),
            before,
            after,
        }
    }

    #[test]
    fn changes_are_told_in_words_with_local_time_and_units() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let things = HashMap::from([("/v1/tariffs/tar_1".to_owned(), "標準".to_owned())]);
        let corrections = [correction()];
        let reader = Reader {
            zone: &zone,
            language: Language::Japanese,
            things: &things,
            people: &HashMap::new(),
            corrections: &corrections,
        };
        let written = Some(&corrections[0]);
        for (told, of, expected) in [
            (
                change("blocked", Some(json!(false)), Some(json!(true))),
                None,
                "利用停止: いいえ → はい",
            ),
            (
                change(
                    "valid_until",
                    Some(Value::Null),
                    Some(json!("2026-12-31T15:00:00.000Z")),
                ),
                None,
                "期限: – → 2027年1月1日 00:00",
            ),
            (
                change("energy_yen_per_kwh", Some(json!(31)), Some(json!(1_000))),
                None,
                "1 kWhあたりの単価: 31 円 → 1,000 円",
            ),
            (
                change("tariff_id", Some(Value::Null), Some(json!("tar_1"))),
                None,
                "料金表: – → 標準",
            ),
            (
                change(
                    "terms",
                    Some(Value::Null),
                    Some(json!({ "energy_milliyen_per_kwh": 31_500 })),
                ),
                None,
                "料金: – → 電力量料金 31.5 円/kWh",
            ),
            (change("note", None, None), written, "備考: おわび"),
            (change("unit", None, None), written, "住戸: 301"),
            (
                change("name", None, None),
                None,
                "名称: (ログには記録していません)",
            ),
            (
                change("new_one", Some(json!(1)), Some(json!(2))),
                None,
                "new_one: 1 → 2",
            ),
        ] {
            assert_eq!(reader.change(&told, of), expected);
        }
    }

    #[test]
    fn what_programs_name_and_nest_is_told_in_words() {
        let reader = Reader {
            zone: &TimeZone::UTC,
            language: Language::Japanese,
            things: &HashMap::from([("/v1/outlets/out_1".to_owned(), "A-1".to_owned())]),
            people: &HashMap::new(),
            corrections: &[],
        };
        for (member, before, after, expected) in [
            (
                "state",
                json!("open"),
                json!("acknowledged"),
                "状態: 未対応 → 対応中",
            ),
            (
                "presence",
                json!("none"),
                json!("all"),
                "コンセントの前にいることの確認: なし → 全員",
            ),
            (
                "outlet_ids",
                json!([]),
                json!(["out_1", "out_2"]),
                "コンセント: – → A-1, out_2",
            ),
            (
                "circuits",
                json!([]),
                json!([{ "id": "cir_1", "name": "主幹", "limit_ma": 60_000 }]),
                "回路: – → 主幹",
            ),
            (
                "position",
                Value::Null,
                json!({ "latitude": 35.68, "longitude": 139.76 }),
                "位置: – → 35.68, 139.76",
            ),
            (
                "rated_mv",
                json!(100_000),
                json!(200_000),
                "定格電圧: 100 V → 200 V",
            ),
        ] {
            let told = change(member, Some(before), Some(after));
            assert_eq!(reader.change(&told, None), expected);
        }
        let live = change("online", Some(json!(false)), Some(json!(true)));
        assert!(!is_told(&live));
    }

    #[test]
    fn what_a_list_names_by_id_is_told_by_its_name() {
        let reader = Reader {
            zone: &TimeZone::UTC,
            language: Language::Japanese,
            things: &HashMap::from([("/v1/sites/sit_1".to_owned(), "さくら".to_owned())]),
            people: &HashMap::new(),
            corrections: &[],
        };
        let told = change("sites", Some(json!([])), Some(json!(["sit_1", "sit_2"])));
        assert_eq!(reader.change(&told, None), "建物: – → さくら, sit_2");
    }

    #[test]
    fn what_was_nothing_and_is_nothing_is_no_news() {
        assert!(!is_told(&change("note", Some(Value::Null), Some(Value::Null))));
        assert!(!is_told(&change("outlets", Some(Value::Null), Some(json!([])))));
        assert!(is_told(&change("note", None, None)));
    }
}

//! Numbers and states in the words of the people at the panel.

use domain::observation::{Position, Unusable};
use domain::outlet::Phase;
use foundation::Language;

use super::document::Outlet;
use crate::control_loop::Doing;

/// Says one of two.
pub(super) fn say(language: Language, ja: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Japanese => ja,
        Language::English => en,
    }
}

/// How an outlet's tile looks: never by colour alone.
pub(super) fn tone(outlet: &Outlet) -> &'static str {
    if outlet.fault.is_some() || outlet.seen == Position::Unknown {
        return "bad";
    }
    match outlet.doing {
        Doing::Faulted => "bad",
        Doing::Supplying => "busy",
        Doing::Starting | Doing::Stopping => "wait",
        Doing::Idle => "idle",
    }
}

/// What an outlet is doing, in a sentence.
pub(super) fn sentence(outlet: &Outlet, language: Language) -> String {
    if let Some(fault) = outlet.fault {
        let words = fault_words(fault, language);
        return match language {
            Language::Japanese => format!("使えません：{words}"),
            Language::English => format!("Out of order: {words}"),
        };
    }
    if outlet.seen == Position::Unknown {
        return say(
            language,
            "ブレーカの状態が読めません",
            "The breaker cannot be seen",
        )
        .to_owned();
    }
    let (ja, en) = match (outlet.doing, outlet.phase) {
        (Doing::Supplying, Some(Phase::Charging)) => ("充電中", "Charging"),
        (Doing::Supplying, Some(Phase::Paused)) => ("通電中・電流なし", "Power is on, no current any more"),
        (Doing::Supplying, Some(Phase::Energized) | None) => {
            ("通電中・車を待っています", "Power is on, waiting for the car")
        }
        (Doing::Starting, _) => ("入れています…", "Closing…"),
        (Doing::Stopping, _) => ("切っています…", "Opening…"),
        (Doing::Faulted, _) => ("使えません", "Out of order"),
        (Doing::Idle, _) if outlet.seen == Position::Closed => {
            ("盤で直接オンになっています", "Switched on at the panel")
        }
        (Doing::Idle, _) => ("空いています", "Free"),
    };
    say(language, ja, en).to_owned()
}

/// A fault that has no words yet is shown by its name.
pub(super) fn fault_words(fault: &'static str, language: Language) -> &'static str {
    let (ja, en) = match fault {
        "did_not_close" => ("ブレーカがオンになりません", "the breaker did not close"),
        "did_not_open" => ("ブレーカがオフになりません", "the breaker did not open"),
        "tripped" => (
            "トリップしました。現地で確認してください",
            "tripped; look at the breaker",
        ),
        "welded" => (
            "接点の溶着。切っても電流が流れています",
            "welded contact: current flows although it is off",
        ),
        "over_current" => (
            "電流が定格を超えました",
            "more current than the outlet is rated for",
        ),
        "leakage" => ("漏電を検知しました", "earth leakage"),
        "feedback_broken" => (
            "ブレーカの位置と電流が合いません",
            "the breaker's position and its current contradict each other",
        ),
        other => (other, other),
    };
    say(language, ja, en)
}

pub(super) fn disk_trouble(trouble: &'static str, language: Language) -> &'static str {
    let (ja, en) = match trouble {
        "disk_failed" => (
            "ディスクに書けません。新しい充電は始まりません",
            "The disk takes nothing: no charge begins",
        ),
        "journal_full" => (
            "記録がいっぱいです。新しい充電は始まりません",
            "The journal is full: no charge begins",
        ),
        "journal_thinned" => ("記録を間引いています", "The journal is being thinned"),
        other => (other, other),
    };
    say(language, ja, en)
}

pub(super) fn position(position: Position, language: Language) -> &'static str {
    match position {
        Position::Closed => say(language, "オン", "on"),
        Position::Open => say(language, "オフ", "off"),
        Position::Unknown => say(language, "不明", "unknown"),
    }
}

pub(super) fn wanted(wanted: &str, language: Language) -> &'static str {
    match wanted {
        "closed" => say(language, "オン", "on"),
        _ => say(language, "オフ", "off"),
    }
}

pub(super) fn unusable(why: Unusable, language: Language) -> &'static str {
    match why {
        Unusable::Silent => say(language, "応答なし", "no answer"),
        Unusable::Invalid => say(language, "無効な値", "invalid value"),
        Unusable::OutOfRange => say(language, "範囲外の値", "value out of range"),
        Unusable::WrongMeter => say(language, "別の計器です", "not the meter that was pinned"),
        Unusable::Outdated => say(language, "電流より前の値", "older than the current"),
    }
}

/// Thousandths of a unit, as people read them: two decimals.
pub(super) fn milli(value: i64, unit: &str) -> String {
    let hundredths = (value.unsigned_abs() + 5) / 10;
    let sign = if value < 0 && hundredths > 0 { "−" } else { "" };
    format!("{sign}{}.{:02} {unit}", hundredths / 100, hundredths % 100)
}

pub(super) fn kilowatt_hours(wh: i64) -> String {
    let sign = if wh < 0 { "−" } else { "" };
    let wh = wh.unsigned_abs();
    format!("{sign}{}.{:03} kWh", wh / 1000, wh % 1000)
}

/// A length of time in its two largest units.
pub(super) fn duration(seconds: u64, language: Language) -> String {
    let units = [
        (86_400, say(language, "日", " d")),
        (3_600, say(language, "時間", " h")),
        (60, say(language, "分", " min")),
        (1, say(language, "秒", " s")),
    ];
    let first = units
        .iter()
        .position(|(length, _)| seconds >= *length)
        .unwrap_or(3);
    let (mut left, mut parts) = (seconds, Vec::new());
    for (length, name) in units.iter().skip(first).take(2) {
        let count = left / length;
        left %= length;
        if count > 0 || parts.is_empty() {
            parts.push(format!("{count}{name}"));
        }
    }
    parts.join(" ")
}

pub(super) fn ago(seconds: u64, language: Language) -> String {
    let length = duration(seconds, language);
    match language {
        Language::Japanese => format!("{length}前"),
        Language::English => format!("{length} ago"),
    }
}

pub(super) fn bytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / 1_000_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_and_keep_their_sign() {
        for (value, expected) in [
            (15_994, "15.99 A"),
            (15_995, "16.00 A"),
            (0, "0.00 A"),
            (-4, "0.00 A"),
            (-1_500, "−1.50 A"),
        ] {
            assert_eq!(milli(value, "A"), expected);
        }
        assert_eq!(kilowatt_hours(12_045), "12.045 kWh");
    }

    #[test]
    fn a_length_of_time_has_its_two_largest_units() {
        for (seconds, ja, en) in [
            (0, "0秒", "0 s"),
            (59, "59秒", "59 s"),
            (61, "1分 1秒", "1 min 1 s"),
            (3_600, "1時間", "1 h"),
            (90_061, "1日 1時間", "1 d 1 h"),
        ] {
            assert_eq!(duration(seconds, Language::Japanese), ja);
            assert_eq!(duration(seconds, Language::English), en);
        }
    }
}

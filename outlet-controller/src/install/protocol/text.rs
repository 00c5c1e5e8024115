//! The protocol for people: to be read, printed, signed.

use std::fmt::Write;

use super::{Because, Check, Protocol, Step, Verdict};
use crate::install::lang::Lang;

pub(super) fn of(protocol: &Protocol, lang: Lang) -> String {
    let mut text = head(protocol, lang);
    for unit in &protocol.units {
        let title = format!(
            "{} (bus {}, id {}, {})",
            unit.unit, unit.bus, unit.id, unit.device
        );
        section(&mut text, &title, &unit.checks, lang);
    }
    for outlet in &protocol.outlets {
        let title = format!("{} {}", lang.of("Outlet", "コンセント"), outlet.outlet);
        section(&mut text, &title, &outlet.checks, lang);
    }
    proposals(&mut text, protocol, lang);
    result(&mut text, protocol, lang);
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn head(protocol: &Protocol, lang: Lang) -> String {
    let mut text = String::new();
    line(&mut text, lang.of("COMMISSIONING PROTOCOL", "試運転記録"));
    for (name, value) in [
        (
            lang.of("Panel", "盤"),
            format!("{} ({})", protocol.panel, protocol.file),
        ),
        (lang.of("By", "実施者"), protocol.by.clone()),
        (lang.of("Began", "開始"), protocol.began_at.clone()),
        (lang.of("Ended", "終了"), protocol.ended_at.clone()),
        (
            lang.of("Program", "プログラム"),
            format!("outlet-controller {}", protocol.version),
        ),
    ] {
        line(&mut text, &format!("{name}: {value}"));
    }
    text
}

fn section(text: &mut String, title: &str, checks: &[Check], lang: Lang) {
    line(text, "");
    line(text, title);
    for check in checks {
        line(text, &format!("  {}", check.line(lang)));
        if let Verdict::Failed { fault } = &check.verdict {
            line(text, &format!("       → {}", fault.hint(lang)));
        }
    }
}

fn proposals(text: &mut String, protocol: &Protocol, lang: Lang) {
    for proposal in &protocol.proposals {
        let written = if proposal.written {
            lang.of("written", "書き込み済み")
        } else {
            lang.of("not written", "書き込まず")
        };
        let _infallible = write!(
            text,
            "\n[breaker.{}] {} {} ms → travel_ms = {}, verify_ms = {} ({written})\n",
            proposal.breaker,
            lang.of("longest movement", "最長動作時間"),
            proposal.measured_ms,
            proposal.travel_ms,
            proposal.verify_ms,
        );
    }
}

pub(super) fn not_off(protocol: &Protocol, lang: Lang) -> String {
    let outlets: Vec<String> = protocol.not_off.iter().map(u8::to_string).collect();
    let warning = lang.of(
        "NOT SEEN OFF, open by hand: outlet",
        "「切」を確認できず、手動で切ること: コンセント",
    );
    format!("{warning} {}", outlets.join(", "))
}

/// What was skipped proves nothing: whoever signs is to see it.
fn passed(protocol: &Protocol, lang: Lang) -> String {
    let units = protocol.units.iter().flat_map(|unit| &unit.checks);
    let outlets = protocol.outlets.iter().flat_map(|outlet| &outlet.checks);
    let is_skipped = |check: &&Check| matches!(check.verdict, Verdict::Skipped { .. });
    match units.chain(outlets).filter(is_skipped).count() {
        0 => lang.of("PASSED", "合格").to_owned(),
        skipped => lang.of(
            format!("PASSED, with {skipped} steps skipped"),
            format!("合格(ただし{skipped}項目は省略)"),
        ),
    }
}

fn result(text: &mut String, protocol: &Protocol, lang: Lang) {
    line(text, "");
    if !protocol.not_off.is_empty() {
        line(text, &format!("!! {}", not_off(protocol, lang)));
    }
    let result = if protocol.passed {
        &passed(protocol, lang)
    } else if protocol.finished {
        lang.of("NOT PASSED", "不合格")
    } else {
        lang.of("CUT OFF, not passed", "中止(不合格)")
    };
    line(text, &format!("{}: {result}", lang.of("Result", "結果")));
    if protocol.passed {
        let (walked, others) = by_whether_walked(protocol);
        line(
            text,
            &format!(
                "{}: {walked}",
                lang.of("May be switched ON from afar", "遠隔「入」可")
            ),
        );
        if !others.is_empty() {
            line(
                text,
                &format!(
                    "{}: {others}",
                    lang.of("Not checked, stays OFF", "未確認のため遠隔「入」不可")
                ),
            );
        }
    }
    let file = match &protocol.written {
        Some(path) => lang.of(
            format!("Panel file written: {path}"),
            format!("盤ファイル書き込み済み: {path}"),
        ),
        None => lang.of(
            "The panel file is as it was.".to_owned(),
            "盤ファイルは変更していない。".to_owned(),
        ),
    };
    line(text, &file);
    line(text, "");
    line(
        text,
        lang.of(
            "Date: ______________  Signature: ______________________________",
            "日付: ______________  署名: ______________________________",
        ),
    );
}

fn by_whether_walked(protocol: &Protocol) -> (String, String) {
    let numbers = protocol.outlets.iter().map(|outlet| outlet.outlet);
    let (walked, others): (Vec<u8>, Vec<u8>) = numbers.partition(|number| protocol.walked.contains(number));
    let list = |numbers: Vec<u8>| {
        let numbers: Vec<String> = numbers.iter().map(u8::to_string).collect();
        numbers.join(", ")
    };
    (list(walked), list(others))
}

impl Check {
    /// One line: mark, what, result, what was measured.
    pub(crate) fn line(&self, lang: Lang) -> String {
        let (mark, rest) = match &self.verdict {
            Verdict::Passed => ("[ok]", String::new()),
            Verdict::Failed { fault } => ("[!!]", fault.text(lang)),
            Verdict::Skipped { reason } => ("[--]", format!("{}: {reason}", lang.of("skipped", "省略"))),
            Verdict::NotChecked { because } => ("[  ]", because.text(lang).to_owned()),
        };
        let measured = self.measured.iter().map(|(name, value)| amount(name, *value));
        let parts = [rest].into_iter().chain(self.read.clone()).chain(measured);
        let details: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        let title = self.step.title(lang);
        if details.is_empty() {
            format!("{mark} {title}")
        } else {
            format!("{mark} {title}: {}", details.join(", "))
        }
    }
}

/// A value by the unit at the end of its name.
fn amount(name: &str, value: i64) -> String {
    let thousandths = || {
        format!(
            "{}{}.{:03}",
            if value < 0 { "-" } else { "" },
            value.abs() / 1000,
            value.abs() % 1000
        )
    };
    match name.rsplit('_').next().unwrap_or_default() {
        "mv" => format!("{} V", thousandths()),
        "ma" => format!("{} A", thousandths()),
        "w" => format!("{value} W"),
        "wh" => format!("{value} Wh"),
        "ms" => format!("{value} ms"),
        unit => format!("{value} {unit}"),
    }
}

impl Because {
    fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::NotThere => lang.of("there is none", "なし"),
            Self::CoarseRegister => lang.of(
                "not waited for: it counts in large steps",
                "積算の刻みが大きいため確認せず",
            ),
            Self::NothingTells => lang.of(
                "neither power nor register tells",
                "電力の符号も積算値も判断できず",
            ),
            Self::EarlierFault => lang.of("not checked after the fault above", "上記の不合格のため未実施"),
        }
    }
}

impl Step {
    fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::UnitAnswers => lang.of("answers", "応答"),
            Self::SerialNumber => lang.of("serial number", "製造番号"),
            Self::OffAtStart => lang.of("OFF before the checks", "開始時「切」"),
            Self::Closes => lang.of("closes", "「入」動作"),
            Self::OthersStayWhenClosing => lang.of("no other outlet moves", "他のコンセントが動かない"),
            Self::Voltage => lang.of("voltage", "電圧"),
            Self::LoadSeen => lang.of("its meter sees the load", "計器に負荷電流が現れる"),
            Self::MainSeesLoad => lang.of("the main meter sees it too", "主幹の計器にも現れる"),
            Self::Direction => lang.of("direction of the current", "電流の向き"),
            Self::RegisterCounts => lang.of("the register counts", "積算値が進む"),
            Self::Opens => lang.of("opens", "「切」動作"),
            Self::CurrentGone => lang.of("no current when open", "「切」で電流なし"),
            Self::TripSeen => lang.of("trip input", "トリップ入力"),
            Self::LeakageSeen => lang.of("leakage input", "漏電入力"),
            Self::TripReset => lang.of("ready again after the trip", "トリップ復帰"),
            Self::OffAtEnd => lang.of("OFF after the checks", "終了時「切」"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::protocol::{Fault, OutletChecks};

    #[test]
    fn values_are_shown_in_the_unit_of_their_name() {
        for (name, value, expected) in [
            ("voltage_mv", 201_700, "201.700 V"),
            ("current_ma", -950, "-0.950 A"),
            ("closing_ms", 318, "318 ms"),
            ("power_w", -1_200, "-1200 W"),
        ] {
            assert_eq!(amount(name, value), expected);
        }
    }

    #[test]
    fn a_protocol_names_every_check_in_both_languages_and_leaves_room_to_sign() {
        let mut protocol = Protocol {
            finished: true,
            ..Protocol::default()
        };
        let checks = vec![
            Check::passed(Step::Closes).with("closing_ms", 318),
            Check::failed(Step::LoadSeen, Fault::OtherMetersSeeLoad { outlets: vec![4] }),
            Check::skipped(Step::TripSeen, "no test button"),
        ];
        protocol.outlets.push(OutletChecks { outlet: 3, checks });
        protocol.judge();
        let text = protocol.text(Lang::En);
        for part in [
            "Outlet 3",
            "[ok] closes: 318 ms",
            "[!!] its meter sees the load: the meter of outlet 4 sees the load",
            "[--] trip input: skipped: no test button",
            "NOT PASSED",
            "Signature: ____",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let text = protocol.text(Lang::Ja);
        for part in [
            "コンセント 3",
            "「入」動作: 318 ms",
            "コンセント4の計器",
            "不合格",
            "署名",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_protocol_that_was_cut_off_is_never_passed() {
        let mut protocol = Protocol::default();
        protocol.judge();
        assert!(!protocol.passed);
        assert!(protocol.text(Lang::En).contains("CUT OFF"));
        protocol.finished = true;
        protocol.judge();
        assert!(!protocol.passed, "nothing was checked");
        let checks = vec![Check::passed(Step::Closes), Check::passed(Step::Opens)];
        protocol.outlets.push(OutletChecks { outlet: 1, checks });
        protocol.judge();
        assert!(protocol.passed);
        assert!(
            protocol
                .text(Lang::En)
                .contains("May be switched ON from afar: 1\n")
        );
        protocol.not_off = vec![2];
        protocol.judge();
        assert!(!protocol.passed && protocol.text(Lang::En).contains("NOT SEEN OFF"));
    }
}

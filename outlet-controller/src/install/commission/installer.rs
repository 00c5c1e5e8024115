//! The person at the panel: what is asked, what is answered.

use crate::install::lang::Lang;

/// What only a person can do or know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// All breakers are opened next.
    Begin,
    /// The breaker of this outlet is closed next.
    Close(u8),
    /// A load is to be plugged in there.
    Load(u8),
    /// The breaker is closed next, and its test button is to be pressed then.
    Trip(u8),
    /// The tripped breaker is to be made ready again.
    Reset(u8),
    /// Something failed at this outlet.
    Failed(u8),
    /// The times of the breakers' kind differ from those that were measured.
    Times,
}

/// What goes on, while nobody has to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The test button can be pressed now.
    PressTest(u8),
    /// The breaker rests before it is closed again.
    Resting { outlet: u8, seconds: u64 },
    /// The register is watched.
    Counting { outlet: u8, seconds: u64 },
    /// Everything is being switched off.
    AllOff,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Go,
    /// With the reason, which goes into the protocol.
    Skip(String),
    /// Once more from the beginning of the outlet.
    Again,
    /// Leave it as it is.
    Keep,
    /// Or nobody is there any more.
    Quit,
}

pub(crate) trait Installer {
    async fn ask(&mut self, question: Question) -> Reply;
    fn tell(&mut self, notice: Notice);
    /// A check is done.
    fn done(&mut self, line: &str);
}

impl Reply {
    /// From a line that was typed; `None` if it means nothing here.
    pub(crate) fn of_line(question: Question, line: &str) -> Option<Self> {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let skippable = matches!(
            question,
            Question::Load(_) | Question::Trip(_) | Question::Close(_)
        );
        match word.to_lowercase().as_str() {
            "" | "y" | "yes" | "ok" | "はい" => Some(Self::Go),
            "quit" | "q" | "中止" => Some(Self::Quit),
            "skip" | "s" | "省略" if skippable && !rest.trim().is_empty() => {
                Some(Self::Skip(rest.trim().to_owned()))
            }
            "again" | "a" | "再試行" if matches!(question, Question::Failed(_)) => Some(Self::Again),
            "keep" | "k" | "変更しない" if question == Question::Times => Some(Self::Keep),
            _ => None,
        }
    }
}

impl Question {
    pub(crate) fn text(self, lang: Lang) -> String {
        match self {
            Self::Begin => lang
                .of(
                    "All breakers of this panel are switched OFF now. Is nobody charging, and does nobody work on the wires?",
                    "この盤のブレーカをすべて「切」にします。充電中の方や配線作業中の方はいませんか。",
                )
                .to_owned(),
            Self::Close(n) => lang.of(
                format!("Outlet {n}: its breaker is closed now; the socket becomes live. Is that safe?"),
                format!("コンセント{n}: ブレーカを「入」にします。コンセントに電気が来ます。安全ですか。"),
            ),
            Self::Load(n) => lang.of(
                format!("Outlet {n}: plug a load of 500 W or more into it (a kettle, a car with its cable) and switch it on."),
                format!("コンセント{n}: 500 W以上の負荷(電気ケトル、充電ケーブル付きの車など)を差し込み、電源を入れてください。"),
            ),
            Self::Trip(n) => lang.of(
                format!("Outlet {n}: its breaker is closed once more; be ready to press its test button."),
                format!("コンセント{n}: もう一度ブレーカを「入」にします。テストボタンを押す準備をしてください。"),
            ),
            Self::Reset(n) => lang.of(
                format!("Outlet {n}: make the tripped breaker ready again (lever fully down), and leave it OFF."),
                format!("コンセント{n}: トリップしたブレーカを復帰させ(レバーを完全に下げる)、「切」のままにしてください。"),
            ),
            Self::Failed(n) => lang.of(
                format!("Outlet {n} is not in order. Go on with the next one, or mend it and check it again?"),
                format!("コンセント{n}に不合格があります。次へ進みますか。直してから再試行しますか。"),
            ),
            Self::Times => lang
                .of(
                    "The measured times do not fit those in the panel file. Write the proposed ones?",
                    "測定した動作時間が盤ファイルの値と合いません。提案値を書き込みますか。",
                )
                .to_owned(),
        }
    }

    /// What may be typed.
    pub(crate) fn choices(self, lang: Lang) -> &'static str {
        match self {
            Self::Begin | Self::Reset(_) => lang.of("[Enter | quit]", "[Enter | 中止 quit]"),
            Self::Close(_) | Self::Load(_) | Self::Trip(_) => lang.of(
                "[Enter | skip REASON | quit]",
                "[Enter | 省略 skip 理由 | 中止 quit]",
            ),
            Self::Failed(_) => lang.of("[Enter | again | quit]", "[Enter | 再試行 again | 中止 quit]"),
            Self::Times => lang.of("[Enter | keep | quit]", "[Enter | 変更しない keep | 中止 quit]"),
        }
    }
}

impl Notice {
    pub(crate) fn text(self, lang: Lang) -> String {
        match self {
            Self::PressTest(n) => lang.of(
                format!("Outlet {n}: press the test button of its breaker now."),
                format!("コンセント{n}: ブレーカのテストボタンを押してください。"),
            ),
            Self::Resting { outlet, seconds } => lang.of(
                format!("Outlet {outlet}: the breaker rests for {seconds} s."),
                format!("コンセント{outlet}: {seconds}秒待ちます。"),
            ),
            Self::Counting { outlet, seconds } => lang.of(
                format!("Outlet {outlet}: waiting until the register counts, {seconds} s at most."),
                format!("コンセント{outlet}: 積算値が進むのを待ちます(最大{seconds}秒)。"),
            ),
            Self::AllOff => lang
                .of(
                    "All breakers are being switched OFF.",
                    "すべてのブレーカを「切」にします。",
                )
                .to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_means_what_it_may_mean_there() {
        let check =
            |question, line: &str, expected| assert_eq!(Reply::of_line(question, line), expected, "{line:?}");
        check(Question::Begin, "", Some(Reply::Go));
        check(Question::Begin, "QUIT", Some(Reply::Quit));
        check(Question::Begin, "skip no time", None);
        check(
            Question::Trip(3),
            "skip  no test button ",
            Some(Reply::Skip("no test button".into())),
        );
        check(Question::Trip(3), "skip", None);
        check(
            Question::Trip(3),
            "省略 ボタンなし",
            Some(Reply::Skip("ボタンなし".into())),
        );
        check(Question::Failed(3), "again", Some(Reply::Again));
        check(Question::Load(3), "again", None);
        check(Question::Times, "keep", Some(Reply::Keep));
        check(Question::Times, "no", None);
    }
}

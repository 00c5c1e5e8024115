//! Every sentence of the pages, in both languages: a word that one lacks does not compile.

mod alarms;
mod changes;
mod done;
mod faults;
mod frame;
mod labels;
mod letters;
mod manager;
mod my_data;
mod notices;
mod outlet;
mod presence;
mod report;
mod resident;
mod state;
mod statements;
mod tariffs;

pub(super) use alarms::{AlarmWords, alarm, controller_problem, fault_kind};
pub(super) use changes::{ChangeWords, meaning, member};
pub(super) use done::done;
pub(super) use faults::FaultWords;
pub(super) use frame::FrameWords;
pub(super) use labels::LabelWords;
pub(super) use letters::LetterWords;
pub(super) use manager::ManagerWords;
pub(super) use my_data::DataWords;
pub(super) use notices::NoticeWords;
pub(super) use outlet::OutletWords;
pub(super) use presence::PresenceWords;
pub(super) use report::ReportWords;
pub(super) use resident::ResidentWords;
pub(super) use state::{StateWords, fault};
pub(super) use statements::{StatementWords, column};
pub(super) use tariffs::TariffWords;

pub(super) use crate::papers::ended_reason;

/// A table of words: the name of each, English, Japanese.
macro_rules! words {
    ($(#[$about:meta])* $table:ident { $($word:ident: $english:literal, $japanese:literal;)* }) => {
        $(#[$about])*
        pub(in crate::console) struct $table {
            $(pub(in crate::console) $word: &'static str,)*
        }

        impl $table {
            pub(in crate::console) fn of(language: $crate::http::Language) -> &'static Self {
                static ENGLISH: $table = $table { $($word: $english,)* };
                static JAPANESE: $table = $table { $($word: $japanese,)* };
                match language {
                    $crate::http::Language::English => &ENGLISH,
                    $crate::http::Language::Japanese => &JAPANESE,
                }
            }
        }
    };
}
use words;

/// A text with its values for what stands in braces.
pub(super) fn filled(text: &str, values: &[(&str, String)]) -> String {
    let mut whole = String::new();
    let mut rest = text;
    // From left to right: what a value says is not filled in again.
    while let Some((before, after)) = rest.split_once('{') {
        whole.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            break;
        };
        let value = values.iter().find(|(known, _)| *known == name);
        whole.push_str(value.map_or("", |(_, value)| value));
        rest = behind;
    }
    whole + rest
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn values_are_filled_in_once_and_are_text() {
        let values = [("a", "{b}".to_owned()), ("b", "1".to_owned())];
        assert_eq!(filled("{a}+{b} = {c}!", &values), "{b}+1 = !");
        assert_eq!(filled("nothing", &values), "nothing");
    }
}

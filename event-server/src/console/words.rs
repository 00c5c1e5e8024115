//! Every sentence of the pages, in both languages: a word that one lacks does not compile.

mod alarms;
mod frame;
mod labels;
mod manager;
mod resident;
mod statements;
mod tariffs;

pub(super) use alarms::{AlarmWords, alarm};
pub(super) use frame::FrameWords;
pub(super) use labels::LabelWords;
pub(super) use manager::ManagerWords;
pub(super) use resident::ResidentWords;
pub(super) use statements::StatementWords;
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

//! The installer at the terminal, or a script that answers in his place.

use std::io::Write;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::install::commission::installer::{Installer, Notice, Question, Reply};
use crate::install::lang::Lang;

/// A breaker does not stay closed for somebody who has gone away.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Answers that need nobody.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// To everything that is not skipped.
    pub(super) yes: bool,
    pub(super) skip_load: Option<String>,
    pub(super) skip_trip: Option<String>,
}

pub(super) struct Terminal {
    lang: Lang,
    standing: Standing,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Terminal {
    pub(super) fn new(lang: Lang, standing: Standing) -> Self {
        let (sender, lines) = mpsc::unbounded_channel();
        if !standing.yes {
            // A thread of its own: a read of the terminal cannot be cut off, and must not hold up the end.
            std::thread::spawn(move || {
                for line in std::io::stdin().lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        Self {
            lang,
            standing,
            lines,
        }
    }

    fn standing_reply(&self, question: Question) -> Option<Reply> {
        let skip = match question {
            Question::Load(_) => self.standing.skip_load.clone(),
            Question::Trip(_) => self.standing.skip_trip.clone(),
            Question::Begin
            | Question::Close(_)
            | Question::Reset(_)
            | Question::Failed(_)
            | Question::Times => None,
        };
        skip.map(Reply::Skip).or(self.standing.yes.then_some(Reply::Go))
    }
}

/// To people; answers for machines go to standard output. A terminal that is gone is no reason to stop.
pub(super) fn say(text: &str) {
    let _gone = writeln!(std::io::stderr(), "{text}");
}

/// A value of `--lang`.
pub(super) fn lang(text: &str) -> Result<Lang, String> {
    match text {
        "en" => Ok(Lang::En),
        "ja" => Ok(Lang::Ja),
        _ => Err("expected en or ja".to_owned()),
    }
}

pub(super) fn lang_of_environment() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    locale.map_or(Lang::En, |locale| Lang::of_locale(&locale.to_string_lossy()))
}

impl Installer for Terminal {
    async fn ask(&mut self, question: Question) -> Reply {
        say(&format!("? {}", question.text(self.lang)));
        if let Some(reply) = self.standing_reply(question) {
            return reply;
        }
        loop {
            say(&format!("  {}", question.choices(self.lang)));
            let Ok(Some(line)) = timeout(LONGEST_WAIT, self.lines.recv()).await else {
                return Reply::Quit;
            };
            if let Some(reply) = Reply::of_line(question, &line) {
                return reply;
            }
        }
    }

    fn tell(&mut self, notice: Notice) {
        say(&format!("… {}", notice.text(self.lang)));
    }

    fn done(&mut self, line: &str) {
        say(line);
    }
}

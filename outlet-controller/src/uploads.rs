//! Logs that the server wants sent somewhere: one at a time, of what the program keeps in memory, tried again where it fails.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foundation::{Clock, logging};
use jiff::Timestamp;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Client, StatusCode, Url};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::firmware::client;
use crate::identity::Trusted;

/// A receiver has so long to take all of it.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The server may be away: of so many notices, the newest are told.
const MAX_NOTICES: usize = 16;

/// A log that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) request_id: i64,
    pub(crate) location: Url,
    pub(crate) kind: Kind,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) retries: u32,
    pub(crate) retry_s: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Diagnostics,
    Security,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Uploading,
    Uploaded,
    Failed,
    NotAllowed,
    /// Another one has taken its place.
    Superseded,
}

/// What is to be told to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) request_id: i64,
    pub(crate) status: Status,
    pub(crate) detail: Option<String>,
}

/// An upload is taken, under this name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) file_name: String,
    /// Whether another one was given up for it.
    pub(crate) instead: bool,
}

/// The uploads of a station; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Uploads(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    station_id: String,
    trusted: Trusted,
    clock: Clock,
    known: Mutex<Known>,
    news: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Known {
    last: Option<(i64, Taken)>,
    running: Option<(i64, AbortHandle)>,
    notices: VecDeque<Notice>,
}

impl Uploads {
    pub(crate) fn new(station_id: String, trusted: Trusted, clock: Clock, news: Arc<Notify>) -> Self {
        Self(Arc::new(Inner {
            station_id,
            trusted,
            clock,
            known: Mutex::default(),
            news,
        }))
    }

    /// Begins with it, in place of one that has not ended. `None` where the program keeps no log. The same once more is good too.
    pub(crate) fn begin(&self, upload: Upload) -> Option<Taken> {
        let lines = logging::recent()?;
        let mut known = self.lock();
        if let Some((_, taken)) = known.last.as_ref().filter(|(id, _)| *id == upload.request_id) {
            return Some(taken.clone());
        }
        let before = known.running.take();
        if let Some((request_id, task)) = &before {
            task.abort();
            known.tell(*request_id, Status::Superseded, None);
        }
        let taken = Taken {
            file_name: self.file_name(upload.kind),
            instead: before.is_some(),
        };
        let (id, name) = (upload.request_id, taken.file_name.clone());
        known.tell(id, Status::Uploading, None);
        let task = tokio::spawn(self.clone().send(upload, lines, name));
        known.running = Some((id, task.abort_handle()));
        known.last = Some((id, taken.clone()));
        self.0.news.notify_one();
        Some(taken)
    }

    pub(crate) fn to_tell(&self) -> Option<Notice> {
        self.lock().notices.front().cloned()
    }

    /// The server has it, or does not want it.
    pub(crate) fn told(&self, notice: &Notice) {
        let mut known = self.lock();
        if known.notices.front() == Some(notice) {
            known.notices.pop_front();
        }
    }

    async fn send(self, upload: Upload, lines: Vec<logging::Line>, file_name: String) {
        let text = chosen(&lines, &upload);
        let url = target(&upload.location, &file_name);
        let mut tries = 0;
        let (status, detail) = loop {
            match self.put(&url, &text).await {
                Ok(()) => break (Status::Uploaded, file_name),
                Err((status, why)) if tries >= upload.retries => break (status, why),
                Err((_, why)) => tracing::warn!(why, tries, "a log cannot be sent"),
            }
            tries += 1;
            self.0.clock.sleep(Duration::from_secs(upload.retry_s)).await;
        };
        tracing::info!(?status, detail, bytes = text.len(), "a log was to be sent");
        let mut known = self.lock();
        known.running = None;
        known.tell(upload.request_id, status, Some(detail));
        self.0.news.notify_one();
    }

    async fn put(&self, url: &Url, text: &str) -> Result<(), (Status, String)> {
        let failed = |why: String| (Status::Failed, why);
        let tls = self.0.trusted.tls().map_err(|error| failed(error.to_string()))?;
        let client: Client = client(tls).map_err(|error| failed(error.to_string()))?;
        let request = client
            .put(url.clone())
            .header(CONTENT_TYPE, "application/x-ndjson")
            // Many receivers want to be told so where there is no line.
            .header(CONTENT_LENGTH, text.len());
        let sent = request.timeout(TIMEOUT).body(text.to_owned()).send().await;
        // A URL may hold a secret, and goes into no log.
        let response = sent.map_err(|error| failed(error.without_url().to_string()))?;
        let why = || format!("the receiver answers {}", response.status());
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err((Status::NotAllowed, why())),
            _ => Err((Status::Failed, why())),
        }
    }

    fn file_name(&self, kind: Kind) -> String {
        let kind = match kind {
            Kind::Diagnostics => "diagnostics",
            Kind::Security => "security",
        };
        let now = self.0.clock.now();
        let at = now.strftime("%Y%m%dT%H%M%SZ");
        format!("{}-{kind}-{at}.ndjson", self.0.station_id)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn tell(&mut self, request_id: i64, status: Status, detail: Option<String>) {
        if self.notices.len() >= MAX_NOTICES {
            self.notices.pop_front();
        }
        self.notices.push_back(Notice {
            request_id,
            status,
            detail,
        });
    }
}

/// Of those lines the ones that are wanted.
fn chosen(lines: &[logging::Line], upload: &Upload) -> String {
    let wanted = lines.iter().filter(|line| {
        let in_time =
            upload.from.is_none_or(|from| line.at >= from) && upload.to.is_none_or(|to| line.at <= to);
        in_time && (upload.kind == Kind::Diagnostics || line.target == "security")
    });
    wanted.map(|line| line.text.clone() + "\n").collect()
}

/// A folder gets the file's name, anything else is where the file goes.
fn target(location: &Url, file_name: &str) -> Url {
    let mut target = location.clone();
    if location.path().ends_with('/') {
        target.set_path(&(location.path().to_owned() + file_name));
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(kind: Kind, from: Option<&str>, to: Option<&str>) -> Upload {
        let time = |text: &str| text.parse().unwrap();
        Upload {
            request_id: 1,
            location: "https://logs.example.com/".parse().unwrap(),
            kind,
            from: from.map(time),
            to: to.map(time),
            retries: 0,
            retry_s: 0,
        }
    }

    #[test]
    fn of_the_lines_those_go_that_are_wanted() {
        let line = |hour: i8, target: &str| logging::Line {
            at: jiff::civil::date(2026, 12, 1)
                .at(hour, 0, 0, 0)
                .in_tz("UTC")
                .unwrap()
                .timestamp(),
            target: target.to_owned(),
            text: format!("{hour}{target}"),
        };
        let lines = [line(1, "a"), line(2, "security"), line(3, "b")];
        for (upload, expected) in [
            (upload(Kind::Diagnostics, None, None), "1a\n2security\n3b\n"),
            (upload(Kind::Security, None, None), "2security\n"),
            (
                upload(Kind::Diagnostics, Some("2026-12-01T02:00:00Z"), None),
                "2security\n3b\n",
            ),
            (
                upload(Kind::Diagnostics, None, Some("2026-12-01T01:30:00Z")),
                "1a\n",
            ),
        ] {
            assert_eq!(chosen(&lines, &upload), expected, "{upload:?}");
        }
    }

    #[test]
    fn a_folder_gets_the_name_of_the_file_and_a_query_stays() {
        for (location, expected) in [
            ("https://a.example/logs/", "https://a.example/logs/f"),
            ("https://a.example/logs/?sig=1", "https://a.example/logs/f?sig=1"),
            ("https://a.example/one?sig=1", "https://a.example/one?sig=1"),
        ] {
            assert_eq!(target(&location.parse().unwrap(), "f").as_str(), expected);
        }
    }
}

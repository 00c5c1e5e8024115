//! What is remembered of firmware: the update under way, the last one, and what is still to be told.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The server may be away for long: what is told last counts.
const MAX_NOTICES: usize = 64;
/// Where the server says nothing of it.
const RETRIES: u32 = 3;
const RETRY_S: u64 = 60;

/// An update as the server asked for it, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Update {
    pub(crate) request_id: i64,
    pub(crate) location: String,
    pub(crate) retrieve_at: Timestamp,
    pub(crate) install_at: Option<Timestamp>,
    /// PEM: of whoever has signed it, and what leads to a root.
    pub(crate) certificate: String,
    /// Base64.
    pub(crate) signature: String,
    /// How often it is tried once more.
    pub(crate) retries: u32,
    pub(crate) retry_s: u64,
    pub(super) step: Step,
    /// What was told last.
    pub(super) status: Option<Status>,
}

/// Who has signed a file, and how.
pub(crate) struct Signed {
    /// PEM.
    pub(crate) certificate: String,
    /// Base64.
    pub(crate) signature: String,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    #[default]
    Retrieve,
    /// It is whole on disk.
    Check,
    /// It is what was signed; it waits until nothing charges, but no longer than until then.
    Wait { latest: Timestamp },
    /// Whoever installs it has it.
    HandedOver,
}

/// How far an update is, in OCPP's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    DownloadScheduled,
    Downloading,
    Downloaded,
    DownloadFailed,
    InvalidSignature,
    SignatureVerified,
    InstallScheduled,
    Installing,
    Installed,
    InstallationFailed,
}

/// What concerns security, in OCPP's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Security {
    InvalidCertificate,
    InvalidSignature,
    Updated,
}

/// Something to be told to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Notice {
    Status {
        status: Status,
        request_id: i64,
        /// For people.
        detail: Option<String>,
    },
    Security {
        kind: Security,
        at: Timestamp,
        detail: String,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) update: Option<Update>,
    /// The request and the signature of the last update that was taken.
    pub(super) last: Option<(i64, String)>,
    pub(super) notices: VecDeque<Notice>,
}

impl Update {
    pub(crate) fn new(request_id: i64, location: String, retrieve_at: Timestamp, signed: Signed) -> Self {
        Self {
            request_id,
            location,
            retrieve_at,
            install_at: None,
            certificate: signed.certificate,
            signature: signed.signature,
            retries: RETRIES,
            retry_s: RETRY_S,
            step: Step::default(),
            status: None,
        }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.request_id, &self.signature) == (other.request_id, &other.signature)
    }
}

impl Saved {
    pub(super) fn knows(&self, update: &Update) -> bool {
        let last = self.last.as_ref();
        last.is_some_and(|(id, signature)| *id == update.request_id && *signature == update.signature)
    }

    pub(super) fn begin(&mut self, update: Update) {
        self.last = Some((update.request_id, update.signature.clone()));
        self.update = Some(update);
    }

    /// Goes on to the next step.
    pub(super) fn go_on(&mut self, step: Step) {
        if let Some(update) = &mut self.update {
            update.step = step;
        }
    }

    /// The same once more says nothing.
    pub(super) fn tell(&mut self, status: Status, detail: Option<String>) {
        let Some(update) = &mut self.update else {
            return;
        };
        if update.status.replace(status) != Some(status) {
            let request_id = update.request_id;
            self.push(Notice::Status {
                status,
                request_id,
                detail,
            });
        }
    }

    pub(super) fn tell_security(&mut self, kind: Security, at: Timestamp, detail: String) {
        self.push(Notice::Security { kind, at, detail });
    }

    fn push(&mut self, notice: Notice) {
        if self.notices.len() >= MAX_NOTICES {
            self.notices.pop_front();
        }
        self.notices.push_back(notice);
    }
}

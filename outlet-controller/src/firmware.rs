//! Firmware that the server wants installed: got, checked, handed over to whoever may install it, and told of. What is asked
//! and how far it is survives a restart.

mod download;
mod hand_over;
mod saved;
mod worker;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foundation::Clock;
use foundation::code_signature::{NoSigner, Signer};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use crate::config;
use crate::control_loop::{Commands, Statuses};
use crate::identity::Trusted;
pub(crate) use download::client;
use hand_over::Places;
pub(crate) use hand_over::take;
pub(crate) use saved::{Notice, Security, Signed, Status, Update};
use saved::{Saved, Step};
pub(crate) use worker::Worker;

/// What is known of firmware; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Firmware(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None` where nothing is ever installed.
    settings: Option<config::Firmware>,
    places: Places,
    saved: Mutex<Saved>,
    /// The worker has another update to do.
    asked: Notify,
    /// There is something to be told.
    news: Arc<Notify>,
}

/// An update is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is being done already, or was.
    Before,
    Now,
    /// In place of another one, which had not come to its installation.
    Instead,
}

/// Why an update is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the configuration has no [firmware]: updates are not installed here")]
    NotConfigured,
    #[error("other firmware is being installed")]
    Installing,
    #[error("{0}")]
    Signer(#[from] NoSigner),
    #[error("{}: {cause}", path.display())]
    Root { path: PathBuf, cause: std::io::Error },
    #[error("it cannot be written down: {0}")]
    NotStored(std::io::Error),
}

impl Firmware {
    /// What was asked before is taken up again.
    pub(crate) fn open(settings: Option<config::Firmware>, folder: PathBuf, news: Arc<Notify>) -> Self {
        let places = Places::new(folder);
        let saved = match settings {
            Some(_) => places.read_saved(),
            None => Saved::default(),
        };
        Self(Arc::new(Inner {
            settings,
            places,
            saved: Mutex::new(saved),
            asked: Notify::new(),
            news,
        }))
    }

    pub(crate) fn is_configured(&self) -> bool {
        self.0.settings.is_some()
    }

    /// Whether somebody may be installing firmware at this moment.
    pub(crate) fn is_handed_over(&self) -> bool {
        let update = &self.lock().update;
        update
            .as_ref()
            .is_some_and(|update| update.step == Step::HandedOver)
    }

    /// Whoever carries out what is asked; `None` where nothing is ever installed.
    pub(crate) fn worker(
        &self,
        (commands, statuses): (Commands, watch::Receiver<Statuses>),
        trusted: Trusted,
        clock: Clock,
    ) -> Option<Worker> {
        Some(Worker {
            firmware: self.clone(),
            settings: self.0.settings.clone()?,
            commands,
            statuses,
            trusted,
            clock,
        })
    }

    /// Takes an update, which is on disk when this returns. The same again, because our answer was lost, is good too.
    pub(crate) fn ask(&self, update: Update, now: Timestamp) -> Result<Taken, Refused> {
        if !self.is_configured() {
            return Err(Refused::NotConfigured);
        }
        let mut saved = self.lock();
        if saved.knows(&update) {
            return Ok(Taken::Before);
        }
        if let Err(refused) = self.signer(&update, now) {
            if matches!(refused, Refused::Signer(_)) {
                let mut told = saved.clone();
                told.tell_security(Security::InvalidCertificate, now, refused.to_string());
                self.keep(&mut saved, told).map_err(Refused::NotStored)?;
            }
            return Err(refused);
        }
        let taken = match &saved.update {
            Some(before) if before.step == Step::HandedOver => return Err(Refused::Installing),
            Some(_) => Taken::Instead,
            None => Taken::Now,
        };
        let mut next = saved.clone();
        next.begin(update);
        self.keep(&mut saved, next).map_err(Refused::NotStored)?;
        self.0.asked.notify_one();
        Ok(taken)
    }

    /// The oldest that is still to be told.
    pub(crate) fn to_tell(&self) -> Option<Notice> {
        self.lock().notices.front().cloned()
    }

    /// The server has it, or does not want it.
    pub(crate) fn told(&self, notice: &Notice) {
        let mut saved = self.lock();
        if saved.notices.front() != Some(notice) {
            return;
        }
        let mut next = saved.clone();
        next.notices.pop_front();
        if let Err(error) = self.keep(&mut saved, next) {
            tracing::error!(%error, "what was told of firmware cannot be written down: it may be told again");
            saved.notices.pop_front();
        }
    }

    /// Whoever may sign this update, if the chain leads to a root of the configuration.
    fn signer(&self, update: &Update, now: Timestamp) -> Result<Signer, Refused> {
        let settings = self.0.settings.as_ref().ok_or(Refused::NotConfigured)?;
        Ok(Signer::read(&update.certificate, &roots(settings)?, now)?)
    }

    fn current(&self) -> Option<Update> {
        self.lock().update.clone()
    }

    /// Goes on with this update; `false` where another one has taken its place meanwhile.
    fn advance(&self, update: &Update, change: impl FnOnce(&mut Saved)) -> std::io::Result<bool> {
        let mut saved = self.lock();
        let is_current = |now: &Update| now.is_same(update);
        if !saved.update.as_ref().is_some_and(is_current) {
            return Ok(false);
        }
        let mut next = saved.clone();
        change(&mut next);
        self.keep(&mut saved, next)?;
        Ok(true)
    }

    /// On disk first, so that nothing is done or told that would be forgotten.
    fn keep(&self, saved: &mut Saved, next: Saved) -> std::io::Result<()> {
        self.0.places.write_saved(&next)?;
        *saved = next;
        if !saved.notices.is_empty() {
            self.0.news.notify_one();
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Saved> {
        self.0.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// PEM.
fn roots(settings: &config::Firmware) -> Result<String, Refused> {
    let path = &settings.root_file;
    std::fs::read_to_string(path).map_err(|cause| Refused::Root {
        path: path.clone(),
        cause,
    })
}

#[cfg(test)]
mod tests;

//! Carries out an update, step by step; each is on disk before the next one begins.

use std::time::Duration;

use domain::observation::Position;
use foundation::Clock;
use foundation::code_signature::FileDigest;
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::download::{self, NotGot};
use super::saved::{Security, Status, Step, Update};
use super::{Firmware, Refused};
use crate::config;
use crate::control_loop::{Commands, Statuses};
use crate::identity::Trusted;

/// Checked firmware waits so long for a moment in which nothing charges.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(72);
/// Whoever installs it has so long to say how it went.
const INSTALLED_WITHIN: Duration = Duration::from_secs(15 * 60);
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// A wall clock may be set meanwhile.
const BETWEEN_TIMES: Duration = Duration::from_secs(30);
/// Where the disk takes nothing.
const BETWEEN_TRIES: Duration = Duration::from_secs(60);

/// What firmware is installed with.
pub(crate) struct Worker {
    pub(super) firmware: Firmware,
    pub(super) settings: config::Firmware,
    pub(super) commands: Commands,
    pub(super) statuses: watch::Receiver<Statuses>,
    pub(super) trusted: Trusted,
    pub(super) clock: Clock,
}

/// How a step ended that is not followed by another one.
struct Failed {
    status: Status,
    security: Option<Security>,
    detail: String,
}

/// Why a step is not over.
enum Stopped {
    Failed(Failed),
    /// It is tried again later.
    Disk(std::io::Error),
}

impl From<std::io::Error> for Stopped {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Worker {
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.work() => {}
        }
    }

    async fn work(&mut self) {
        let firmware = self.firmware.clone();
        loop {
            let update = firmware.current();
            let is_handed_over = firmware.is_handed_over();
            // A step that another update took the place of may have held them.
            let _stopping = self.commands.hold_starts(is_handed_over).await;
            let Some(update) = update else {
                firmware.0.asked.notified().await;
                continue;
            };
            let stepped = tokio::select! {
                biased;
                () = firmware.0.asked.notified() => continue,
                stepped = self.step(&update) => stepped,
            };
            let kept = match stepped {
                Ok(()) => Ok(()),
                Err(Stopped::Failed(failed)) => self.fail(&update, failed),
                Err(Stopped::Disk(error)) => Err(error),
            };
            if let Err(error) = kept {
                tracing::error!(%error, "firmware cannot be kept: it is tried again");
                self.clock.sleep(BETWEEN_TRIES).await;
            }
        }
    }

    async fn step(&mut self, update: &Update) -> Result<(), Stopped> {
        match update.step {
            Step::Retrieve => self.retrieve(update).await,
            Step::Check => self.check(update).await,
            Step::Wait { latest } => self.wait(update, latest).await,
            Step::HandedOver => self.follow(update).await,
        }
    }

    async fn retrieve(&self, update: &Update) -> Result<(), Stopped> {
        self.until(update, update.retrieve_at, Status::DownloadScheduled)
            .await?;
        self.tell(update, Status::Downloading)?;
        self.firmware.0.places.clear()?;
        let mut tries = 0;
        while let Err(error) = self.get(update).await {
            tracing::warn!(%error, tries, "firmware cannot be had");
            if let NotGot::NotKept(error) = error {
                return Err(Stopped::Disk(error));
            }
            if error.is_final() || tries >= update.retries {
                return failed(Status::DownloadFailed, None, error.to_string());
            }
            tries += 1;
            self.clock.sleep(Duration::from_secs(update.retry_s)).await;
        }
        self.go_on(update, Step::Check, Status::Downloaded)
    }

    async fn get(&self, update: &Update) -> Result<(), NotGot> {
        let other = |error: anyhow::Error| NotGot::NotKept(std::io::Error::other(error));
        let tls = self.trusted.tls().map_err(other)?;
        let client = download::client(tls).map_err(NotGot::NoAnswer)?;
        let url = Url::parse(&update.location).map_err(|error| other(error.into()))?;
        let to = self.firmware.0.places.download();
        download::get(&client, url, &to, self.settings.max_bytes()).await
    }

    async fn check(&self, update: &Update) -> Result<(), Stopped> {
        let signer = match self.firmware.signer(update, self.clock.now()) {
            Ok(signer) => signer,
            Err(refused) => {
                let security = matches!(refused, Refused::Signer(_)).then_some(Security::InvalidCertificate);
                return failed(Status::InvalidSignature, security, refused.to_string());
            }
        };
        let path = self.firmware.0.places.download();
        let digest = tokio::task::spawn_blocking(move || {
            let file = std::fs::File::open(path)?;
            FileDigest::of(file, |_| Ok(()))
        });
        let digest = digest.await.map_err(std::io::Error::other)?;
        let Ok(digest) = digest else {
            // It has gone from the disk: it is had once more.
            return Ok(self
                .firmware
                .advance(update, |saved| saved.go_on(Step::Retrieve))
                .map(drop)?);
        };
        if !signer.has_signed(&digest, &update.signature) {
            let detail = "the signature is not of this file".to_owned();
            return failed(Status::InvalidSignature, Some(Security::InvalidSignature), detail);
        }
        let from = update
            .install_at
            .map_or(self.clock.now(), |at| at.max(self.clock.now()));
        let latest = from.saturating_add(LONGEST_WAIT).unwrap_or(Timestamp::MAX);
        self.go_on(update, Step::Wait { latest }, Status::SignatureVerified)
    }

    /// Hands it over once nothing charges and no breaker is closed; nothing begins from then on.
    async fn wait(&mut self, update: &Update, latest: Timestamp) -> Result<(), Stopped> {
        if let Some(at) = update.install_at {
            self.until(update, at, Status::InstallScheduled).await?;
        }
        loop {
            if self.is_idle() && self.commands.hold_starts(true).await.is_ok() {
                // What began just before that is known by now.
                if self.is_idle() {
                    return self.go_on(update, Step::HandedOver, Status::Installing);
                }
                let _stopping = self.commands.hold_starts(false).await;
            }
            if self.clock.now() > latest {
                let detail = "an outlet was never without charge or closed breaker".to_owned();
                return failed(Status::InstallationFailed, None, detail);
            }
            self.tell(update, Status::InstallScheduled)?;
            tokio::select! {
                _changed = self.statuses.changed() => {}
                () = self.clock.sleep(BETWEEN_TIMES) => {}
            }
        }
    }

    fn is_idle(&mut self) -> bool {
        let statuses = self.statuses.borrow_and_update();
        let mut outlets = statuses.iter().map(|(_, status)| status);
        outlets.all(|status| status.transaction.is_none() && status.position != Position::Closed)
    }

    async fn follow(&self, update: &Update) -> Result<(), Stopped> {
        let places = &self.firmware.0.places;
        places.give(update)?;
        let given_ms = self.clock.tick_ms();
        loop {
            match places.outcome() {
                Some(Ok(())) => return Ok(self.finish(update)?),
                Some(Err(why)) => return failed(Status::InstallationFailed, None, why),
                None => {}
            }
            let took = Duration::from_millis(self.clock.tick_ms().saturating_sub(given_ms));
            if took > INSTALLED_WITHIN {
                let detail = "nobody has said in time that it is installed".to_owned();
                return failed(Status::InstallationFailed, None, detail);
            }
            self.clock.sleep(BETWEEN_LOOKS).await;
        }
    }

    fn finish(&self, update: &Update) -> std::io::Result<()> {
        tracing::warn!(target: "security", request = update.request_id, "new firmware is installed");
        let at = self.clock.now();
        self.firmware.advance(update, |saved| {
            saved.tell(Status::Installed, None);
            saved.tell_security(Security::Updated, at, format!("request {}", update.request_id));
            saved.update = None;
        })?;
        self.firmware.0.places.clear()
    }

    fn fail(&self, update: &Update, failed: Failed) -> std::io::Result<()> {
        let Failed {
            status,
            security,
            detail,
        } = failed;
        match security {
            Some(_) => tracing::warn!(target: "security", ?status, detail, "firmware is not installed"),
            None => tracing::warn!(?status, detail, "firmware is not installed"),
        }
        let at = self.clock.now();
        self.firmware.advance(update, |saved| {
            if let Some(kind) = security {
                saved.tell_security(kind, at, detail.clone());
            }
            saved.tell(status, Some(detail));
            saved.update = None;
        })?;
        self.firmware.0.places.clear()
    }

    /// Sleeps until a moment of the wall clock; `scheduled` is told where it has not come yet.
    async fn until(&self, update: &Update, at: Timestamp, scheduled: Status) -> std::io::Result<()> {
        while let Ok(left) = Duration::try_from(at.duration_since(self.clock.now()))
            && !left.is_zero()
        {
            self.tell(update, scheduled)?;
            self.clock.sleep(left.min(BETWEEN_TIMES)).await;
        }
        Ok(())
    }

    fn tell(&self, update: &Update, status: Status) -> std::io::Result<()> {
        let is_told = |now: Update| now.is_same(update) && now.status == Some(status);
        if self.firmware.current().is_some_and(is_told) {
            return Ok(());
        }
        self.firmware
            .advance(update, |saved| saved.tell(status, None))
            .map(drop)
    }

    fn go_on(&self, update: &Update, step: Step, status: Status) -> Result<(), Stopped> {
        tracing::info!(request = update.request_id, ?status, "firmware");
        self.firmware.advance(update, |saved| {
            saved.go_on(step);
            saved.tell(status, None);
        })?;
        Ok(())
    }
}

fn failed(status: Status, security: Option<Security>, detail: String) -> Result<(), Stopped> {
    Err(Stopped::Failed(Failed {
        status,
        security,
        detail,
    }))
}

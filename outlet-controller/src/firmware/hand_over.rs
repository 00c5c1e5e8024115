//! The folder where firmware lies, and how it comes to whoever may install it: as `ready/`, taken away by
//! `outlet-controller take-firmware`, which checks it once more, and answered by a line in `outcome`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use foundation::code_signature::{FileDigest, NoSigner, Signer};
use jiff::Timestamp;

use super::saved::{Saved, Update};
use super::{Refused, roots};
use crate::config;
use crate::whole_file;

const SAVED: &str = "update.json";
const DOWNLOAD: &str = "download";
const READY: &str = "ready";
const MAKING: &str = "ready.new";
const TAKEN: &str = "taken";
const OUTCOME: &str = "outcome";
const FILE: &str = "firmware";
const CERTIFICATE: &str = "certificate.pem";
const SIGNATURE: &str = "signature";
/// What whoever installs it has written, if all went well.
const INSTALLED: &str = "installed";
const MAX_OUTCOME: usize = 200;

#[derive(Clone, Debug)]
pub(super) struct Places(PathBuf);

/// Why there is no firmware to be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    #[error("{}: no firmware waits there: {cause}", path.display())]
    Nothing { path: PathBuf, cause: io::Error },
    #[error("{}: {cause}", path.display())]
    NotCopied { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Root(#[from] Refused),
    #[error("{0}")]
    Signer(#[from] NoSigner),
    #[error("the signature is not of this file")]
    OtherFile,
}

impl Places {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    pub(super) fn read_saved(&self) -> Saved {
        let read = match fs::read_to_string(self.at(SAVED)) {
            Ok(text) => serde_json::from_str(&text).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Saved::default(),
            Err(error) => Err(error),
        };
        read.unwrap_or_else(|error| {
            tracing::error!(%error, "what was remembered of firmware cannot be read: it is forgotten");
            Saved::default()
        })
    }

    pub(super) fn write_saved(&self, saved: &Saved) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        whole_file::write(&self.at(SAVED), &serde_json::to_string(saved)?)
    }

    pub(super) fn download(&self) -> PathBuf {
        self.at(DOWNLOAD)
    }

    /// Whoever installs it finds all of it or nothing. What was given away already is not given again.
    pub(super) fn give(&self, update: &Update) -> io::Result<()> {
        if self.at(READY).exists() || self.at(TAKEN).exists() || self.at(OUTCOME).exists() {
            return Ok(());
        }
        let making = self.at(MAKING);
        remove_folder(&making)?;
        fs::create_dir_all(&making)?;
        fs::hard_link(self.download(), making.join(FILE))?;
        whole_file::write(&making.join(CERTIFICATE), &update.certificate)?;
        whole_file::write(&making.join(SIGNATURE), &update.signature)?;
        whole_file::rename(&making, &self.at(READY))
    }

    /// What whoever installs it says; an error is what went wrong.
    pub(super) fn outcome(&self) -> Option<Result<(), String>> {
        let text = fs::read_to_string(self.at(OUTCOME)).ok()?;
        let said: String = text
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_OUTCOME)
            .collect();
        Some(if said == INSTALLED { Ok(()) } else { Err(said) })
    }

    /// Nothing of an update is left.
    pub(super) fn clear(&self) -> io::Result<()> {
        for folder in [READY, MAKING, TAKEN] {
            remove_folder(&self.at(folder))?;
        }
        for file in [OUTCOME, DOWNLOAD] {
            whole_file::remove(&self.at(file))?;
        }
        Ok(())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// Copies what waits in `folder` to `to`, where it comes to lie only if it is what one of the roots' signers has signed: whoever
/// installs it believes nothing that the controller says.
pub(crate) fn take(settings: &config::Firmware, folder: &Path, to: &Path) -> Result<(), NotTaken> {
    let (places, fresh) = (Places::new(folder.to_owned()), to.with_extension("new"));
    let (ready, taken) = (places.at(READY), places.at(TAKEN));
    let nothing = |cause| NotTaken::Nothing {
        path: ready.clone(),
        cause,
    };
    whole_file::rename(&ready, &taken).map_err(nothing)?;
    let read = |name: &str| fs::read_to_string(taken.join(name)).map_err(nothing);
    let (certificate, signature) = (read(CERTIFICATE)?, read(SIGNATURE)?);
    let signer = Signer::read(&certificate, &roots(settings)?, Timestamp::now())?;
    let not_copied = |cause| NotTaken::NotCopied {
        path: to.to_owned(),
        cause,
    };
    let digest = copy(&taken.join(FILE), &fresh, settings.max_bytes()).map_err(not_copied)?;
    if !signer.has_signed(&digest, &signature) {
        whole_file::remove(&fresh).map_err(not_copied)?;
        return Err(NotTaken::OtherFile);
    }
    whole_file::rename(&fresh, to).map_err(not_copied)
}

/// The digest is that of the copy, which nobody else can change.
fn copy(from: &Path, to: &Path, max_bytes: u64) -> io::Result<FileDigest> {
    whole_file::remove_if_there(to)?;
    let (from, mut to) = (File::open(from)?, whole_file::create(to)?);
    if from.metadata()?.len() > max_bytes {
        return Err(io::Error::other(format!("it is longer than {max_bytes} bytes")));
    }
    let digest = FileDigest::of(from, |piece| to.write_all(piece))?;
    to.sync_all()?;
    Ok(digest)
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

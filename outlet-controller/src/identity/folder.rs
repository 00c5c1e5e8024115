//! The folder with this station's identity: `key.pem`, `chain.pem`, `root.pem`, and in `next/` the one that was renewed.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Identity, Unfit};
use crate::whole_file;

const KEY: &str = "key.pem";
const CHAIN: &str = "chain.pem";
const ROOT: &str = "root.pem";
const NEXT: &str = "next";

#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
    #[error("{}: {problem}", path.display())]
    Unfit { path: PathBuf, problem: Unfit },
}

impl Folder {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The identity that is in use.
    pub(crate) fn current(&self) -> Result<Identity, FolderError> {
        self.finish_promotion()?;
        read_pair(&self.0)
    }

    /// The authority's certificate in PEM.
    pub(crate) fn root(&self) -> Result<String, FolderError> {
        read(&self.0.join(ROOT))
    }

    /// The renewed identity that is still to be tried.
    pub(crate) fn next(&self) -> Result<Option<Identity>, FolderError> {
        if !self.next_path(CHAIN).exists() {
            return Ok(None);
        }
        match read_pair(&self.0.join(NEXT)) {
            Ok(next) => Ok(Some(next)),
            Err(error) => {
                tracing::error!(%error, "the renewed certificate is of no use");
                self.discard_next().map(|()| None)
            }
        }
    }

    /// Begins anew with what an enrolment gave.
    pub(crate) fn store(&self, key_pem: &str, chain_pem: &str, root_pem: &str) -> Result<(), FolderError> {
        make(&self.0)?;
        self.discard_next()?;
        write(&self.0.join(ROOT), root_pem)?;
        write(&self.0.join(KEY), key_pem)?;
        write(&self.0.join(CHAIN), chain_pem)
    }

    /// Whether [`Folder::store`] would find a place; leaves nothing behind.
    pub(crate) fn can_be_written(&self) -> Result<(), FolderError> {
        let is_new = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let new: Vec<&Path> = self.0.ancestors().take_while(is_new).collect();
        make(&self.0)?;
        let trial = self.0.join("trial.new");
        write(&trial, "")?;
        fs::remove_file(&trial).map_err(|cause| at(&trial, cause))?;
        let mut removed = new.into_iter().map(|folder| (folder, fs::remove_dir(folder)));
        removed.try_for_each(|(folder, removed)| removed.map_err(|cause| at(folder, cause)))
    }

    /// Keeps a renewed identity beside the one in use. Its chain comes last: without it there is no next one.
    pub(crate) fn store_next(&self, key_pem: &str, chain_pem: &str) -> Result<(), FolderError> {
        self.discard_next()?;
        make(&self.0.join(NEXT))?;
        write(&self.next_path(KEY), key_pem)?;
        write(&self.next_path(CHAIN), chain_pem)
    }

    /// The next identity has connected: it takes the place of the one before.
    pub(crate) fn promote_next(&self) -> Result<(), FolderError> {
        rename(&self.next_path(KEY), &self.0.join(KEY))?;
        rename(&self.next_path(CHAIN), &self.0.join(CHAIN))
    }

    pub(crate) fn discard_next(&self) -> Result<(), FolderError> {
        remove(&self.next_path(CHAIN))?;
        remove(&self.next_path(KEY))
    }

    /// A power cut may have come between the two steps of [`Folder::promote_next`].
    fn finish_promotion(&self) -> Result<(), FolderError> {
        let chain = self.next_path(CHAIN);
        if !chain.exists() || self.next_path(KEY).exists() {
            return Ok(());
        }
        match Identity::read(&read(&chain)?, &read(&self.0.join(KEY))?) {
            Ok(_) => rename(&chain, &self.0.join(CHAIN)),
            Err(_) => remove(&chain),
        }
    }

    fn next_path(&self, name: &str) -> PathBuf {
        self.0.join(NEXT).join(name)
    }
}

fn read_pair(folder: &Path) -> Result<Identity, FolderError> {
    let chain = folder.join(CHAIN);
    Identity::read(&read(&chain)?, &read(&folder.join(KEY))?)
        .map_err(|problem| FolderError::Unfit { path: chain, problem })
}

pub(super) fn read(path: &Path) -> Result<String, FolderError> {
    fs::read_to_string(path).map_err(|cause| at(path, cause))
}

pub(super) fn make(folder: &Path) -> Result<(), FolderError> {
    fs::create_dir_all(folder).map_err(|cause| at(folder, cause))
}

/// On disk when this returns.
pub(super) fn write(path: &Path, text: &str) -> Result<(), FolderError> {
    whole_file::write(path, text).map_err(|cause| at(path, cause))
}

fn rename(from: &Path, to: &Path) -> Result<(), FolderError> {
    whole_file::rename(from, to).map_err(|cause| at(from, cause))
}

/// On disk when this returns.
pub(super) fn remove(path: &Path) -> Result<(), FolderError> {
    whole_file::remove(path).map_err(|cause| at(path, cause))
}

pub(super) fn at(path: &Path, cause: io::Error) -> FolderError {
    FolderError::File {
        path: path.to_owned(),
        cause,
    }
}

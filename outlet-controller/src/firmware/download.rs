//! Getting a file: over TLS with the authorities that the server is believed by, and never more of it than allowed.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use reqwest::{Client, Url};

use crate::whole_file;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// A server that says nothing for so long has gone.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a file could not be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotGot {
    #[error("no answer: {0}")]
    NoAnswer(#[source] reqwest::Error),
    #[error("the server answers {0}")]
    Status(reqwest::StatusCode),
    #[error("cut off after {0} bytes")]
    CutOff(u64),
    #[error("it is longer than {0} bytes")]
    TooLong(u64),
    #[error("it cannot be kept: {0}")]
    NotKept(#[from] io::Error),
}

impl NotGot {
    /// Whether another try would only come to the same.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::TooLong(_))
    }
}

/// No redirects: what was asked for is at its address, or it is not had.
pub(crate) fn client(tls: rustls::ClientConfig) -> reqwest::Result<Client> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// The whole file is on disk when this returns.
pub(super) async fn get(client: &Client, url: Url, to: &Path, max_bytes: u64) -> Result<(), NotGot> {
    let response = client.get(url).send().await;
    // A URL may hold a secret, and goes into no log.
    let mut response = response.map_err(|error| NotGot::NoAnswer(error.without_url()))?;
    if !response.status().is_success() {
        return Err(NotGot::Status(response.status()));
    }
    let told = response.content_length();
    if told.is_some_and(|length| length > max_bytes) {
        return Err(NotGot::TooLong(max_bytes));
    }
    whole_file::remove_if_there(to)?;
    let (mut file, mut length) = (whole_file::create(to)?, 0_u64);
    while let Some(piece) = response.chunk().await.map_err(|_| NotGot::CutOff(length))? {
        length = length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if length > max_bytes {
            return Err(NotGot::TooLong(max_bytes));
        }
        // A piece is small: whoever else waits for this thread waits shorter than for a hand-over to another one.
        file.write_all(&piece)?;
    }
    if told.is_some_and(|told| told != length) {
        return Err(NotGot::CutOff(length));
    }
    let synced = tokio::task::spawn_blocking(move || file.sync_all()).await;
    Ok(synced.map_err(io::Error::other)??)
}

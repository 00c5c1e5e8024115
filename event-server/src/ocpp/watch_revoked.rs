//! Asks the authority which certificates are revoked, and closes what came with them.

use std::collections::HashSet;
use std::time::Duration;

use foundation::Clock;
use foundation::certificate::canonical_serial;
use reqwest::StatusCode;
use reqwest::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::revoked::Revoked;
use super::stations::Stations;

const EVERY: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(5);
/// Some ten thousand certificates.
const MAX_BYTES: usize = 1024 * 1024;

/// Keeps the list of revoked certificates.
pub(crate) struct RevokedWatch {
    pub(crate) issuer: String,
    pub(crate) http: reqwest::Client,
    pub(crate) revoked: Revoked,
    pub(crate) stations: Stations,
    pub(crate) clock: Clock,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the list could not be fetched")]
    Http(#[from] reqwest::Error),
    #[error("the list is longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("the list could not be read")]
    Json(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct List {
    revoked: Vec<String>,
}

impl RevokedWatch {
    /// Asks until told to stop. What is known stays true while the authority cannot be asked.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let (mut tag, mut fails) = (None, false);
        loop {
            match self.fetch(&mut tag).await {
                Ok(list) => {
                    if let Some(serials) = list {
                        self.revoked.replace(serials);
                    }
                    fails = false;
                }
                Err(error) if !fails => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(
                        issuer = self.issuer,
                        error,
                        "revoked certificates are not known anew"
                    );
                    fails = true;
                }
                Err(_told) => {}
            }
            // Also where nothing has changed: one may have been let in while the list came.
            self.stations.end_revoked(&self.revoked);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.sleep(EVERY) => {}
            }
        }
    }

    /// `None`: as it was when `tag` came.
    async fn fetch(&self, tag: &mut Option<HeaderValue>) -> Result<Option<HashSet<String>>, FetchError> {
        let url = format!("{}/ca/revoked", self.issuer);
        let mut request = self.http.get(url).timeout(TIMEOUT);
        if let Some(tag) = &tag {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let mut response = request.send().await?.error_for_status()?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let new_tag = response.headers().get(ETAG).cloned();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_BYTES {
                return Err(FetchError::TooLong);
            }
        }
        let list: List = serde_json::from_slice(&bytes)?;
        *tag = new_tag;
        Ok(Some(
            list.revoked
                .iter()
                .map(|serial| canonical_serial(serial))
                .collect(),
        ))
    }
}

//! The first certificate: a key made here, a code from the server, and what is checked before anything is kept.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use foundation::listen::is_loopback;
use foundation::secrets::sha256;
use jiff::Timestamp;
use reqwest::tls::Certificate as TlsCertificate;
use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};

use crate::identity::{Folder, Identity, KeyRequest, root};

const TIMEOUT: Duration = Duration::from_secs(30);

/// What an enrolment is done with.
pub(crate) struct Enrolment<'a> {
    pub(crate) station_id: &'a str,
    pub(crate) code: &'a str,
    /// The authority's server.
    pub(crate) server: &'a Url,
    /// PEM; instead of the certificate authorities of this machine.
    pub(crate) ca_file: Option<&'a Path>,
    /// PEM; beside them, where there is no `ca_file`.
    pub(crate) more_authorities: Option<&'a Path>,
    /// SHA-256 of the authority's root; whatever it is where left out.
    pub(crate) fingerprint: Option<[u8; 32]>,
    /// `None` where the clock is not known to be right.
    pub(crate) now: Option<Timestamp>,
}

/// What was kept.
#[derive(Debug)]
pub(crate) struct Enrolled {
    pub(crate) identity: Identity,
    /// SHA-256 of the root, in hexadecimal.
    pub(crate) fingerprint: String,
}

#[derive(Serialize)]
struct Request<'a> {
    code: &'a str,
    csr: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    certificate_chain: String,
    root: String,
}

impl Enrolment<'_> {
    /// # Errors
    /// If the server refuses, or what it gives is not to be trusted; then nothing is changed.
    pub(crate) async fn run(&self, folder: &Folder) -> anyhow::Result<Enrolled> {
        // The code is good once: it is not spent on what could not be kept.
        folder.can_be_written()?;
        let request = KeyRequest::new(self.station_id)?;
        let answer = self.ask(&request.csr_pem).await?;
        let enrolled = self.check(&answer, &request.key_pem)?;
        folder.store(&request.key_pem, &answer.certificate_chain, &answer.root)?;
        Ok(enrolled)
    }

    async fn ask(&self, csr: &str) -> anyhow::Result<Answer> {
        let url = self.server.join("ca/enrolments")?;
        let body = Request { code: self.code, csr };
        let sent = self.client()?.post(url).json(&body).send().await;
        let response = sent.with_context(|| format!("no answer from {}", self.server))?;
        let status = response.status();
        if !status.is_success() {
            let text = response.text().await.unwrap_or_default();
            bail!("{} refuses: {status}{}", self.server, problem(&text));
        }
        let answer = response.json().await;
        answer.with_context(|| format!("{} is no auth-server: its answer cannot be read", self.server))
    }

    fn client(&self) -> anyhow::Result<Client> {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        let client = match (self.ca_file, self.more_authorities) {
            (Some(path), _) => client.tls_certs_only(read_authorities(path)?),
            (None, Some(path)) => client.tls_certs_merge(read_authorities(path)?),
            (None, None) => client,
        };
        Ok(client.build()?)
    }

    fn check(&self, answer: &Answer, key_pem: &str) -> anyhow::Result<Enrolled> {
        let root = root(&answer.root).context("the authority's root")?;
        let fingerprint = sha256(&root);
        if self.fingerprint.is_some_and(|expected| expected != fingerprint) {
            bail!(
                "--fingerprint: the root there has {}; do not go on before you know why",
                hex(&fingerprint)
            );
        }
        let identity = Identity::read(&answer.certificate_chain, key_pem)?;
        identity.verify(&[root], self.now)?;
        let named = identity.uri.station_id();
        if named != self.station_id {
            bail!(
                "the code is for {named}, and server.station_id is {}",
                self.station_id
            );
        }
        Ok(Enrolled {
            identity,
            fingerprint: hex(&fingerprint),
        })
    }
}

fn read_authorities(path: &Path) -> anyhow::Result<Vec<TlsCertificate>> {
    let read = || anyhow::Ok(TlsCertificate::from_pem_bundle(&std::fs::read(path)?)?);
    read().with_context(|| path.display().to_string())
}

/// `https`, or `http` on loopback; never with more than a host.
pub(crate) fn server_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok();
    let good = |url: &Url| {
        let is_host = url.path() == "/" && url.query().is_none() && url.has_host();
        let is_local = || is_loopback(url.host_str().unwrap_or_default());
        is_host && (url.scheme() == "https" || (url.scheme() == "http" && is_local()))
    };
    url.filter(good)
        .ok_or_else(|| "expected https://HOST[:PORT], or http on loopback".to_owned())
}

/// 64 hexadecimal digits, with or without colons between them.
pub(crate) fn fingerprint(text: &str) -> Result<[u8; 32], String> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let bytes = digits.filter(|digits| digits.len() == 64).map(|digits| {
        let pairs = digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit));
        pairs.collect::<Vec<u8>>()
    });
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| "expected SHA-256 in 64 hexadecimal digits".to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a problem (RFC 9457) says, for the end of a sentence.
fn problem(text: &str) -> String {
    #[derive(Deserialize)]
    struct Problem {
        title: Option<String>,
        detail: Option<String>,
    }
    let said = serde_json::from_str::<Problem>(text).ok();
    let said = said.and_then(|problem| problem.detail.or(problem.title));
    said.map(|said| format!(": {said}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_asked_by_https_or_on_this_machine() {
        for (text, good) in [
            ("https://auth.example.com", true),
            ("http://127.0.0.1:8401", true),
            ("http://[::1]:8401/", true),
            ("http://auth.example.com", false),
            ("https://auth.example.com/ca", false),
            ("auth.example.com", false),
        ] {
            assert_eq!(server_url(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn a_fingerprint_is_read_as_people_write_it() {
        let hash = sha256(b"root");
        let text = hex(&hash);
        assert_eq!(fingerprint(&text), Ok(hash));
        let pairs: Vec<&str> = (0..32).map(|n| &text[2 * n..2 * n + 2]).collect();
        assert_eq!(fingerprint(&pairs.join(":").to_uppercase()), Ok(hash));
        for wrong in ["", "ab", &text[1..], &text.replace(&text[..1], "x")] {
            assert!(fingerprint(wrong).is_err(), "{wrong}");
        }
    }
}

//! A controller with a key and a certificate, as far as the authority sees it.

use rcgen::KeyPair;
use reqwest::{Certificate, Client, Identity, RequestBuilder};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::Value;
use x509_parser::prelude::{FromDer, X509Certificate};

pub(crate) struct Station {
    pub(crate) key: KeyPair,
    /// What it was given: chain, root, times.
    pub(crate) issued: Value,
    pub(crate) http: Client,
}

impl Station {
    pub(crate) fn new(key: KeyPair, issued: Value, server_certificate: &str) -> Self {
        let chain = issued["certificate_chain"].as_str().unwrap();
        let http = with_identity(&key, chain, server_certificate);
        Self { key, issued, http }
    }

    pub(crate) fn without_certificate(server_certificate: &str) -> Client {
        builder(server_certificate).build().unwrap()
    }

    pub(crate) fn chain(&self) -> &str {
        self.issued["certificate_chain"].as_str().unwrap()
    }

    pub(crate) fn root(&self) -> &str {
        self.issued["root"].as_str().unwrap()
    }

    pub(crate) fn ders(&self) -> Vec<CertificateDer<'static>> {
        let chain = CertificateDer::pem_slice_iter(self.chain().as_bytes());
        chain.map(Result::unwrap).collect()
    }

    pub(crate) fn leaf(&self) -> CertificateDer<'static> {
        self.ders().remove(0)
    }

    pub(crate) fn serial(&self) -> String {
        let der = self.leaf();
        let (_, leaf) = X509Certificate::from_der(&der).unwrap();
        leaf.raw_serial().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// `x5t#S256` as RFC 8705 §3.1 has it.
    pub(crate) fn thumbprint(&self) -> String {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(
            &aws_lc_rs::digest::SHA256,
            &self.leaf(),
        ))
    }

    pub(crate) fn token_request(&self, mutual: &str, body: String) -> RequestBuilder {
        form(self.http.post(format!("{mutual}/oauth2/token")), body)
    }
}

pub(crate) fn form(request: RequestBuilder, body: String) -> RequestBuilder {
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

pub(crate) fn with_identity(key: &KeyPair, chain: &str, server_certificate: &str) -> Client {
    let pem = format!("{chain}{}", key.serialize_pem());
    let identity = Identity::from_pem(pem.as_bytes()).unwrap();
    builder(server_certificate).identity(identity).build().unwrap()
}

fn builder(server_certificate: &str) -> reqwest::ClientBuilder {
    let trusted = Certificate::from_pem(server_certificate.as_bytes()).unwrap();
    Client::builder().no_proxy().tls_certs_only([trusted])
}

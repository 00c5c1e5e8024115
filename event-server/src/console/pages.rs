//! What all pages share: how browsers know this server, and whom people sign in with.

use std::net::SocketAddr;

use actix_web::web;
use anyhow::Context;

use super::issuer::Issuer;
use crate::config::Config;
use crate::http::Tokens;

pub(crate) struct Pages {
    /// `None`: nobody can sign in.
    pub(super) issuer: Option<Issuer>,
    pub(super) tokens: web::Data<Tokens>,
    pub(super) public_url: String,
    /// Whether browsers reach this server over TLS.
    pub(super) is_secure: bool,
    /// The `Content-Security-Policy` of every page.
    pub(super) policy: String,
    pub(super) is_demo: bool,
    /// Whether people can be written to.
    pub(super) sends_mail: bool,
    client_id: String,
}

impl Pages {
    /// `http` asks the issuer.
    ///
    /// # Errors
    /// If the client's secret cannot be read.
    pub(crate) fn new(
        config: &Config,
        address: SocketAddr,
        tokens: web::Data<Tokens>,
        http: reqwest::Client,
    ) -> anyhow::Result<Self> {
        let public_url = config.public_url_at(address);
        let issuer = match &config.console.sign_in {
            Some(table) => {
                let secret = table.read_secret().context("console.sign_in")?;
                Some(Issuer::new(
                    &config.auth.issuer,
                    &public_url,
                    (table, secret),
                    http,
                )?)
            }
            None => None,
        };
        // Signing out is a form of ours that is answered with a way to the issuer.
        let elsewhere = issuer.as_ref().map(|issuer| format!(" {}", issuer.url));
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
             form-action 'self'{}; base-uri 'none'; frame-ancestors 'none'",
            elsewhere.unwrap_or_default()
        );
        Ok(Self {
            is_secure: public_url.starts_with("https:"),
            is_demo: config.console.demo,
            sends_mail: config.mail.is_some(),
            client_id: config
                .console
                .sign_in
                .as_ref()
                .map(|table| table.client_id.clone())
                .unwrap_or_default(),
            issuer,
            tokens,
            public_url,
            policy,
        })
    }

    /// As whose tokens people's are.
    pub(super) fn client_id(&self) -> String {
        self.client_id.clone()
    }

    /// Where people see to their own account.
    pub(super) fn account_url(&self) -> String {
        let issuer = self.issuer.as_ref();
        issuer
            .map(|issuer| format!("{}/account", issuer.url))
            .unwrap_or_default()
    }

    /// What begins the link of every invitation; its code follows.
    pub(super) fn invitation_url(&self) -> String {
        let issuer = self.issuer.as_ref();
        issuer
            .map(|issuer| format!("{}/invitation?code=", issuer.url))
            .unwrap_or_default()
    }

    /// Where people are invited.
    pub(super) fn invite_url(&self, site_id: &str, site_name: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("site", site_id), ("site_name", site_name)])
            .finish();
        format!("{}/invite?{query}", self.account_url())
    }
}

//! A client: a program that may ask for access tokens, and the rules about its secrets.

use api_spec::station_uri::StationUri;
use api_spec::token::Scopes;
use foundation::secrets::SecretHash;

use crate::keys::Jwk;

/// Ways to get a token (RFC 6749 §1.3), by their names on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrantType {
    ClientCredentials,
    AuthorizationCode,
    RefreshToken,
}

impl GrantType {
    pub(crate) const ALL: [Self; 3] = [
        Self::ClientCredentials,
        Self::AuthorizationCode,
        Self::RefreshToken,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.name() == name)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) tenant_id: String,
    pub(crate) grant_types: Vec<GrantType>,
    /// All that it may ask for, and what it gets when it asks for nothing in particular.
    pub(crate) scopes: Scopes,
    pub(crate) audience: String,
    /// The newest first.
    pub(crate) secrets: Vec<ClientSecret>,
    /// Its public keys. A client that has any proves itself by them and has no secret.
    pub(crate) keys: Vec<Jwk>,
    /// The name in the certificate that it proves itself by; it then has neither secret nor key.
    pub(crate) certificate_uri: Option<StationUri>,
    /// The audience whose access tokens it may ask about, as that API's own server.
    pub(crate) introspects: Option<String>,
    /// Where people may be sent back to, each compared as it is.
    pub(crate) redirect_uris: Vec<String>,
    /// Where they may go after they have signed out.
    pub(crate) post_logout_uris: Vec<String>,
    /// One of our own programs: people are not asked whether it may act for them.
    pub(crate) is_ours: bool,
    /// It gets tokens with a proof of a key alone (RFC 9449 §5.2).
    pub(crate) dpop_bound: bool,
    pub(crate) created_at_us: i64,
    pub(crate) disabled_at_us: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientSecret {
    pub(crate) hash: SecretHash,
    pub(crate) created_at_us: i64,
    pub(crate) expires_at_us: Option<i64>,
}

impl ClientSecret {
    pub(crate) fn is_live(&self, now_us: i64) -> bool {
        self.expires_at_us
            .is_none_or(|expires_at_us| now_us < expires_at_us)
    }
}

impl Client {
    /// Whether it proves itself by a secret: by that alone, or not at all.
    pub(crate) fn has_secrets(&self) -> bool {
        self.keys.is_empty() && self.certificate_uri.is_none()
    }

    /// Whether a signed assertion can prove it.
    pub(crate) fn may_assert(&self) -> bool {
        self.disabled_at_us.is_none() && !self.keys.is_empty()
    }

    /// Whether the certificate with this name proves it.
    pub(crate) fn may_show(&self, uri: &StationUri) -> bool {
        self.disabled_at_us.is_none() && self.certificate_uri.as_ref() == Some(uri)
    }
}

/// The newest secret and the one it replaces.
pub(crate) const MAX_LIVE_SECRETS: usize = 2;

/// Whether `secret` proves to be `client`. An unknown client costs the same work as a wrong secret.
pub(crate) fn is_authentic(client: Option<&Client>, secret: &str, now_us: i64) -> bool {
    let nobody = SecretHash::of("");
    let live = client
        .into_iter()
        .flat_map(|client| &client.secrets)
        .filter(|s| s.is_live(now_us));
    let hashes = live.map(|s| s.hash).chain(std::iter::repeat(nobody));
    let matching = hashes
        .take(MAX_LIVE_SECRETS)
        .filter(|hash| hash.matches(secret))
        .count();
    let enabled = client.is_some_and(|client| client.disabled_at_us.is_none());
    matching > 0 && enabled && !secret.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(secrets: &[(&str, Option<i64>)]) -> Client {
        let secret = |(text, expires_at_us): &(&str, Option<i64>)| ClientSecret {
            hash: SecretHash::of(text),
            created_at_us: 0,
            expires_at_us: *expires_at_us,
        };
        Client {
            id: "cli_1".into(),
            name: "App".into(),
            tenant_id: "ten_1".into(),
            grant_types: GrantType::ALL.to_vec(),
            scopes: Scopes::all(),
            audience: "urn:x".into(),
            secrets: secrets.iter().map(secret).collect(),
            keys: Vec::new(),
            certificate_uri: None,
            introspects: None,
            redirect_uris: Vec::new(),
            post_logout_uris: Vec::new(),
            is_ours: false,
            dpop_bound: false,
            created_at_us: 0,
            disabled_at_us: None,
        }
    }

    #[test]
    fn both_live_secrets_are_good_until_the_older_expires() {
        let client = client(&[("new", None), ("old", Some(100))]);
        let at = |secret, now_us| is_authentic(Some(&client), secret, now_us);
        assert!(at("old", 99) && at("new", 99));
        assert!(!at("old", 100) && at("new", 100));
        assert!(!at("other", 99));
    }

    #[test]
    fn nobody_and_a_disabled_client_are_never_authentic() {
        assert!(!is_authentic(None, "", 0) && !is_authentic(None, "new", 0));
        assert!(!is_authentic(Some(&client(&[])), "", 0));
        let disabled = Client {
            disabled_at_us: Some(1),
            ..client(&[("new", None)])
        };
        assert!(!is_authentic(Some(&disabled), "new", 2));
    }
}

//! Access tokens (RFC 9068 `at+jwt`): their claims and the scopes they carry.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The `typ` header of an access token (RFC 9068 §2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// The audience of the event-server's API unless configured otherwise.
pub const DEFAULT_AUDIENCE: &str = "urn:denro:event-server";

/// The claims of an access token (RFC 9068 §2.2); times are seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub client_id: String,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
    pub scope: Scopes,
    /// The tenant whose objects the bearer may see and touch.
    pub tenant: String,
    /// Of a person's token: the family that it ends with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Of a person's token: the sites, and nothing else, that the bearer may see and touch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sites: Option<Vec<String>>,
    /// Of a person's token: what they are, and where (RFC 9068 §2.2.3.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleClaim>,
    /// Whom the token is good for alone; without it, for whoever bears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

impl AccessTokenClaims {
    /// How the token is shown: `DPoP` with a proof beside it (RFC 9449 §5), or `Bearer`.
    pub fn token_type(&self) -> &'static str {
        match self.cnf {
            Some(Confirmation::Key(_)) => "DPoP",
            Some(Confirmation::Certificate(_)) | None => "Bearer",
        }
    }
}

/// One role of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleClaim {
    pub role: Role,
    /// Where it holds; at every site of the tenant where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<String>,
    /// Where a resident lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl RoleClaim {
    /// The highest role of a person at a site.
    pub fn highest_at(roles: &[Self], site_id: &str) -> Option<Role> {
        let here = roles.iter().filter(|claim| claim.is_at(site_id));
        here.map(|claim| claim.role).max()
    }

    /// Whether it is held at a site: its own one, or every one.
    pub fn is_at(&self, site_id: &str) -> bool {
        self.site_id.as_deref().is_none_or(|at| at == site_id)
    }
}

/// What somebody is to a building, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Lives in a unit of a site.
    Resident,
    /// Sits on the board of the owners' association: sees everything there, and changes nothing.
    BoardMember,
    /// Looks after sites.
    Manager,
    /// Runs the system for a tenant.
    Operator,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Resident, Self::BoardMember, Self::Manager, Self::Operator];

    pub fn name(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::BoardMember => "board_member",
            Self::Manager => "manager",
            Self::Operator => "operator",
        }
    }

    /// By its name; `None` for others.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What the holder of a token must prove to have (RFC 7800 §3.1): the token alone is worth nothing to a thief.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// The key of this RFC 7638 thumbprint, by DPoP (RFC 9449 §6.1).
    #[serde(rename = "jkt")]
    Key(String),
    /// The client certificate of this SHA-256 in base64url, by mutual TLS (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

/// What a token allows, by resource and verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    SitesRead,
    SitesWrite,
    OutletsRead,
    OutletsWrite,
    SessionsRead,
    SessionsWrite,
    EventsRead,
    WebhooksRead,
    WebhooksWrite,
    /// See who changed what.
    AuditRead,
    /// See and write down whom this installation serves: whoever runs it.
    TenantsRead,
    TenantsWrite,
    /// Have controllers' certificates signed: the event-server's alone.
    CertificatesIssue,
    /// An id token, and who the person is (OpenID Connect Core §3.1.2.1, §5.4).
    OpenId,
    Profile,
    Email,
    /// A refresh token (OpenID Connect Core §11).
    OfflineAccess,
}

impl Scope {
    /// What the event-server's API knows of one tenant, in the order of the documentation.
    pub const API: [Self; 10] = [
        Self::SitesRead,
        Self::SitesWrite,
        Self::OutletsRead,
        Self::OutletsWrite,
        Self::SessionsRead,
        Self::SessionsWrite,
        Self::EventsRead,
        Self::WebhooksRead,
        Self::WebhooksWrite,
        Self::AuditRead,
    ];

    /// What it knows of all tenants. No role has it, and no client that it was not given to by name.
    pub const TENANTS: [Self; 2] = [Self::TenantsRead, Self::TenantsWrite];

    /// What the auth-server's own API knows. No role has it, and no client that it was not given to by name.
    pub const AUTHORITY: [Self; 1] = [Self::CertificatesIssue];

    /// Who somebody is, and that a client may come back.
    pub const IDENTITY: [Self; 4] = [Self::OpenId, Self::Profile, Self::Email, Self::OfflineAccess];

    /// Every scope, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::API
            .into_iter()
            .chain(Self::TENANTS)
            .chain(Self::AUTHORITY)
            .chain(Self::IDENTITY)
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::SitesRead => "sites:read",
            Self::SitesWrite => "sites:write",
            Self::OutletsRead => "outlets:read",
            Self::OutletsWrite => "outlets:write",
            Self::SessionsRead => "sessions:read",
            Self::SessionsWrite => "sessions:write",
            Self::EventsRead => "events:read",
            Self::WebhooksRead => "webhooks:read",
            Self::WebhooksWrite => "webhooks:write",
            Self::AuditRead => "audit:read",
            Self::TenantsRead => "tenants:read",
            Self::TenantsWrite => "tenants:write",
            Self::CertificatesIssue => "certificates:issue",
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::OfflineAccess => "offline_access",
        }
    }
}

/// A name that is no scope of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope {0:?}")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let found = Self::all().find(|scope| scope.name() == text);
        found.ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// A set of scopes: space-separated on the wire (RFC 6749 §3.3), each once, in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Every scope of the event-server's API.
    pub fn all() -> Self {
        Self(Scope::API.to_vec())
    }

    /// Those that are also in `other`.
    pub fn within(&self, other: &Self) -> Self {
        self.iter().filter(|scope| other.contains(*scope)).collect()
    }

    /// Those of a text that are known here; an issuer may be newer and know more.
    pub fn known_in(text: &str) -> Self {
        text.split(' ').filter_map(|name| name.parse().ok()).collect()
    }

    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether every scope here is also in `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|scope| other.contains(*scope))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        text.split(' ')
            .filter(|name| !name.is_empty())
            .map(str::parse)
            .collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|scope| scope.name()).collect();
        f.write_str(&names.join(" "))
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_round_trip_sorted_and_each_once() {
        let scopes: Scopes = "sessions:write outlets:read sessions:write".parse().unwrap();
        assert_eq!(scopes.to_string(), "outlets:read sessions:write");
        assert!(scopes.is_within(&Scopes::all()) && !Scopes::all().is_within(&scopes));
    }

    #[test]
    fn an_unknown_scope_is_named() {
        assert_eq!("root".parse::<Scopes>(), Err(UnknownScope("root".into())));
        assert_eq!(Scopes::known_in("root sites:read").to_string(), "sites:read");
    }
}

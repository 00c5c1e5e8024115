//! Whom an installation serves: everything else belongs to a tenant.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;
use super::outlet::even_null;

/// Whom the server is used by; nobody sees anything of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tenant {
    /// What access tokens name as `tenant`.
    #[schema(example = "ten_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    #[schema(example = "みどり管理株式会社")]
    pub name: String,
    /// Whom to turn to.
    #[schema(required, example = "ev@midori.example.com")]
    pub contact: Option<String>,
    /// Of sites that are made without one.
    #[schema(example = "Asia/Tokyo")]
    pub default_time_zone: String,
    pub created_at: Time,
    pub updated_at: Time,
}

/// A tenant to write down.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// As its clients were given it at the auth-server; a new one where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9_.-]+$",
        example = "ten_01kab3y7kq8w4nd2fv6h9tr5ce"
    )]
    pub id: Option<String>,
    #[schema(min_length = 1, max_length = 100, example = "みどり管理株式会社")]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, example = "ev@midori.example.com")]
    pub contact: Option<String>,
    /// `Asia/Tokyo` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Asia/Tokyo")]
    pub default_time_zone: Option<String>,
}

/// What of a tenant is to change; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contact": "ev@midori.example.com"}))]
pub struct TenantChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub contact: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_time_zone: Option<String>,
}

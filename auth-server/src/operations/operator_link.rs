//! The link by which the first operator, or one after all are lost, gets in.

use foundation::Db;
use jiff::Timestamp;
use serde::Serialize;

use super::{OperationError, invite};
use crate::audit::Actor;
use crate::people::{Role, RoleAt};

/// The only place where the link can be read. No `Debug`: it holds a code.
#[derive(Clone, Serialize)]
pub struct OperatorLink {
    pub url: String,
    pub expires_at: Timestamp,
}

/// Why a link is made.
pub(crate) enum Need {
    /// Nobody is an operator yet; nothing is made where somebody is.
    First,
    /// Somebody at the host wants one.
    Recovery(Actor),
}

pub(crate) async fn run(
    db: &Db,
    tenant_id: &str,
    issuer: &str,
    need: Need,
    now_us: i64,
) -> Result<Option<OperatorLink>, OperationError> {
    let to = RoleAt {
        role: Role::Operator,
        tenant_id: tenant_id.to_owned(),
        site_id: String::new(),
        unit: String::new(),
        site_name: String::new(),
    };
    let (only_first, actor) = match need {
        Need::First => (true, Actor::Server),
        Need::Recovery(actor) => (false, actor),
    };
    let invited = invite::by_host(db, to, only_first, actor, now_us).await?;
    Ok(invited.map(|invited| OperatorLink {
        url: format!("{issuer}/invitation?code={}", invited.code),
        expires_at: invited.expires_at,
    }))
}

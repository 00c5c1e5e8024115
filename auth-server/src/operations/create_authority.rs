//! Makes the authority: its root key goes to the operator, the rest into the database.

use foundation::Db;
use serde::Serialize;

use super::OperationError;
use crate::audit::{self, Actor, Entry, Event};
use crate::ca::{self, NewAuthority};
use crate::store::{authority, enrolments};

/// What everybody may know of the authority.
#[derive(Clone, Debug, Serialize)]
pub struct ShownAuthority {
    /// PEM
    pub root: String,
    /// SHA-256 of the root in lower-case hexadecimal.
    pub fingerprint: String,
}

/// Root and intermediate, which nobody knows yet.
pub(crate) fn make(domain: &str, now_us: i64) -> Result<NewAuthority, OperationError> {
    Ok(NewAuthority::generate(domain, now_us)?)
}

/// `replace`: where there is one already, it and its codes end.
pub(crate) async fn run(
    db: &Db,
    made: NewAuthority,
    replace: bool,
    actor: Actor,
    now_us: i64,
) -> Result<ShownAuthority, OperationError> {
    let row = made.row;
    let shown = show(row.root.clone())?;
    db.write(move |conn| {
        if replace {
            authority::delete(conn)?;
            enrolments::delete_all(conn)?;
        }
        if !authority::insert(conn, &row)? {
            return Err(OperationError::AuthorityExists);
        }
        let entry = Entry::success(Event::AuthorityCreated, actor);
        Ok(audit::append(conn, &entry, now_us)?)
    })
    .await?;
    Ok(shown)
}

/// The authority that there is.
pub(crate) async fn find(db: &Db) -> Result<ShownAuthority, OperationError> {
    let root = db
        .read(|conn| Ok::<_, OperationError>(authority::root(conn)?))
        .await?;
    show(root.ok_or(OperationError::NoAuthority)?)
}

fn show(root: String) -> Result<ShownAuthority, OperationError> {
    Ok(ShownAuthority {
        fingerprint: ca::fingerprint(&root)?,
        root,
    })
}

//! Writes down a person with a role, without an invitation: for a program that sets up a whole system.

use api_spec::token::Role;
use foundation::{Db, Language};

use super::OperationError;
use crate::audit::{self, Actor, Entry, Event};
use crate::people::{Person, RoleAt, normal_email, normal_name};
use crate::store::people;

/// Who it is, and what they are.
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub name: String,
    pub email: String,
    pub language: Language,
    pub role: Role,
    pub tenant_id: String,
    /// `None`: at every site of the tenant.
    pub site_id: Option<String>,
    /// What the site is called; empty where nobody says so.
    pub site_name: String,
    /// Where a resident lives.
    pub unit: Option<String>,
}

/// Answers the person's id. They have no password; a sign-in link lets them in.
pub(crate) async fn run(
    db: &Db,
    new: NewPerson,
    actor: Actor,
    now_us: i64,
) -> Result<String, OperationError> {
    let refused = |problem| OperationError::NotAllowed {
        what: "person",
        problem,
    };
    let person = Person {
        id: foundation::ids::id("per"),
        email: Some(normal_email(&new.email).ok_or_else(|| refused("this is no e-mail address"))?),
        name: normal_name(&new.name)
            .ok_or_else(|| refused("the name is empty, too long or of several lines"))?,
        language: new.language,
        created_at_us: now_us,
        disabled_at_us: None,
        is_email_verified: false,
    };
    let at = RoleAt {
        role: new.role,
        tenant_id: new.tenant_id,
        site_id: new.site_id.unwrap_or_default(),
        unit: new.unit.unwrap_or_default(),
        site_name: new.site_name,
    };
    db.write(move |conn| {
        if !people::insert(conn, &person, None)? {
            return Err(refused("somebody has that address"));
        }
        people::insert_role(conn, &person.id, &at, now_us)?;
        audit::append(conn, &Entry::success(Event::PersonAdded, actor), now_us)?;
        Ok(person.id)
    })
    .await
}

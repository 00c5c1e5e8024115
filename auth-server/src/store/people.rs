//! The tables `people` and `roles`.

use diesel::prelude::*;
use foundation::{Conn, DbError, Language, on};

use super::schema::{people, roles};
use super::unreadable;
use crate::people::{Person, Role, RoleAt};

#[derive(Queryable, Selectable)]
#[diesel(table_name = people)]
struct PersonRow {
    id: String,
    email: Option<String>,
    name: String,
    language: String,
    created_at_us: i64,
    disabled_at_us: Option<i64>,
    email_verified_at_us: Option<i64>,
}

/// role, tenant_id, site_id, unit, site_name
type RoleRow = (String, String, String, String, String);

pub(crate) fn find(conn: &mut Conn, id: &str) -> Result<Option<Person>, DbError> {
    let row: Option<PersonRow> = on!(conn, |c| people::table
        .find(id)
        .select(PersonRow::as_select())
        .first(c)
        .optional())?;
    row.map(person).transpose()
}

/// Whose address it is, and the password kept.
pub(crate) fn find_by_email(
    conn: &mut Conn,
    email: &str,
) -> Result<Option<(Person, Option<String>)>, DbError> {
    let row: Option<(PersonRow, Option<String>)> = on!(conn, |c| people::table
        .filter(people::email.eq(email))
        .select((PersonRow::as_select(), people::password))
        .first(c)
        .optional())?;
    row.map(|(row, password)| Ok((person(row)?, password)))
        .transpose()
}

pub(crate) fn find_password(conn: &mut Conn, id: &str) -> Result<Option<String>, DbError> {
    let password: Option<Option<String>> = on!(conn, |c| people::table
        .find(id)
        .select(people::password)
        .first(c)
        .optional())?;
    Ok(password.flatten())
}

pub(crate) fn update_password(conn: &mut Conn, id: &str, password: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(people::table.find(id))
        .set(people::password.eq(password))
        .execute(c))?;
    Ok(())
}

/// Mail to this address has arrived, if it is still the person's.
pub(crate) fn update_email_verified(
    conn: &mut Conn,
    id: &str,
    email: &str,
    now_us: i64,
) -> Result<(), DbError> {
    let row = people::table
        .filter(people::id.eq(id))
        .filter(people::email.eq(email));
    on!(conn, |c| diesel::update(row)
        .set(people::email_verified_at_us.eq(now_us))
        .execute(c))?;
    Ok(())
}

/// False if somebody has that address.
pub(crate) fn insert(conn: &mut Conn, new: &Person, password: Option<&str>) -> Result<bool, DbError> {
    let row = (
        people::id.eq(&new.id),
        people::email.eq(&new.email),
        people::name.eq(&new.name),
        people::language.eq(new.language.code()),
        people::password.eq(password),
        people::created_at_us.eq(new.created_at_us),
        people::disabled_at_us.eq(new.disabled_at_us),
    );
    let inserted = on!(conn, |c| diesel::insert_into(people::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}

pub(crate) fn insert_role(
    conn: &mut Conn,
    person_id: &str,
    at: &RoleAt,
    created_at_us: i64,
) -> Result<(), DbError> {
    let row = (
        roles::person_id.eq(person_id),
        roles::role.eq(at.role.name()),
        roles::tenant_id.eq(&at.tenant_id),
        roles::site_id.eq(&at.site_id),
        roles::unit.eq(&at.unit),
        roles::site_name.eq(&at.site_name),
        roles::created_at_us.eq(created_at_us),
    );
    on!(conn, |c| diesel::insert_into(roles::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

pub(crate) fn roles(conn: &mut Conn, person_id: &str) -> Result<Vec<RoleAt>, DbError> {
    let rows: Vec<RoleRow> = on!(conn, |c| roles::table
        .filter(roles::person_id.eq(person_id))
        .select((
            roles::role,
            roles::tenant_id,
            roles::site_id,
            roles::unit,
            roles::site_name
        ))
        .load(c))?;
    rows.into_iter().map(role_at).collect()
}

/// What a site was called by whoever invited to it last.
pub(crate) fn site_name(conn: &mut Conn, tenant_id: &str, site_id: &str) -> Result<Option<String>, DbError> {
    let at_site = roles::tenant_id.eq(tenant_id).and(roles::site_id.eq(site_id));
    Ok(on!(conn, |c| roles::table
        .filter(at_site.and(roles::site_name.ne("")))
        .order(roles::created_at_us.desc())
        .select(roles::site_name)
        .first(c)
        .optional())?)
}

/// Whether anybody can run the system.
pub(crate) fn is_there_an_operator(conn: &mut Conn) -> Result<bool, DbError> {
    let found: Option<String> = on!(conn, |c| people::table
        .inner_join(roles::table)
        .filter(roles::role.eq(Role::Operator.name()))
        .filter(people::disabled_at_us.is_null())
        .select(people::id)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

/// Forgets who somebody was. The id stays in the audit log, where it means nobody any more.
pub(crate) fn delete(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(
        roles::table.filter(roles::person_id.eq(id))
    )
    .execute(c))?;
    on!(conn, |c| diesel::delete(people::table.find(id)).execute(c))?;
    Ok(())
}

fn person(row: PersonRow) -> Result<Person, DbError> {
    Ok(Person {
        id: row.id,
        email: row.email,
        name: row.name,
        language: Language::from_code(&row.language).ok_or_else(|| unreadable("language"))?,
        created_at_us: row.created_at_us,
        disabled_at_us: row.disabled_at_us,
        is_email_verified: row.email_verified_at_us.is_some(),
    })
}

fn role_at((role, tenant_id, site_id, unit, site_name): RoleRow) -> Result<RoleAt, DbError> {
    Ok(RoleAt {
        role: Role::from_name(&role).ok_or_else(|| unreadable("role"))?,
        tenant_id,
        site_id,
        unit,
        site_name,
    })
}

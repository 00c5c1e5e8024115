//! Who changed what at a site. Operators see the whole tenant's log; managers what touches their site.

use std::collections::{HashMap, HashSet};

use actix_web::{HttpResponse, web};
use api_spec::rest::AuditEntry;
use api_spec::token::Role;
use askama::Template;
use foundation::{Conn, DbError};

use super::super::figures;
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::ManagerWords;
use super::tabs::{self, SiteFrame, Tab};
use crate::operations::list_audit::list_audit;
use crate::operations::local_days;
use crate::store::audit_subjects::Which;
use crate::store::{controllers, drivers, outlets, sessions};

/// Entries that are looked through, and shown at most.
const LOOKED_THROUGH: i64 = 1000;
const SHOWN: usize = 100;
const MOST_CHARS: usize = 60;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    lines: Vec<Line>,
}

struct Line {
    at: String,
    who: String,
    action: String,
    resource: String,
    changes: Vec<String>,
    hash: String,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = page(&visit, &id).await;
    visit.answered(shown)
}

async fn page(visit: &Visit, id: &str) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let (site, sees_all) = (seen.site.clone(), seen.viewer.role_at(id) == Some(Role::Operator));
    let read = visit.context.db.read(move |conn| {
        let mut entries = entries(conn, &site.tenant_id)?;
        if !sees_all {
            let here = ids_of(conn, &site.id)?;
            let of_site = |entry: &AuditEntry| touches(&entry.resource, &here);
            let sessions_here = |entry: &AuditEntry, conn: &mut Conn| is_session_at(conn, entry, &site.id);
            let mut kept = Vec::new();
            for entry in entries {
                if of_site(&entry) || sessions_here(&entry, conn)? {
                    kept.push(entry);
                }
            }
            entries = kept;
        }
        entries.truncate(SHOWN);
        let ids: Vec<String> = entries.iter().map(|entry| entry.actor.id.clone()).collect();
        let names = drivers::names(conn, &site.tenant_id, &ids)?;
        Ok::<_, DbError>((entries, names))
    });
    let (entries, names) = read.await?;
    let zone = local_days::zone(&seen.site.zone);
    let at = |entry: &AuditEntry| figures::full_moment(entry.at.0, &zone, visit.language);
    let lines = entries
        .iter()
        .map(|entry| line(entry, at(entry), &names))
        .collect();
    let (frame, site) = seen.frames(visit, Tab::Audit);
    let w = ManagerWords::of(visit.language);
    Ok(visit.page(&AuditPage {
        frame,
        site,
        w,
        lines,
    }))
}

/// The beginning of what a person does not read whole.
fn short(text: &str) -> String {
    let beginning: String = text.chars().take(MOST_CHARS).collect();
    if beginning == text {
        beginning
    } else {
        format!("{beginning}…")
    }
}

fn entries(conn: &mut Conn, tenant_id: &str) -> Result<Vec<AuditEntry>, DbError> {
    let which = Which {
        tenant_id: tenant_id.to_owned(),
        resource: None,
        actor_id: None,
        from_us: None,
        to_us: None,
    };
    let entries = list_audit(conn, &which, None, LOOKED_THROUGH)?;
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

/// The site's own id, and those of what is in it.
fn ids_of(conn: &mut Conn, site_id: &str) -> Result<HashSet<String>, DbError> {
    let mut ids = HashSet::from([site_id.to_owned()]);
    ids.extend(
        controllers::names_of_site(conn, site_id)?
            .into_iter()
            .map(|(id, _)| id),
    );
    let known = outlets::list_known_of_site(conn, site_id)?;
    ids.extend(known.into_iter().map(|(outlet, _, _)| outlet.id));
    Ok(ids)
}

fn touches(resource: &str, here: &HashSet<String>) -> bool {
    resource.split('/').any(|part| here.contains(part))
}

fn is_session_at(conn: &mut Conn, entry: &AuditEntry, site_id: &str) -> Result<bool, DbError> {
    let Some(id) = entry.resource.strip_prefix("/v1/sessions/") else {
        return Ok(false);
    };
    let Some(session) = sessions::find(conn, id)? else {
        return Ok(false);
    };
    let outlet = outlets::find(conn, session.outlet_key)?;
    Ok(outlet.is_some_and(|outlet| outlet.site_id == site_id))
}

fn line(entry: &AuditEntry, at: String, names: &HashMap<String, String>) -> Line {
    let actor = &entry.actor;
    let shown = |value: &Option<serde_json::Value>| match value {
        None => "–".to_owned(),
        Some(value) => short(&value.to_string()),
    };
    Line {
        at,
        who: names.get(&actor.id).unwrap_or(&actor.id).clone(),
        action: entry.action.clone(),
        resource: entry.resource.clone(),
        changes: entry
            .changes
            .iter()
            .map(|change| {
                format!(
                    "{}: {} → {}",
                    change.member,
                    shown(&change.before),
                    shown(&change.after)
                )
            })
            .collect(),
        hash: entry.hash.chars().take(12).collect(),
    }
}

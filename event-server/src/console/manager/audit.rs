//! Who changed what at a site. Operators see the whole tenant's log; managers what touches their site.

use std::slice;

use actix_web::{HttpResponse, web};
use api_spec::rest::{AuditActorKind, AuditEntry};
use api_spec::token::Role;
use askama::Template;
use foundation::{Conn, DbError};

use super::super::figures;
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::{ManagerWords, done};
use super::audit_changes::{Reader, path_of};
use super::statements::asked;
use super::tabs::{self, Seen, SiteFrame, Tab};
use crate::http::{Csv, exported_audit};
use crate::operations::list_audit::list_audit;
use crate::operations::local_days;
use crate::operations::thing_names::thing_names;
use crate::store::audit_subjects::Which;
use crate::store::statement_corrections::{self, Correction};
use crate::store::{browser_sessions, drivers};

/// At once.
const SHOWN: i64 = 100;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    lines: Vec<Line>,
    /// Before which entry the next page begins.
    older: Option<i64>,
}

struct Line {
    at: String,
    who: String,
    /// Where a name stands for it.
    who_id: Option<String>,
    /// In words.
    did: String,
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
    let which = which(&seen);
    let before = asked(visit, "before").and_then(|text| text.parse().ok());
    let site_id = seen.site.id.clone();
    let read = visit.context.db.read(move |conn| {
        let entries = list_audit(conn, &which, before, SHOWN + 1)?;
        let ids: Vec<String> = entries.iter().map(|(_, entry)| entry.actor.id.clone()).collect();
        let mut names = drivers::names(conn, &which.tenant_id, &ids)?;
        names.extend(browser_sessions::names(conn, &which.tenant_id, &ids)?);
        let named = named_in(&entries);
        let things = entries.iter().map(|(_, entry)| entry.resource.as_str());
        let things = things.chain(named.iter().map(String::as_str));
        let things = thing_names(conn, &which.tenant_id, things)?;
        let corrections = corrections_in(conn, &site_id, &entries)?;
        Ok::<_, DbError>((entries, names, things, corrections))
    });
    let (mut entries, names, things, corrections) = read.await?;
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let has_more = entries.len() > shown;
    entries.truncate(shown);
    let older = entries.last().filter(|_| has_more).map(|(number, _)| *number);
    let zone = local_days::zone(&seen.site.zone);
    let at = |entry: &AuditEntry| figures::full_moment(entry.at.0, &zone, visit.language);
    let reader = Reader {
        zone: &zone,
        language: visit.language,
        things: &things,
        people: &names,
        corrections: &corrections,
    };
    let lines = entries
        .iter()
        .map(|(_, entry)| {
            let name = things.get(&entry.resource).map(String::as_str);
            let did = done(&entry.action, (&entry.resource, name), visit.language);
            line(entry, (at(entry), did), &reader)
        })
        .collect();
    let (frame, site) = seen.frames(visit, Tab::Audit);
    let w = ManagerWords::of(visit.language);
    Ok(visit.page(&AuditPage {
        frame,
        site,
        w,
        lines,
        older,
    }))
}

/// What this viewer sees of the log.
fn which(seen: &Seen) -> Which {
    let sees_all = seen.viewer.role_at(&seen.site.id) == Some(Role::Operator);
    Which {
        tenant_id: seen.site.tenant_id.clone(),
        resource: None,
        site_id: Some(seen.site.id.clone()).filter(|_| !sees_all),
        actor_id: None,
        from_us: None,
        to_us: None,
    }
}

pub(super) async fn csv(visit: Visit, id: web::Path<String>) -> HttpResponse {
    let shown = written(&visit, &id).await;
    visit.answered(shown)
}

async fn written(visit: &Visit, id: &str) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let csv = Csv {
        bom: true,
        ..Csv::default()
    };
    Ok(exported_audit(visit.context.clone(), which(&seen), csv).await?)
}

/// The paths of what is named as values, one or several.
fn named_in(entries: &[(i64, AuditEntry)]) -> Vec<String> {
    let changes = entries.iter().flat_map(|(_, entry)| &entry.changes);
    let paths = changes.flat_map(|change| {
        let values = [&change.before, &change.after].into_iter().flatten();
        let ids = values.flat_map(|value| value.as_array().map_or(slice::from_ref(value), Vec::as_slice));
        ids.filter_map(|id| path_of(&change.member, id.as_str()?))
    });
    paths.collect()
}

/// What is told of as written at the site.
fn corrections_in(
    conn: &mut Conn,
    site_id: &str,
    entries: &[(i64, AuditEntry)],
) -> Result<Vec<Correction>, DbError> {
    let resources = entries.iter().map(|(_, entry)| entry.resource.as_str());
    let ids: Vec<&str> = resources
        .filter_map(|resource| resource.split_once("/statement-corrections/"))
        .map(|(_, id)| id)
        .collect();
    statement_corrections::list_by_ids(conn, site_id, &ids)
}

fn line(entry: &AuditEntry, (at, did): (String, String), reader: &Reader<'_>) -> Line {
    let actor = &entry.actor;
    let name = match actor.kind {
        AuditActorKind::Person => reader.people.get(&actor.id).map(String::as_str),
        AuditActorKind::Client => Some(ManagerWords::of(reader.language).a_program),
    };
    Line {
        at,
        did,
        who: name.unwrap_or(&actor.id).to_owned(),
        who_id: name.map(|_| actor.id.clone()),
        action: entry.action.clone(),
        resource: entry.resource.clone(),
        changes: reader.changes(entry),
        hash: entry.hash.chars().take(12).collect(),
    }
}

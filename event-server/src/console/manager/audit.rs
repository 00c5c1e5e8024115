//! Who changed what at a site. Operators see the whole tenant's log; managers what touches their site.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use api_spec::rest::AuditEntry;
use api_spec::token::Role;
use askama::Template;
use foundation::DbError;

use super::super::figures;
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::{ManagerWords, done};
use super::statements::asked;
use super::tabs::{self, Seen, SiteFrame, Tab};
use crate::http::{Csv, exported_audit};
use crate::operations::list_audit::list_audit;
use crate::operations::local_days;
use crate::operations::thing_names::thing_names;
use crate::store::audit_subjects::Which;
use crate::store::{browser_sessions, drivers};

/// At once.
const SHOWN: i64 = 100;
const MOST_CHARS: usize = 60;

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
    let read = visit.context.db.read(move |conn| {
        let entries = list_audit(conn, &which, before, SHOWN + 1)?;
        let ids: Vec<String> = entries.iter().map(|(_, entry)| entry.actor.id.clone()).collect();
        let mut names = drivers::names(conn, &which.tenant_id, &ids)?;
        names.extend(browser_sessions::names(conn, &which.tenant_id, &ids)?);
        let things = entries.iter().map(|(_, entry)| entry.resource.as_str());
        let things = thing_names(conn, &which.tenant_id, things)?;
        Ok::<_, DbError>((entries, names, things))
    });
    let (mut entries, names, things) = read.await?;
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let has_more = entries.len() > shown;
    entries.truncate(shown);
    let older = entries.last().filter(|_| has_more).map(|(number, _)| *number);
    let zone = local_days::zone(&seen.site.zone);
    let at = |entry: &AuditEntry| figures::full_moment(entry.at.0, &zone, visit.language);
    let lines = entries
        .iter()
        .map(|(_, entry)| {
            let name = things.get(&entry.resource).map(String::as_str);
            let did = done(&entry.action, (&entry.resource, name), visit.language);
            line(entry, (at(entry), did), &names)
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

/// The beginning of what a person does not read whole.
fn short(text: &str) -> String {
    let beginning: String = text.chars().take(MOST_CHARS).collect();
    if beginning == text {
        beginning
    } else {
        format!("{beginning}…")
    }
}

fn line(entry: &AuditEntry, (at, did): (String, String), names: &HashMap<String, String>) -> Line {
    let actor = &entry.actor;
    let shown = |value: &Option<serde_json::Value>| match value {
        None => "–".to_owned(),
        Some(value) => short(&value.to_string()),
    };
    Line {
        at,
        did,
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

//! Letting an outlet be used again after its fault was looked at: asked once more, and told what came of it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{CommandKind, CommandState};
use askama::Template;
use foundation::DbError;
use serde::Deserialize;
use serde_json::json;

use super::super::acting::Acting;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{FaultWords, fault};
use super::outlets::at_outlet;
use super::tabs::{self, Seen, SiteFrame, Tab};
use crate::error::Refusal;
use crate::http::until_settled;
use crate::operations::command_outlet::command_outlet;
use crate::operations::resources::to_clear;
use crate::store::outlets;

/// A breaker that can be cleared is cleared within a look or two.
const WAIT_S: u64 = 10;

#[derive(Template)]
#[template(path = "clear_fault.html")]
struct FaultPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static FaultWords,
    outlet: Faulted,
    fault: &'static str,
    /// Why it was not cleared.
    problem: Option<&'static str>,
}

/// An outlet that somebody has to look at.
struct Faulted {
    id: String,
    name: String,
    fault: String,
}

/// What the form says.
#[derive(Deserialize)]
pub(super) struct Looked {
    #[serde(default)]
    looked: Option<String>,
}

pub(super) async fn ask(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = asked(&visit, path.into_inner()).await;
    visit.answered(shown)
}

async fn asked(visit: &Visit, (site_id, outlet_id): (String, String)) -> Shown {
    let seen = tabs::open_to_change(visit, &site_id).await?;
    match faulted(visit, &seen, outlet_id).await? {
        Some(outlet) => Ok(page(visit, &seen, outlet, None)),
        // It was cleared meanwhile.
        None => Ok(visit.redirect(&format!("/sites/{site_id}/outlets"))),
    }
}

/// An outlet of the site, if it has a fault that can be cleared.
async fn faulted(visit: &Visit, seen: &Seen, outlet_id: String) -> Result<Option<Faulted>, NoPage> {
    let (tenant_id, site_id) = (seen.site.tenant_id.clone(), seen.site.id.clone());
    let read = visit.context.db.read(move |conn| {
        let known = outlets::find_known(conn, &tenant_id, &outlet_id)?;
        Ok::<_, DbError>(known.filter(|(outlet, _, _)| outlet.site_id == site_id))
    });
    let (outlet, current, _) = read.await?.ok_or(NoPage::NothingHere)?;
    Ok(to_clear(&current).map(|fault| Faulted {
        id: outlet.id,
        name: outlet.name,
        fault,
    }))
}

fn page(visit: &Visit, seen: &Seen, outlet: Faulted, problem: Option<&'static str>) -> HttpResponse {
    let (frame, site) = seen.frames(visit, Tab::Outlets);
    let status = match problem {
        Some(_) => StatusCode::CONFLICT,
        None => StatusCode::OK,
    };
    let page = FaultPage {
        frame,
        site,
        w: FaultWords::of(visit.language),
        fault: fault(Some(&outlet.fault), visit.language),
        outlet,
        problem,
    };
    visit.page_with(status, &page)
}

pub(super) async fn clear(acting: Acting<Looked>, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = cleared(&acting, path.into_inner()).await;
    acting.answered(shown)
}

async fn cleared(acting: &Acting<Looked>, (site_id, outlet_id): (String, String)) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, &site_id).await?;
    let w = FaultWords::of(visit.language);
    let problem = match acting.form.looked {
        None => Some(w.not_looked),
        Some(_) => problem(acting, &seen, &outlet_id).await?,
    };
    match (problem, faulted(visit, &seen, outlet_id).await?) {
        (Some(problem), Some(outlet)) => Ok(page(visit, &seen, outlet, Some(problem))),
        // Where what follows is seen as it happens.
        (None, _) | (_, None) => Ok(visit.redirect(&format!("/sites/{site_id}?cleared=true"))),
    }
}

/// Has the controller clear it; why it does not, or nothing.
async fn problem(
    acting: &Acting<Looked>,
    seen: &Seen,
    outlet_id: &str,
) -> Result<Option<&'static str>, NoPage> {
    let visit = &acting.visit;
    let w = FaultWords::of(visit.language);
    let outcomes = visit.context.signals.outcomes();
    let asked = at_outlet(acting, seen.site.clone(), outlet_id.to_owned(), |tx, named| {
        let named = (named.0.as_str(), named.1.as_str());
        command_outlet(tx, named, CommandKind::ClearFault, json!({}))
    });
    let accepted = match asked.await {
        Ok(accepted) => accepted,
        Err(Refusal::ControllerOffline) => return Ok(Some(w.offline)),
        Err(other) => return Err(other.into()),
    };
    let settled = until_settled(&visit.request, (outcomes, &accepted.command.id), WAIT_S).await?;
    Ok(match settled.map(|command| command.state) {
        Some(CommandState::Confirmed) => None,
        Some(CommandState::Refused | CommandState::Failed) => Some(w.still_there),
        Some(CommandState::Accepted | CommandState::Sent | CommandState::Expired) | None => Some(w.no_answer),
    })
}

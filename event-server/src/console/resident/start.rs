//! What somebody is about to start, once more; and starting it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::NewSession;
use askama::Template;

use super::super::acting::Acting;
use super::super::figures;
use super::super::place::Place;
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::ResidentWords;
use super::card::Card;
use super::choice::{Choice, Wish};
use super::consent;
use super::outlet;
use super::presence::{self, Presence};
use crate::error::Refusal;
use crate::operations::presence::{Door, count_try};
use crate::operations::start_own_session::{NotStarted, Own, start_own_session};

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    frame: Frame,
    w: &'static ResidentWords,
    card: Card,
    wish: Wish,
    choice: String,
    ends: String,
    energy: String,
    cost: Option<String>,
    /// Whether a full car that stays costs more.
    idle_on_top: bool,
    is_others: bool,
    own_unit: Option<String>,
    needs_consent: bool,
    needs_presence: bool,
    /// Why it was not started.
    problem: Option<&'static str>,
}

pub(in crate::console) async fn confirm(
    visit: Visit,
    code: web::Path<String>,
    wish: web::Query<Wish>,
) -> HttpResponse {
    let shown = confirm_page(&visit, &code, wish.0).await;
    visit.answered(shown)
}

async fn confirm_page(visit: &Visit, code: &str, wish: Wish) -> Shown {
    let Some(place) = outlet::find(visit, code).await? else {
        return outlet::unknown(visit).await;
    };
    let viewer = visit.viewer()?;
    if let Some(why) = outlet::why_not(visit, viewer, &place).await? {
        return Ok(not_possible(visit, (StatusCode::FORBIDDEN, &why), code));
    }
    let choice = match Choice::at(&place, &wish, visit.language) {
        Ok(choice) => choice,
        Err(problem) => return outlet::again(visit, &place, &wish, problem).await,
    };
    shown(visit, &place, (choice, wish), None).await
}

/// What is about to start; where it was not, why, and with what was sent.
async fn shown(
    visit: &Visit,
    place: &Place,
    (choice, wish): (Choice, Wish),
    problem: Option<(StatusCode, &'static str)>,
) -> Shown {
    let viewer = visit.viewer()?;
    let outlook = choice.outlook(place, visit.now_us);
    let own_unit = viewer.home_at(&place.site.id, place.outlet.unit.as_deref());
    let own_unit = own_unit.map(str::to_owned);
    let unit = place.unit_of_energy(visit.language);
    let idle = place.pricing.as_ref().and_then(|pricing| pricing.terms.idle);
    let page = ConfirmPage {
        w: ResidentWords::of(visit.language),
        card: Card::of(place, visit),
        choice: choice.in_words(unit, visit.language),
        ends: figures::moment(outlook.ends_at_us, &place.zone, visit.language),
        energy: format!("{} {unit}", figures::kwh_about(outlook.energy_wh)),
        cost: outlook.yen.map(|yen| figures::yen(yen, visit.language)),
        idle_on_top: idle.is_some_and(|idle| idle.yen_per_minute > 0),
        is_others: outlet::is_others(own_unit.as_deref(), place),
        own_unit,
        needs_consent: consent::is_needed(visit, viewer, place).await?,
        needs_presence: presence::known(visit, place).await? == Presence::Missing,
        frame: visit.frame(),
        wish,
        problem: problem.map(|(_, text)| text),
    };
    let status = problem.map_or(StatusCode::OK, |(status, _)| status);
    Ok(visit.page_with(status, &page))
}

pub(in crate::console) async fn start(acting: Acting<Wish>, code: web::Path<String>) -> HttpResponse {
    let shown = started(&acting, &code).await;
    acting.answered(shown)
}

async fn started(acting: &Acting<Wish>, code: &str) -> Shown {
    let visit = &acting.visit;
    let w = ResidentWords::of(visit.language);
    let Some(place) = outlet::find(visit, code).await? else {
        return outlet::unknown(visit).await;
    };
    if let Some(why) = outlet::why_not(visit, &acting.viewer, &place).await? {
        return Ok(not_possible(visit, (StatusCode::FORBIDDEN, &why), code));
    }
    let choice = match Choice::at(&place, &acting.form, visit.language) {
        Ok(choice) => choice,
        Err(problem) => return outlet::again(visit, &place, &acting.form, problem).await,
    };
    let agreed = match consent::is_needed(visit, &acting.viewer, &place).await? {
        true if acting.form.consent.is_none() => {
            let why = (StatusCode::FORBIDDEN, w.consent_needed);
            return shown(visit, &place, (choice, acting.form.clone()), Some(why)).await;
        }
        true => Some(consent::given(&place)),
        false => None,
    };
    let asked = NewSession {
        outlet_id: place.outlet.id.clone(),
        driver_id: acting.viewer.person_id.clone(),
        limits: choice.asked(visit.now_us, &place.zone),
        presence_code: typed_presence(&acting.form),
    };
    let tenant_id = acting.viewer.tenant_id.clone();
    if asked.presence_code.is_some()
        && let Err(refusal) = count_presence(acting).await
    {
        return not_started(acting, &place, choice, refusal.into()).await;
    }
    let unit = acting
        .viewer
        .home_at(&place.site.id, place.outlet.unit.as_deref());
    let own = Own {
        door: Door::Page(presence::proof(visit)),
        unit: unit.map(str::to_owned),
    };
    let begun = acting
        .transact("/v1/sessions".to_owned(), move |tx| {
            if let Some(consent) = agreed {
                consent::keep(tx, (&tenant_id, &asked.driver_id), consent)?;
            }
            start_own_session(tx, &tenant_id, &asked, &own)
        })
        .await;
    match begun {
        Ok(accepted) => Ok(visit.redirect(&format!("/charges/{}", accepted.session.id))),
        Err(why) => not_started(acting, &place, choice, why).await,
    }
}

fn typed_presence(wish: &Wish) -> Option<String> {
    let typed = wish.presence_code.trim();
    Some(typed.to_owned()).filter(|typed| !typed.is_empty())
}

async fn count_presence(acting: &Acting<Wish>) -> Result<(), Refusal> {
    let (viewer, now_us) = (acting.viewer.clone(), acting.visit.now_us);
    let counted = acting
        .visit
        .context
        .db
        .write(move |conn| count_try(conn, (&viewer.tenant_id, &viewer.person_id), now_us));
    counted.await
}

/// Pressed twice, it is one start.
async fn not_started(acting: &Acting<Wish>, place: &Place, choice: Choice, why: NotStarted) -> Shown {
    let visit = &acting.visit;
    let w = ResidentWords::of(visit.language);
    let held = place.outlet.session.as_ref();
    let own = held.filter(|session| session.driver_id == acting.viewer.person_id);
    let code = &place.outlet.public_code;
    let said = |text| Ok(not_possible(visit, (StatusCode::CONFLICT, text), code));
    let unusable = |text| {
        let text = place.and_whom(text, visit.language);
        Ok(not_possible(visit, (StatusCode::CONFLICT, &text), code))
    };
    let again = |text| {
        let why = Some((StatusCode::CONFLICT, text));
        shown(visit, place, (choice, acting.form.clone()), why)
    };
    match (why, own) {
        (NotStarted::Refused(Refusal::OutletBusy), Some(session)) => {
            Ok(visit.redirect(&format!("/charges/{}", session.id)))
        }
        (NotStarted::TooMany, _) => said(w.too_many),
        (NotStarted::TooOften, _) => said(w.too_often),
        (NotStarted::Refused(Refusal::OutletBusy), None) => said(w.busy),
        (NotStarted::Refused(Refusal::ControllerOffline), _) => unusable(w.offline),
        (NotStarted::Refused(Refusal::OutletFaulted(_)), _) => unusable(w.faulted),
        (NotStarted::Refused(Refusal::OutletDisabled(_)), _) => unusable(w.disabled),
        (NotStarted::Refused(Refusal::OutletReserved), _) => said(w.reserved),
        (NotStarted::Refused(Refusal::DriverBlocked | Refusal::DriverNotAllowed(_)), _) => {
            unusable(w.not_for_you)
        }
        (NotStarted::Refused(Refusal::Invalid(_)), _) => {
            outlet::again(visit, place, &acting.form, w.bad_limit.to_owned()).await
        }
        (NotStarted::Refused(Refusal::PresenceCodeNeeded), _) => again(w.presence_needed).await,
        (NotStarted::Refused(Refusal::PresenceCodeWrong), _) => again(w.presence_wrong).await,
        (NotStarted::Refused(Refusal::PresenceTriesUsed), _) => again(w.presence_tries).await,
        (NotStarted::Refused(other), _) => Err(other.into()),
    }
}

fn not_possible(visit: &Visit, (status, text): (StatusCode, &str), code: &str) -> HttpResponse {
    let words = visit.words();
    let back = format!("/o/{code}");
    let said = (words.not_possible, text);
    visit.message(status, said, Some((&back, words.back)))
}

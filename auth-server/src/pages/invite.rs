//! `/account/invite`: an operator or a manager invites somebody; the link, and the same as a QR code. Whom they have invited
//! and who has not come yet is listed, and can be taken back.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use foundation::DbError;
use foundation::typed::narrow;
use qrcode::QrCode;
use qrcode::render::svg;

use super::account::act;
use super::times::Times;
use super::visit::{Posted, SignedIn, Visit, origin_of, parameter};
use super::words::Words;
use crate::http::Server;
use crate::operations::OperationError;
use crate::operations::invite::{self, Invited};
use crate::operations::open_invitations::{self, OpenInvitation};
use crate::people::{Role, RoleAt};
use crate::store::people;

const MAX_FIELD_CHARS: usize = 64;

#[derive(Template)]
#[template(path = "invite.html")]
struct InvitePage {
    w: &'static Words,
    form_token: String,
    roles: Vec<&'static str>,
    site: String,
    site_name: String,
    /// By the building's own page: nobody has to know its id.
    site_is_given: bool,
    outcome: Outcome,
    open: Vec<OpenInvitation>,
    times: Times,
}

/// What has come of the form.
enum Outcome {
    Asked,
    Made(Made),
    Withdrawn,
    Refused(&'static str),
}

struct Made {
    /// For whom: the role's name, the site and the unit.
    role: &'static str,
    site: String,
    unit: String,
    link: String,
    qr: String,
    until: String,
    /// Where the building's pages make a letter of it.
    letter: Option<String>,
}

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::new(server, &request);
    let answer = match visit.signed_in().await {
        Ok(Some(signed_in)) => {
            let at = ["site", "site_name"].map(|name| parameter(&request, name));
            show(&visit, &signed_in, at, Outcome::Asked).await
        }
        Ok(None) => Ok(visit.redirect("/login")),
        Err(error) => Err(error),
    };
    visit.answered(answer)
}

pub(super) async fn post(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, mut form| {
        let mut take = |name| form.take(name).unwrap_or_default();
        let (role, unit) = (take("role"), take("unit"));
        let at = ["site", "site_name"].map(&mut take);
        let to = match wanted(visit, &signed_in, &role, (&at, &unit)).await? {
            Ok(to) => to,
            Err(problem) => return show(visit, &signed_in, at, Outcome::Refused(problem)).await,
        };
        match invite::by_person(&visit.server.db, &signed_in.person.id, to.clone(), visit.now_us).await {
            Ok(invited) => {
                let made = made(visit, &invited, &to);
                show(visit, &signed_in, at, Outcome::Made(made)).await
            }
            Err(OperationError::Db(error)) => Err(error),
            Err(_) => {
                show(
                    visit,
                    &signed_in,
                    at,
                    Outcome::Refused(visit.words.may_not_invite),
                )
                .await
            }
        }
    })
    .await
}

pub(super) async fn withdraw(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, mut form| {
        let mut take = |name| form.take(name).unwrap_or_default();
        let id = take("id");
        let at = ["site", "site_name"].map(&mut take);
        let (db, person_id) = (&visit.server.db, &signed_in.person.id);
        let outcome = match open_invitations::withdraw(db, person_id, &id, visit.now_us).await? {
            true => Outcome::Withdrawn,
            false => Outcome::Refused(visit.words.invitation_gone),
        };
        show(visit, &signed_in, at, outcome).await
    })
    .await
}

/// The role in the tenant of whoever invites, or what is wrong with it.
async fn wanted(
    visit: &Visit,
    signed_in: &SignedIn,
    role: &str,
    ([site, site_name], unit): (&[String; 2], &str),
) -> Result<Result<RoleAt, &'static str>, DbError> {
    let is_word = |text: &str| text.chars().count() <= MAX_FIELD_CHARS && !text.chars().any(char::is_control);
    let tenant = roles(visit, signed_in)
        .await?
        .into_iter()
        .map(|at| at.tenant_id)
        .next();
    let (Some(role), Some(tenant_id)) = (Role::from_name(role), tenant) else {
        return Ok(Err(visit.words.may_not_invite));
    };
    let unit: String = unit.trim().chars().map(narrow).collect();
    if let Some(problem) = misplaced(visit.words, role, [site.trim(), &unit]) {
        return Ok(Err(problem));
    }
    let to = RoleAt {
        role,
        tenant_id,
        site_id: site.trim().to_owned(),
        unit,
        site_name: site_name.trim().to_owned(),
    };
    let is_good = is_word(&to.site_id) && is_word(&to.unit) && is_word(&to.site_name);
    Ok(if is_good {
        Ok(to)
    } else {
        Err(visit.words.may_not_invite)
    })
}

/// What is wrong with where somebody is to have a role.
fn misplaced(w: &'static Words, role: Role, [site, unit]: [&str; 2]) -> Option<&'static str> {
    // As the event-server makes them: whatever is mistyped would be a role that holds nowhere.
    let is_in_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_id = site.starts_with("sit") && site.contains('_') && site.chars().all(is_in_id);
    match role {
        Role::Operator => (!site.is_empty() || !unit.is_empty()).then_some(w.operator_everywhere),
        Role::Resident | Role::BoardMember | Role::Manager if site.is_empty() => Some(w.site_needed),
        Role::Resident | Role::BoardMember | Role::Manager if !is_id => Some(w.site_is_no_id),
        Role::Resident => unit.is_empty().then_some(w.unit_needed),
        Role::BoardMember | Role::Manager => None,
    }
}

async fn roles(visit: &Visit, signed_in: &SignedIn) -> Result<Vec<RoleAt>, DbError> {
    let id = signed_in.person.id.clone();
    let mut roles = visit.server.db.read(move |conn| people::roles(conn, &id)).await?;
    roles.sort_by_key(|at| std::cmp::Reverse(at.role));
    Ok(roles)
}

fn made(visit: &Visit, invited: &Invited, to: &RoleAt) -> Made {
    let link = format!("{}/invitation?code={}", visit.server.grants.issuer, invited.code);
    let code = QrCode::new(link.as_bytes()).map(|code| code.render::<svg::Color<'_>>().build());
    Made {
        role: to.role.name(),
        site: to.site().to_owned(),
        unit: to.unit.clone(),
        qr: code.unwrap_or_default(),
        until: Times::of(visit).told(&invited.expires_at),
        letter: letter(visit, invited, to),
        link,
    }
}

/// With all that is known already, but for the link: that is no address's to carry.
fn letter(visit: &Visit, invited: &Invited, to: &RoleAt) -> Option<String> {
    let pages = visit.server.pages_url.as_deref().and_then(origin_of)?;
    let until = Times::of(visit).last_whole_day(&invited.expires_at)?.to_string();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("unit", to.unit.as_str()), ("until", &until)])
        .finish();
    let site_id = &to.site_id;
    (to.role == Role::Resident).then(|| format!("{pages}/sites/{site_id}/people?{query}#letter"))
}

async fn show(
    visit: &Visit,
    signed_in: &SignedIn,
    [site, site_name]: [String; 2],
    outcome: Outcome,
) -> Result<HttpResponse, DbError> {
    let roles = roles(visit, signed_in).await?;
    let may: &[Role] = match roles.first().map(|at| at.role) {
        Some(Role::Operator) => &[Role::Resident, Role::BoardMember, Role::Manager, Role::Operator],
        Some(Role::Manager) => &[Role::Resident, Role::BoardMember],
        Some(Role::Resident | Role::BoardMember) | None => {
            let words = visit.words;
            return Ok(visit.message(StatusCode::FORBIDDEN, words.not_possible, words.may_not_invite));
        }
    };
    let own = roles.first();
    // Of one site alone, it is that.
    let or_own = |typed: String, own: Option<&String>| match typed.is_empty() {
        true => own.cloned().unwrap_or_default(),
        false => typed,
    };
    let status = match outcome {
        Outcome::Refused(_) => StatusCode::FORBIDDEN,
        Outcome::Asked | Outcome::Made(_) | Outcome::Withdrawn => StatusCode::OK,
    };
    let page = InvitePage {
        // What is refused can be put right.
        site_is_given: !site.is_empty() && !site_name.is_empty() && status == StatusCode::OK,
        w: visit.words,
        form_token: visit.form_token(),
        roles: may.iter().map(|role| role.name()).collect(),
        site: or_own(site, own.map(|at| &at.site_id)),
        site_name: or_own(site_name, own.map(|at| &at.site_name)),
        outcome,
        open: open_invitations::list(&visit.server.db, &signed_in.person.id, visit.now_us).await?,
        times: Times::of(visit),
    };
    Ok(visit.page(status, &page, None))
}

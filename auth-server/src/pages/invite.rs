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
use super::visit::{Posted, SignedIn, Visit, parameter};
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
    /// Names, and whether they are chosen.
    roles: Vec<(&'static str, bool)>,
    site: String,
    site_name: String,
    unit: String,
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
    Refused(Problem),
}

#[derive(Clone, Copy)]
enum Problem {
    /// Not theirs to do, or gone.
    Refused(&'static str),
    WithSite(&'static str),
    WithUnit(&'static str),
}

impl Outcome {
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(Problem::Refused(_)) => StatusCode::FORBIDDEN,
            Self::Refused(Problem::WithSite(_) | Problem::WithUnit(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Asked | Self::Made(_) | Self::Withdrawn => StatusCode::OK,
        }
    }

    /// Beside no field but that of the unit.
    fn problem(&self) -> Option<&'static str> {
        match self {
            Self::Refused(Problem::Refused(said) | Problem::WithSite(said)) => Some(said),
            Self::Refused(Problem::WithUnit(_)) | Self::Asked | Self::Made(_) | Self::Withdrawn => None,
        }
    }

    fn problem_with_unit(&self) -> Option<&'static str> {
        match self {
            Self::Refused(Problem::WithUnit(said)) => Some(said),
            Self::Refused(_) | Self::Asked | Self::Made(_) | Self::Withdrawn => None,
        }
    }
}

/// The form as it was typed.
struct Typed {
    role: String,
    site: String,
    site_name: String,
    unit: String,
}

impl Typed {
    fn taken(mut take: impl FnMut(&'static str) -> String) -> Self {
        Self {
            role: take("role"),
            site: take("site"),
            site_name: take("site_name"),
            unit: take("unit"),
        }
    }
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
            let typed = Typed::taken(|name| parameter(&request, name));
            show(&visit, &signed_in, typed, Outcome::Asked).await
        }
        Ok(None) => Ok(visit.redirect("/login")),
        Err(error) => Err(error),
    };
    visit.answered(answer)
}

pub(super) async fn post(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, mut form| {
        let typed = Typed::taken(|name| form.take(name).unwrap_or_default());
        let outcome = match wanted(visit, &signed_in, &typed).await? {
            Ok(to) => invited(visit, &signed_in, to).await?,
            Err(problem) => Outcome::Refused(problem),
        };
        let next = match outcome {
            // The next one is somebody else's.
            Outcome::Made(_) => Typed {
                unit: String::new(),
                ..typed
            },
            Outcome::Asked | Outcome::Withdrawn | Outcome::Refused(_) => typed,
        };
        show(visit, &signed_in, next, outcome).await
    })
    .await
}

async fn invited(visit: &Visit, signed_in: &SignedIn, to: RoleAt) -> Result<Outcome, DbError> {
    match invite::by_person(&visit.server.db, &signed_in.person.id, to.clone(), visit.now_us).await {
        Ok(invited) => Ok(Outcome::Made(made(visit, &invited, &to))),
        Err(OperationError::Db(error)) => Err(error),
        Err(_) => Ok(Outcome::Refused(Problem::Refused(visit.words.may_not_invite))),
    }
}

pub(super) async fn withdraw(posted: Posted) -> HttpResponse {
    act(posted, async |visit, signed_in, mut form| {
        let mut take = |name| form.take(name).unwrap_or_default();
        let id = take("id");
        let typed = Typed::taken(take);
        let (db, person_id) = (&visit.server.db, &signed_in.person.id);
        let outcome = match open_invitations::withdraw(db, person_id, &id, visit.now_us).await? {
            true => Outcome::Withdrawn,
            false => Outcome::Refused(Problem::Refused(visit.words.invitation_gone)),
        };
        show(visit, &signed_in, typed, outcome).await
    })
    .await
}

/// The role in the tenant of whoever invites, or what is wrong with it.
async fn wanted(
    visit: &Visit,
    signed_in: &SignedIn,
    typed: &Typed,
) -> Result<Result<RoleAt, Problem>, DbError> {
    let is_word = |text: &str| text.chars().count() <= MAX_FIELD_CHARS && !text.chars().any(char::is_control);
    let tenant = roles(visit, signed_in)
        .await?
        .into_iter()
        .map(|at| at.tenant_id)
        .next();
    let refused = Problem::Refused(visit.words.may_not_invite);
    let (Some(role), Some(tenant_id)) = (Role::from_name(&typed.role), tenant) else {
        return Ok(Err(refused));
    };
    let unit: String = typed.unit.trim().chars().map(narrow).collect();
    if let Some(problem) = misplaced(visit.words, role, [typed.site.trim(), &unit]) {
        return Ok(Err(problem));
    }
    let to = RoleAt {
        role,
        tenant_id,
        site_id: typed.site.trim().to_owned(),
        unit,
        site_name: typed.site_name.trim().to_owned(),
    };
    let is_good = is_word(&to.site_id) && is_word(&to.unit) && is_word(&to.site_name);
    Ok(if is_good { Ok(to) } else { Err(refused) })
}

/// What is wrong with where somebody is to have a role.
fn misplaced(w: &'static Words, role: Role, [site, unit]: [&str; 2]) -> Option<Problem> {
    // As the event-server makes them: whatever is mistyped would be a role that holds nowhere.
    let is_in_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_id = site.starts_with("sit") && site.contains('_') && site.chars().all(is_in_id);
    match role {
        Role::Operator => {
            (!site.is_empty() || !unit.is_empty()).then_some(Problem::WithSite(w.operator_everywhere))
        }
        Role::Resident | Role::BoardMember | Role::Manager if site.is_empty() => {
            Some(Problem::WithSite(w.site_needed))
        }
        Role::Resident | Role::BoardMember | Role::Manager if !is_id => {
            Some(Problem::WithSite(w.site_is_no_id))
        }
        Role::Resident => unit.is_empty().then_some(Problem::WithUnit(w.unit_needed)),
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
    let pages = visit.pages_origin()?;
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
    typed: Typed,
    outcome: Outcome,
) -> Result<HttpResponse, DbError> {
    let roles = roles(visit, signed_in).await?;
    let is_site_good = !matches!(outcome, Outcome::Refused(Problem::WithSite(_)));
    let site_is_given = !typed.site.is_empty() && !typed.site_name.is_empty() && is_site_good;
    let may: &[Role] = match roles.first().map(|at| at.role) {
        // Operators are of no building.
        Some(Role::Operator) if site_is_given => &[Role::Resident, Role::BoardMember, Role::Manager],
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
    let status = outcome.status();
    let choices = may.iter().map(|role| (role.name(), role.name() == typed.role));
    let page = InvitePage {
        site_is_given,
        w: visit.words,
        form_token: visit.form_token(),
        roles: choices.collect(),
        site: or_own(typed.site, own.map(|at| &at.site_id)),
        site_name: or_own(typed.site_name, own.map(|at| &at.site_name)),
        unit: typed.unit,
        outcome,
        open: open_invitations::list(&visit.server.db, &signed_in.person.id, visit.now_us).await?,
        times: Times::of(visit),
    };
    Ok(visit.page(status, &page, None))
}

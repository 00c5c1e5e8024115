//! The pages that people meet: sign-in, consent, invitation, account. Rendered here, without scripts.

mod account;
mod authorize;
mod consent;
mod cookies;
mod device;
mod invitation;
mod invite;
mod language;
mod link;
mod login;
mod logout;
mod passkey;
mod password;
mod times;
mod visit;
mod words;

use actix_web::http::header::{self, CACHE_CONTROL, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web};

pub(crate) use authorize::AUTHORIZE;
pub(crate) use logout::LOGOUT;

/// The table of pages.
pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.route(AUTHORIZE, web::get().to(authorize::get))
        .route(AUTHORIZE, web::post().to(authorize::post))
        .route("/login", web::get().to(login::get))
        .route("/login", web::post().to(login::post))
        .route("/login/link", web::get().to(link::get))
        .route("/login/link", web::post().to(link::ask))
        .route("/login/by-link", web::post().to(link::use_up))
        .route("/login/passkey", web::post().to(passkey::sign_in))
        .route("/passkey/challenge", web::post().to(passkey::challenge))
        .route("/account/add-passkey", web::post().to(passkey::add))
        .route("/account/remove-passkey", web::post().to(passkey::remove))
        .route("/login/go-on", web::get().to(login::go_on_page))
        .route("/consent", web::get().to(consent::get))
        .route("/consent", web::post().to(consent::post))
        .route("/invitation", web::get().to(invitation::get))
        .route("/invitation", web::post().to(invitation::post))
        .route("/", web::get().to(front))
        .route("/account", web::get().to(account::get))
        .route("/account/end-session", web::post().to(account::end_session))
        .route("/account/end-access", web::post().to(account::end_access))
        .route("/account/export", web::post().to(account::export))
        .route("/account/delete", web::post().to(account::delete))
        .route("/account/password", web::get().to(password::get))
        .route("/account/password", web::post().to(password::post))
        .route("/account/invite", web::get().to(invite::get))
        .route("/account/invite", web::post().to(invite::post))
        .route("/account/withdraw-invitation", web::post().to(invite::withdraw))
        .route(LOGOUT, web::get().to(logout::asked))
        .route(LOGOUT, web::post().to(logout::asked_by_form))
        .route("/language", web::post().to(language::choose))
        .route("/logout", web::post().to(logout::post))
        .route("/auth-assets/auth.css", web::get().to(style))
        .route("/auth-assets/passkey.js", web::get().to(script))
        .route("/auth-assets/favicon.svg", web::get().to(icon));
}

/// Whoever types the server's name alone is a person.
async fn front() -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, "/account"))
        .finish()
}

async fn style() -> HttpResponse {
    asset("text/css; charset=utf-8", include_str!("../assets/auth.css"))
}

async fn script() -> HttpResponse {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("../assets/passkey.js"),
    )
}

async fn icon() -> HttpResponse {
    asset("image/svg+xml", foundation::FAVICON)
}

fn asset(media_type: &'static str, content: &'static str) -> HttpResponse {
    let kept = (
        CACHE_CONTROL,
        header::HeaderValue::from_static("public, max-age=3600"),
    );
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(kept)
        .body(content)
}

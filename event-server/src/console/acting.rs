//! A form of ours that a browser has sent: whose it is, that it came from a page of ours, and what it says.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, ORIGIN};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use api_spec::rest::{AuditActor, AuditActorKind};
use foundation::DbError;
use serde::de::DeserializeOwned;

use super::viewer::Viewer;
use super::visit::{NoPage, Visit};
use crate::audit::Asked;
use crate::context::Tx;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MAX_FORM_BYTES: usize = 16 * 1024;

/// A person who wants something done, and what their form says.
pub(super) struct Acting<T> {
    pub(super) visit: Visit,
    pub(super) viewer: Viewer,
    pub(super) form: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for Acting<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let visit = Visit::from_request(&request, &mut payload).await?;
            let answered = |visit: &Visit, no_page| {
                let answer = visit.answered(Err(no_page));
                actix_web::Error::from(InternalError::from_response("no form of ours", answer))
            };
            let words = visit.words();
            if !is_from_ours(&visit) {
                return Err(answered(
                    &visit,
                    NoPage::Said(StatusCode::FORBIDDEN, words.stale_form),
                ));
            }
            let Some(viewer) = visit.viewer.clone() else {
                return Err(answered(&visit, NoPage::SignIn));
            };
            let bad = || NoPage::Said(StatusCode::BAD_REQUEST, words.bad_form);
            let body = web::Bytes::from_request(&request, &mut payload).await;
            let body = body.map_err(|_| answered(&visit, bad()))?;
            if body.len() > MAX_FORM_BYTES {
                return Err(answered(&visit, bad()));
            }
            let form = serde_urlencoded::from_bytes(&body).map_err(|_| answered(&visit, bad()))?;
            Ok(Self { visit, viewer, form })
        })
    }
}

/// Whether a page of ours sent it: browsers say so in one of two headers, and no page can lie in them.
fn is_from_ours(visit: &Visit) -> bool {
    let header = |name| {
        visit
            .request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    match (header(&SEC_FETCH_SITE), header(&ORIGIN)) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == visit.pages.public_url,
        (None, None) => false,
    }
}

impl<T> Acting<T> {
    /// Does it in a transaction, which also says in the audit log who wanted it. `resource` is what is changed, by its
    /// path in the API.
    pub(super) async fn transact<R, E>(
        &self,
        resource: String,
        body: impl FnOnce(&mut Tx<'_>) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let pattern = self.visit.request.match_pattern().unwrap_or_default();
        let asked = Asked {
            tenant_id: self.viewer.tenant_id.clone(),
            actor: AuditActor {
                kind: AuditActorKind::Person,
                id: self.viewer.person_id.clone(),
                client_id: self.visit.pages.client_id(),
            },
            scope: None,
            action: format!("{} {pattern}", self.visit.request.method()),
            resource,
            request_id: crate::http::request_id(&self.visit.request),
        };
        asked.during(self.visit.context.transact(body)).await
    }

    pub(super) fn answered(self, shown: Result<HttpResponse, NoPage>) -> HttpResponse {
        self.visit.answered(shown)
    }
}

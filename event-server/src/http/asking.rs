//! A request that asks for something to be done with what the path names: each becomes a command.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use api_spec::rest::CommandKind;
use serde::Serialize;
use serde_json::Value;

use super::access::Caller;
use super::idempotency::{IdempotencyKey, accept};
use super::problems::{ApiError, Kind, nothing_here};
use crate::context::{Context, Tx};
use crate::error::Refusal;
use crate::operations::command_outlet::command_outlet;
use crate::operations::fleet::command_controller;

/// Who asks, under which key, and the `id` in the path.
pub(super) struct Asking {
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    id: String,
}

impl FromRequest for Asking {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(read(request, payload))
    }
}

fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Asking, ApiError> {
    let context = request.app_data::<web::Data<Context>>().cloned();
    let id = web::Path::<String>::from_request(request, payload).into_inner();
    Ok(Asking {
        caller: Caller::from_request(request, payload).into_inner()?,
        key: IdempotencyKey::from_request(request, payload).into_inner()?,
        context: context.ok_or_else(|| ApiError::new(Kind::Internal, "no context"))?,
        id: id.map_err(|_| nothing_here())?.into_inner(),
        request: request.clone(),
    })
}

impl Asking {
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// Asks the controller; `body` is the request's, in its canonical form.
    pub(super) async fn controller(
        self,
        kind: CommandKind,
        body: &str,
        asked: Value,
    ) -> Result<HttpResponse, ApiError> {
        self.act(body, move |tx, named| command_controller(tx, named, kind, &asked))
            .await
    }

    /// Asks the outlet's controller; `body` is the request's, in its canonical form.
    pub(super) async fn outlet(
        self,
        kind: CommandKind,
        body: &str,
        asked: Value,
    ) -> Result<HttpResponse, ApiError> {
        self.act(body, move |tx, named| command_outlet(tx, named, kind, asked))
            .await
    }

    /// Does with the tenant's thing of this id what is asked, once for the key.
    pub(super) async fn act<T: Serialize>(
        self,
        body: &str,
        act: impl FnOnce(&mut Tx<'_>, (&str, &str)) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<HttpResponse, ApiError> {
        let once = self.key.once(&self.caller, &self.request, body);
        let (tenant, id) = (self.caller.tenant_id(), self.id);
        accept(&self.request, &self.context, once, move |tx| {
            act(tx, (&tenant, &id))
        })
        .await
    }
}

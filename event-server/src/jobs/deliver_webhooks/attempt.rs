//! One attempt at one delivery, and what follows from how it went.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use api_spec::webhook::EventType;
use foundation::DbError;
use foundation::trace::{TRACEPARENT, Trace};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

use super::schedule::wait_us;
use super::signature::sign;
use crate::config::Webhooks;
use crate::context::{Context, Tx};
use crate::metrics::Counted;
use crate::operations::events::id_in;
use crate::store::deliveries::{self, Delivery, Head};
use crate::store::events::Event;
use crate::store::webhook_endpoints::{self, WebhookEndpoint};
use crate::webhook_target::{self, PublicResolver};

const TIMEOUT: Duration = Duration::from_secs(15);
/// Where the database itself fails, so that its error does not spin.
const AFTER_TROUBLE_US: i64 = 1_000_000;
const MAX_ERROR_CHARS: usize = 200;

pub(super) struct Sender {
    context: Context,
    http: reqwest::Client,
    allowed: Webhooks,
}

/// How an attempt went.
#[derive(Debug)]
enum Went {
    Delivered(StatusCode),
    /// 410: the receiver wants nothing more.
    Gone,
    Failed {
        status: Option<StatusCode>,
        error: String,
        retry_after_s: Option<u64>,
    },
}

impl Sender {
    pub(super) fn new(context: Context, allowed: &Webhooks) -> reqwest::Result<Self> {
        let resolver = PublicResolver {
            allow_private: allowed.allow_private_addresses,
        };
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(resolver))
            .user_agent(concat!("denro/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            context,
            http,
            allowed: allowed.clone(),
        })
    }

    /// Attempts the delivery; answers with what its lane must do next.
    pub(super) async fn attempt(&self, head: &Head) -> Option<Head> {
        match self.try_attempt(head).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "a delivery could not be read or written");
                Some(Head {
                    next_attempt_at: self.context.clock.now_us() + AFTER_TROUBLE_US,
                    ..head.clone()
                })
            }
        }
    }

    async fn try_attempt(&self, head: &Head) -> Result<Option<Head>, DbError> {
        let id = head.id;
        let found = self
            .context
            .db
            .read(move |conn| deliveries::find(conn, id))
            .await?;
        let pending = found.filter(|(delivery, _, _)| delivery.state == "pending");
        let Some((delivery, event, endpoint)) = pending else {
            return self.next(head.clone()).await;
        };
        if let Some(reason) = endpoint.disabled_reason {
            let give_up = move |tx: &mut Tx<'_>| {
                deliveries::update_all_failed(tx.conn, &endpoint.id, &reason, tx.now_us)
            };
            return self.context.transact(give_up).await.map(|()| None);
        }
        let went = self.send(&event, &endpoint).await;
        self.context.transact(move |tx| record(tx, delivery, went)).await
    }

    async fn next(&self, used: Head) -> Result<Option<Head>, DbError> {
        let read = move |conn: &mut _| deliveries::find_head(conn, &used.endpoint_id, &used.lane);
        self.context.db.read(read).await
    }

    async fn send(&self, event: &Event, endpoint: &WebhookEndpoint) -> Went {
        let failed = |error: String| Went::Failed {
            status: None,
            error,
            retry_after_s: None,
        };
        let url = match webhook_target::check(&endpoint.url, &self.allowed) {
            Ok(url) => url,
            Err(bad) => return failed(bad.to_string()),
        };
        let id = id_in(&event.body);
        let timestamp_s = self.context.clock.now_us().div_euclid(1_000_000);
        let Some(signature) = sign(&endpoint.secret, &id, timestamp_s, &event.body) else {
            return failed("the secret is unreadable".into());
        };
        let request = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s.to_string())
            .header("webhook-signature", signature)
            .body(event.body.clone());
        let trace = event.traceparent.as_deref().and_then(Trace::parse);
        let request = match &trace {
            Some(trace) => request.header(TRACEPARENT, trace.step().to_string()),
            None => request,
        };
        // Samples of every minute are for those who look for a fault.
        if event.kind != EventType::OutletStatus.name() {
            let trace_id = trace.as_ref().map(Trace::id);
            tracing::info!(
                trace_id,
                event = id_in(&event.body),
                endpoint = endpoint.id,
                "an event is sent"
            );
        }
        match request.send().await {
            Ok(response) => went(&response),
            Err(error) => failed(innermost(&error)),
        }
    }
}

impl Went {
    fn name(&self) -> &'static str {
        match self {
            Self::Delivered(_) => "delivered",
            Self::Gone => "gone",
            Self::Failed { status: Some(_), .. } => "refused",
            Self::Failed { status: None, .. } => "unreachable",
        }
    }
}

fn went(response: &reqwest::Response) -> Went {
    let status = response.status();
    if status.is_success() {
        return Went::Delivered(status);
    }
    if status == StatusCode::GONE {
        return Went::Gone;
    }
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    Went::Failed {
        status: Some(status),
        error: format!("answered {status}"),
        retry_after_s: retry_after.and_then(|text| text.parse().ok()),
    }
}

/// Writes how it went; answers with the lane's first pending delivery.
fn record(tx: &mut Tx<'_>, mut delivery: Delivery, went: Went) -> Result<Option<Head>, DbError> {
    delivery.attempts += 1;
    tx.wakes.counted.push(Counted::WebhookAttempt(went.name()));
    match went {
        Went::Delivered(status) => {
            delivery.state = "delivered".into();
            delivery.last_status = Some(i32::from(status.as_u16()));
            delivery.last_error = None;
            delivery.completed_at = Some(tx.now_us);
        }
        Went::Gone => return disable(tx, delivery),
        Went::Failed {
            status,
            error,
            retry_after_s,
        } => {
            delivery.last_status = status.map(|status| i32::from(status.as_u16()));
            delivery.last_error = Some(error);
            let [jitter] = foundation::ids::random::<1>();
            match wait_us(delivery.attempts, retry_after_s, jitter) {
                Some(wait_us) => delivery.next_attempt_at = tx.now_us.saturating_add(wait_us),
                None => {
                    delivery.state = "failed".into();
                    delivery.completed_at = Some(tx.now_us);
                }
            }
        }
    }
    deliveries::update(tx.conn, &delivery)?;
    deliveries::find_head(tx.conn, &delivery.endpoint_id, &delivery.lane)
}

fn disable(tx: &mut Tx<'_>, mut delivery: Delivery) -> Result<Option<Head>, DbError> {
    const REASON: &str = "answered 410 Gone";
    delivery.last_status = Some(i32::from(StatusCode::GONE.as_u16()));
    deliveries::update(tx.conn, &delivery)?;
    deliveries::update_all_failed(tx.conn, &delivery.endpoint_id, REASON, tx.now_us)?;
    webhook_endpoints::update_disabled(tx.conn, &delivery.endpoint_id, REASON, tx.now_us)?;
    if let Some(tenant_id) = webhook_endpoints::find_tenant(tx.conn, &delivery.endpoint_id)? {
        tx.subscriptions.forget(&tenant_id);
    }
    Ok(None)
}

/// The cause that says most, without the URL, which may hold a secret.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = if error.is_timeout() {
        "no answer in 15 s".to_owned()
    } else {
        cause.to_string()
    };
    text.chars().take(MAX_ERROR_CHARS).collect()
}

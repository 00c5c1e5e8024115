//! One attempt at one delivery.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api_spec::webhook::EventType;
use foundation::DbError;
use foundation::trace::TRACEPARENT;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Url};

use super::attempt_step::AttemptStep;
use super::lanes::Pace;
use super::receiver_tokens::ReceiverTokens;
use super::signature::sign_all;
use crate::config::Webhooks;
use crate::context::{Context, Tx};
use crate::operations::events::id_in;
use crate::operations::record_attempt::{Attempt, Went, record_attempt};
use crate::store::deliveries::{self, Delivery, Head};
use crate::store::events::Event;
use crate::store::lane_gaps;
use crate::store::webhook_endpoints::WebhookEndpoint;
use crate::webhook_target::{self, PublicResolver};

const TIMEOUT: Duration = Duration::from_secs(15);
/// What is read and kept of an answer; the rest is left where it is.
const MAX_ANSWER_BYTES: usize = 1024;
/// The status has come; its text is worth no longer wait.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// Where the database itself fails, so that its error does not spin.
const AFTER_TROUBLE_US: i64 = 1_000_000;
const MAX_ERROR_CHARS: usize = 200;
/// For a receiver that is overloaded and does not say for how long, and for one that says too much.
const REST_S: u64 = 1;
const MAX_REST_S: u64 = 24 * 3600;

pub(super) struct Sender {
    context: Context,
    http: reqwest::Client,
    tokens: ReceiverTokens,
    allowed: Webhooks,
}

/// What attempts need to know, by the number of the delivery; `Err` where it could not be read.
pub(super) struct Jobs(Result<HashMap<i64, Job>, String>);

/// `None` where there is nothing to send any more.
pub(super) type Found = Result<Option<Job>, String>;

impl Jobs {
    pub(super) fn take(&mut self, head: &Head) -> Found {
        match &mut self.0 {
            Ok(jobs) => Ok(jobs.remove(&head.id)),
            Err(error) => Err(error.clone()),
        }
    }
}

/// What an attempt needs to know.
pub(super) struct Job {
    delivery: Delivery,
    event: Event,
    endpoint: WebhookEndpoint,
    gap: bool,
}

impl Sender {
    pub(super) fn new(context: Context, allowed: &Webhooks) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(PublicResolver::new(allowed)))
            .user_agent(concat!("denro/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            tokens: ReceiverTokens::new(http.clone(), allowed, context.clock.clone()),
            context,
            http,
            allowed: allowed.clone(),
        })
    }

    /// What the attempts at these need, read at once.
    pub(super) async fn find_all(&self, heads: &[Head]) -> Jobs {
        let ids: Vec<i64> = heads.iter().map(|head| head.id).collect();
        let read = move |conn: &mut _| {
            let mut jobs = HashMap::with_capacity(ids.len());
            for (delivery, event, endpoint) in deliveries::list_to_attempt(conn, &ids)? {
                // What was sent with the mark is repeated with it.
                let gap = delivery.gap || lane_gaps::exists(conn, &delivery.endpoint_id, &delivery.lane)?;
                let job = Job {
                    delivery,
                    event,
                    endpoint,
                    gap,
                };
                jobs.insert(job.delivery.id, job);
            }
            Ok::<_, DbError>(jobs)
        };
        let jobs = self.context.db.read(read).await;
        Jobs(jobs.map_err(|error| error.to_string()))
    }

    /// Attempts the delivery; answers with what its lane must do next, and what its endpoint takes.
    pub(super) async fn attempt(&self, head: &Head, found: Found) -> (Option<Head>, Pace) {
        let done = match found {
            Ok(job) => self
                .try_attempt(head, job)
                .await
                .map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        done.unwrap_or_else(|error| {
            tracing::error!(error, "a delivery could not be read or written");
            let again = Head {
                next_attempt_at: self.context.clock.now_us() + AFTER_TROUBLE_US,
                ..head.clone()
            };
            (Some(again), Pace::Same)
        })
    }

    async fn try_attempt(&self, head: &Head, job: Option<Job>) -> Result<(Option<Head>, Pace), DbError> {
        let Some(job) = job else {
            let used = head.clone();
            let read = move |conn: &mut _| deliveries::find_head(conn, &used.endpoint_id, &used.lane);
            return Ok((self.context.db.read(read).await?, Pace::Same));
        };
        let tenant_id = job.endpoint.tenant_id.clone();
        if let Some(reason) = job.endpoint.disabled_reason {
            let endpoint_id = job.endpoint.id;
            let give_up = move |tx: &mut Tx<'_>| {
                deliveries::update_all_failed(tx.conn, &endpoint_id, &reason, tx.now_us)
            };
            self.context.transact(give_up).await?;
            return Ok((None, Pace::Same));
        }
        let attempt = self.send(&job).await;
        let pace = self.pace(&attempt);
        let delivered = attempt.went == Went::Delivered;
        let delivery = job.delivery;
        let next = self
            .context
            .transact(move |tx| record_attempt(tx, delivery, attempt));
        let next = next.await;
        // It may have been disabled, or that may have been undone.
        if !delivered {
            self.context.subscriptions.forget(&tenant_id);
        }
        Ok((next?, pace))
    }

    async fn send(&self, job: &Job) -> Attempt {
        let at_us = self.context.clock.now_us();
        let started = Instant::now();
        let step = AttemptStep::begin(&job.event, at_us);
        let mut attempt = Attempt {
            at_us,
            duration_ms: 0,
            status: None,
            answer: None,
            gap: job.gap,
            was_failing: job.endpoint.failing_since_us.is_some(),
            went: Went::Delivered,
        };
        match self.exchange(job, step.as_ref(), at_us).await {
            Ok(response) => {
                attempt.status = Some(response.status().as_u16());
                attempt.went = went(&response, at_us);
                if response.status() == StatusCode::UNAUTHORIZED {
                    self.tokens.forget(&job.endpoint.id);
                }
                attempt.answer = first_bytes(response).await;
            }
            Err(error) => {
                attempt.went = Went::Failed {
                    error: error.chars().take(MAX_ERROR_CHARS).collect(),
                    retry_after_s: None,
                };
            }
        }
        attempt.duration_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let span = step.and_then(|step| step.span(&job.event, &job.endpoint.id, &attempt));
        if let Some(span) = span {
            self.context.telemetry.tell(span);
        }
        attempt
    }

    /// The answer, or why there is none.
    async fn exchange(&self, job: &Job, step: Option<&AttemptStep>, at_us: i64) -> Result<Response, String> {
        let endpoint = &job.endpoint;
        let url = webhook_target::check(&endpoint.url, &self.allowed).map_err(|bad| bad.to_string())?;
        let mut request = self.request(job, url, at_us).ok_or("the secret is unreadable")?;
        if let Some(client) = &endpoint.oauth2 {
            request = request.bearer_auth(self.tokens.of(&endpoint.id, client).await?);
        }
        let request = traced(request, step, job);
        request.send().await.map_err(|error| innermost(&error))
    }

    fn request(&self, job: &Job, url: Url, at_us: i64) -> Option<RequestBuilder> {
        let (id, timestamp_s) = (id_in(&job.event.body), at_us.div_euclid(1_000_000));
        let body = match job.gap {
            true => marked(&job.event.body),
            false => job.event.body.clone(),
        };
        let endpoint = &job.endpoint;
        let holds = endpoint
            .previous_secret_until_us
            .is_some_and(|until| at_us < until);
        let previous = endpoint.previous_secret.as_deref().filter(|_| holds);
        let secrets = std::iter::once(endpoint.secret.as_str()).chain(previous);
        let signatures = sign_all(secrets, &format!("{id}.{timestamp_s}.{body}"))?;
        let request = self.http.post(url);
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s.to_string())
            .header("webhook-signature", signatures)
            .body(body);
        Some(request)
    }

    fn pace(&self, attempt: &Attempt) -> Pace {
        let Went::Failed { retry_after_s, .. } = &attempt.went else {
            return Pace::Good;
        };
        let overloaded = matches!(attempt.status, Some(429 | 502 | 504));
        let rest_s = retry_after_s.or(overloaded.then_some(REST_S));
        rest_s.map_or(Pace::Bad, |rest_s| {
            let rest_us = i64::try_from(rest_s.min(MAX_REST_S)).unwrap_or_default() * 1_000_000;
            Pace::Rest {
                until_us: self.context.clock.now_us().saturating_add(rest_us),
            }
        })
    }
}

/// The trace that led to the event goes on at the receiver.
fn traced(request: RequestBuilder, step: Option<&AttemptStep>, job: &Job) -> RequestBuilder {
    let (event, endpoint) = (&job.event, &job.endpoint.id);
    // Samples of every minute are for those who look for a fault.
    if event.kind != EventType::OutletStatus.name() {
        let trace_id = step.map(|step| step.step.id());
        tracing::info!(trace_id, event = id_in(&event.body), endpoint, "an event is sent");
    }
    match step {
        Some(step) => request.header(TRACEPARENT, step.step.to_string()),
        None => request,
    }
}

/// The event, and that something before it was not delivered.
fn marked(body: &str) -> String {
    format!("{},\"gap\":true}}", body.strip_suffix('}').unwrap_or(body))
}

fn went(response: &Response, now_us: i64) -> Went {
    let status = response.status();
    if status.is_success() {
        return Went::Delivered;
    }
    if status == StatusCode::GONE {
        return Went::Gone;
    }
    let header = response.headers().get(RETRY_AFTER);
    let retry_after = header.and_then(|value| value.to_str().ok());
    Went::Failed {
        error: format!("answered {status}"),
        retry_after_s: retry_after.and_then(|text| seconds(text, now_us)),
    }
}

/// RFC 9110 §10.2.3: seconds, or a date.
fn seconds(retry_after: &str, now_us: i64) -> Option<u64> {
    if let Ok(seconds) = retry_after.trim().parse() {
        return Some(seconds);
    }
    let date = jiff::fmt::rfc2822::parse(retry_after.trim()).ok()?;
    let seconds = date.timestamp().as_second() - now_us.div_euclid(1_000_000);
    Some(u64::try_from(seconds).unwrap_or(0))
}

/// The beginning of the answer's text; `None` where it is empty. A long or endless one costs no more than that.
async fn first_bytes(mut response: Response) -> Option<String> {
    let mut bytes = Vec::new();
    let read = async {
        while bytes.len() < MAX_ANSWER_BYTES {
            let Ok(Some(chunk)) = response.chunk().await else {
                return;
            };
            bytes.extend(chunk.iter().take(MAX_ANSWER_BYTES - bytes.len()));
        }
    };
    let _cut_off = tokio::time::timeout(ANSWER_TIMEOUT, read).await;
    let text = String::from_utf8_lossy(&bytes).replace(char::is_control, " ");
    (!text.is_empty()).then_some(text)
}

/// The cause that says most, without the URL, which may hold a secret.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match error.is_timeout() {
        true => "no answer in 15 s".to_owned(),
        false => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_a_member_of_the_same_event() {
        let event: serde_json::Value = serde_json::from_str(&marked("{\"id\":\"evt_1\"}")).unwrap();
        assert_eq!(event, serde_json::json!({"id": "evt_1", "gap": true}));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now_us = 784_111_777_000_000;
        for (text, expected) in [
            ("120", Some(120)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:49:36 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(seconds(text, now_us), expected, "{text}");
        }
    }
}

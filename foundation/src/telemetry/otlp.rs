//! Spans as OpenTelemetry knows them, and OTLP over our own HTTP client.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};

use super::{Collector, Kind, Span, Teller, Value};

/// For one attempt, and for all of them together.
const TIMEOUT: Duration = Duration::from_secs(5);
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn exporter(collector: &Collector, teller: Teller) -> anyhow::Result<SpanExporter> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(OurClient(http))
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", collector.otlp.trim_end_matches('/')))
        .with_timeout(TIMEOUT)
        .build()?;
    let instance = teller
        .instance
        .map(|instance| KeyValue::new("service.instance.id", instance));
    let resource = Resource::builder_empty()
        .with_service_name(teller.program)
        .with_attribute(KeyValue::new("service.version", VERSION))
        .with_attributes(instance);
    exporter.set_resource(&resource.build());
    Ok(exporter)
}

/// `None` for ids that nobody can have written.
pub(super) fn data(span: Span) -> Option<SpanData> {
    let id = |text: &str| SpanId::from_hex(text).ok();
    let own = SpanContext::new(
        TraceId::from_hex(span.step.id()).ok()?,
        id(span.step.step_id())?,
        TraceFlags::SAMPLED,
        false,
        TraceState::default(),
    );
    let attributes = span.attributes.into_iter();
    Some(SpanData {
        span_context: own,
        parent_span_id: span.parent_id.as_deref().and_then(id).unwrap_or(SpanId::INVALID),
        parent_span_is_remote: span.kind == Kind::Server,
        span_kind: match span.kind {
            Kind::Server => SpanKind::Server,
            Kind::Client => SpanKind::Client,
        },
        name: span.name,
        start_time: time(span.begun_us),
        end_time: time(span.ended_us),
        attributes: attributes
            .map(|(name, value)| match value {
                Value::Text(text) => KeyValue::new(name, text),
                Value::Number(number) => KeyValue::new(name, number),
            })
            .collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: span.failure.map_or(Status::Unset, Status::error),
        instrumentation_scope: InstrumentationScope::builder("denro").build(),
    })
}

fn time(us: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

/// The HTTP client that the programs have anyway.
#[derive(Debug)]
struct OurClient(reqwest::Client);

#[async_trait]
impl HttpClient for OurClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.0.execute(request.try_into()?).await?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.extend(answer.headers().clone());
        }
        Ok(response.body(answer.bytes().await?)?)
    }
}

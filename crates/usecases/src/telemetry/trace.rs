//! Which spans does a delivery add to its producer's trace?
//! OpenTelemetry spans: one for the request that sends the event, and one for each attempt.
//!
//! They follow the semantic conventions for HTTP: <https://opentelemetry.io/docs/specs/semconv/http/>. Two attributes are
//! left out: `url.full` may contain a customer's secret, and a function behind a gateway does not know `url.scheme`.
//! Without a configured collector no spans are created.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use domain::delivery::attempt::Attempt;
use domain::delivery::decision::Decision;
use domain::endpoint::Endpoint;
use domain::timestamp::Timestamp;
use domain::trace_parent::TraceParent;
use futures_util::future::BoxFuture;
use opentelemetry::global::{BoxedSpan, BoxedTracer};
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId,
    TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use queue::Job;

/// Sends the spans that have ended. It never fails its caller: a lost trace must not stop a delivery.
pub trait Export: Send + Sync {
    /// Sends the spans that have ended so far.
    fn flush(&self) -> BoxFuture<'_, ()>;
}

/// Creates spans, if a collector is configured. Cheap to clone.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Wanted>>);

struct Wanted {
    tracer: BoxedTracer,
    export: Box<dyn Export>,
}

/// A span that has begun; empty if traces are off.
pub struct Span(Option<BoxedSpan>);

/// The attempt that a span describes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttemptBegins {
    pub(crate) number: u32,
    pub(crate) at: Timestamp,
}

impl Traces {
    /// Traces whose spans are created by `tracer` and sent by `export`.
    pub fn new(tracer: BoxedTracer, export: Box<dyn Export>) -> Self {
        Self(Some(Arc::new(Wanted { tracer, export })))
    }

    /// Begins the span of a request that sends events, as a child of the producer's span.
    pub fn request(&self, parent: Option<TraceParent>, route: &str) -> Span {
        Span(self.0.as_ref().map(|wanted| {
            let attributes = [
                KeyValue::new("http.request.method", "POST"),
                KeyValue::new("http.route", route.to_owned()),
                KeyValue::new("url.path", route.to_owned()),
            ];
            let span = SpanBuilder::from_name(format!("POST {route}"));
            wanted.begin(parent, span.with_kind(SpanKind::Server).with_attributes(attributes))
        }))
    }

    /// Begins the span of an attempt, as a child of the span of the request that sent its event.
    pub(crate) fn attempt(
        &self,
        parent: Option<TraceParent>,
        job: &Job,
        endpoint: &Endpoint,
        AttemptBegins { number, at }: AttemptBegins,
    ) -> Span {
        Span(self.0.as_ref().map(|wanted| {
            let method = endpoint.settings.method.as_str();
            let mut attributes = vec![
                KeyValue::new("http.request.method", method),
                // Without path and query: they may contain a customer's secret.
                KeyValue::new("server.address", endpoint.url.host().to_owned()),
                KeyValue::new("posthorn.workspace.id", job.workspace.to_string()),
                KeyValue::new("posthorn.endpoint.id", job.endpoint.to_string()),
                KeyValue::new("posthorn.event.id", job.event.to_string()),
                KeyValue::new("posthorn.event.type", job.event_type.to_string()),
                KeyValue::new("posthorn.delivery.id", job.delivery.to_string()),
            ];
            if let Some(port) = endpoint.url.as_url().port_or_known_default() {
                attributes.push(KeyValue::new("server.port", i64::from(port)));
            }
            if number > 1 {
                attributes.push(KeyValue::new("http.request.resend_count", i64::from(number - 1)));
            }
            let span = SpanBuilder::from_name(method).with_kind(SpanKind::Client);
            wanted.begin(parent, span.with_start_time(time(at)).with_attributes(attributes))
        }))
    }

    /// Sends the spans that have ended. Call it before a function answers: Lambda may freeze the process after that.
    pub async fn flush(&self) {
        if let Some(wanted) = &self.0 {
            wanted.export.flush().await;
        }
    }
}

impl Wanted {
    fn begin(&self, parent: Option<TraceParent>, span: SpanBuilder) -> BoxedSpan {
        let context = match parent {
            None => Context::new(),
            Some(TraceParent { trace_id, span_id, flags }) => {
                Context::new().with_remote_span_context(SpanContext::new(
                    TraceId::from_bytes(trace_id.to_be_bytes()),
                    SpanId::from_bytes(span_id.to_be_bytes()),
                    TraceFlags::new(flags),
                    true,
                    TraceState::default(),
                ))
            }
        };
        self.tracer.build_with_context(span, &context)
    }
}

impl Span {
    /// The parent of its child spans.
    pub fn as_parent(&self) -> Option<TraceParent> {
        let context = self.0.as_ref()?.span_context();
        context.is_valid().then(|| TraceParent {
            trace_id: u128::from_be_bytes(context.trace_id().to_bytes()),
            span_id: u64::from_be_bytes(context.span_id().to_bytes()),
            flags: context.trace_flags().to_u8(),
        })
    }

    /// Ends the span of a request that was answered with `status`. A caller's mistake does not mark the span as failed.
    pub fn end_request(self, status: u16) {
        let Some(mut span) = self.0 else { return };
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
        span.end();
    }

    /// Ends the span of an attempt.
    pub(crate) fn end_attempt(self, attempt: &Attempt, decision: Decision) {
        let Some(mut span) = self.0 else { return };
        if let Some(status) = attempt.response_status() {
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        }
        span.set_attribute(KeyValue::new("posthorn.decision", decision.as_str()));
        if let Some(error) = attempt.error {
            // By the conventions, `error.type` is the status itself if the status is the failure.
            let status = attempt.response_status().filter(|status| *status >= 400);
            let error = status.map_or_else(|| error.as_str().to_owned(), |status| status.to_string());
            span.set_attribute(KeyValue::new("error.type", error));
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(time(attempt.ended_at()));
    }
}

fn time(at: Timestamp) -> SystemTime {
    let millis = u64::try_from(at.as_millis()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Traces").field(&self.0.is_some()).finish()
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Span").field(&self.as_parent()).finish()
    }
}

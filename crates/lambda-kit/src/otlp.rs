//! How do spans reach the collector?
//! An OTLP/HTTP exporter: at the end of each unit of work it sends all spans that have ended.
//!
//! A function may be frozen after its answer, so no span is left for later. When the collector fails, its spans are
//! lost and a warning is logged; the unit of work is not affected.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Context, Key};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    ExporterBuildError, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanExporter as _, SpanProcessor};
use usecases::Traces;
use usecases::telemetry::trace::Export;

use crate::aws::connector;
use crate::config;
use crate::logging::chain;

/// How long a unit of work waits for the collector.
const PATIENCE: Duration = Duration::from_secs(2);
/// At most so many ended spans wait to be sent; further ones are dropped.
const MOST_SPANS: usize = 2_048;

/// Traces as the environment configures them: no traces where no collector is configured. If the collector's address
/// cannot be used, an error is logged and there are no traces either: deliveries must not stop because of a wrong
/// parameter.
pub fn from_environment() -> Traces {
    if !config::traces_are_wanted() {
        return Traces::default();
    }
    build(None).unwrap_or_else(|error| {
        tracing::error!(error = chain(&error), "no traces are sent: the collector's address cannot be used");
        Traces::default()
    })
}

/// Traces that are sent to the collector at `address`, a complete URL.
///
/// # Errors
/// [`ExporterBuildError`] when `address` is not a URL.
pub fn to_collector(address: &str) -> Result<Traces, ExporterBuildError> {
    build(Some(address))
}

fn build(address: Option<&str>) -> Result<Traces, ExporterBuildError> {
    let builder = SpanExporter::builder().with_http().with_http_client(SdkClient(connector()));
    // Between two tries the exporter would block the thread, and with it all other work of the process.
    let builder = builder.with_retry_policy(RetryPolicy::disabled());
    let mut exporter = match address {
        Some(address) => builder.with_endpoint(address),
        None => builder,
    }
    .build()?;
    let resource = resource();
    exporter.set_resource(&resource);
    let ended = Ended::default();
    let provider =
        SdkTracerProvider::builder().with_span_processor(ended.clone()).with_resource(resource).build();
    let tracer = BoxedTracer::new(Box::new(provider.tracer("posthorn")));
    let exporter = tokio::sync::Mutex::new(exporter);
    Ok(Traces::new(tracer, Box::new(Collector { ended, exporter })))
}

/// The resource that OpenTelemetry's own variables describe, with the service name `posthorn` if they give none.
fn resource() -> Resource {
    let configured = Resource::builder().build();
    let name =
        configured.get_ref(&Key::from_static_str("service.name")).map(|name| name.as_str().into_owned());
    match name {
        Some(name) if !name.starts_with("unknown_service") => configured,
        _ => Resource::builder().with_service_name("posthorn").build(),
    }
}

/// Spans that have ended and are not sent yet.
#[derive(Debug, Clone, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl Ended {
    fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SpanProcessor for Ended {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.len() < MOST_SPANS {
            ended.push(span);
        }
    }

    /// Does nothing: [`Collector::flush`] sends the spans, because this function must not wait for the network.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Sends spans to the collector, one request at a time.
struct Collector {
    ended: Ended,
    exporter: tokio::sync::Mutex<SpanExporter>,
}

impl Export for Collector {
    fn flush(&self) -> BoxFuture<'_, ()> {
        async {
            let exported = tokio::time::timeout(PATIENCE, async {
                // The first caller after the lock is free sends all spans that have ended meanwhile; the other waiting
                // callers then find none.
                let exporter = self.exporter.lock().await;
                let spans = self.ended.take();
                if spans.is_empty() { Ok(()) } else { exporter.export(spans).await }
            });
            match exported.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(
                        error = chain(&error),
                        "the collector did not accept spans; they are lost"
                    );
                }
                Err(_elapsed) => tracing::warn!("the collector did not answer in time; spans may be lost"),
            }
        }
        .boxed()
    }
}

/// The HTTP client of the AWS SDKs, so that a function links one TLS stack only.
struct SdkClient(SharedHttpConnector);

#[async_trait::async_trait]
impl HttpClient for SdkClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = HttpRequest::try_from(request.map(SdkBody::from))?;
        let answer = self.0.call(request).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Response::builder().status(status).body(body)?)
    }
}

impl fmt::Debug for SdkClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SdkClient")
    }
}

//! How do spans leave? By OTLP over HTTP, all that have ended at once, when a unit of work is over: a function may be
//! frozen after its answer, so nothing is left for later. A collector that fails costs its spans and a line in the log.

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

/// How long the work at hand may wait for a collector.
const PATIENCE: Duration = Duration::from_secs(2);
/// Spans that have ended and wait to be sent; further ones are lost.
const MOST_SPANS: usize = 2_048;

/// Traces as the environment wants them: none where no collector is named. Nor where what is said of it cannot be used:
/// deliveries do not wait until a parameter is put right.
pub fn from_environment() -> Traces {
    if !config::traces_are_wanted() {
        return Traces::default();
    }
    build(None).unwrap_or_else(|error| {
        tracing::error!(error = chain(&error), "no traces: the collector's address cannot be used");
        Traces::default()
    })
}

/// Traces that are sent to a collector, whose whole address is given.
///
/// # Errors
/// [`ExporterBuildError`] when it is no address.
pub fn to_collector(address: &str) -> Result<Traces, ExporterBuildError> {
    build(Some(address))
}

fn build(address: Option<&str>) -> Result<Traces, ExporterBuildError> {
    let builder = SpanExporter::builder().with_http().with_http_client(SdkClient(connector()));
    // Between two tries it would put the thread to sleep, and with it whatever else runs there.
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

/// What OpenTelemetry's own variables say of this service, and a name for it if they say none.
fn resource() -> Resource {
    let told = Resource::builder().build();
    let name = told.get_ref(&Key::from_static_str("service.name")).map(|name| name.as_str().into_owned());
    match name {
        Some(name) if !name.starts_with("unknown_service") => told,
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

    /// Nothing: [`Collector::flush`] waits for the network, which this must not.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Where spans are sent, one request at a time.
struct Collector {
    ended: Ended,
    exporter: tokio::sync::Mutex<SpanExporter>,
}

impl Export for Collector {
    fn flush(&self) -> BoxFuture<'_, ()> {
        async {
            let exported = tokio::time::timeout(PATIENCE, async {
                // Whoever comes next sends what has ended meanwhile, for all who waited.
                let exporter = self.exporter.lock().await;
                let spans = self.ended.take();
                if spans.is_empty() { Ok(()) } else { exporter.export(spans).await }
            });
            match exported.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(error = chain(&error), "the collector did not take the spans");
                }
                Err(_elapsed) => tracing::warn!("the collector is too slow to take the spans"),
            }
        }
        .boxed()
    }
}

/// The HTTP client that the AWS SDKs bring, so that there is one TLS stack.
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

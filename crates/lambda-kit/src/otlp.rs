//! How do spans leave? By OTLP over HTTP, all that have ended at once, when a unit of work is over: a function may be
//! frozen after its answer, so nothing is left for later. A collector that fails costs its spans and a line in the log.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use engine::Traces;
use engine::trace::Export;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use opentelemetry::Context;
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanExporter as _, SpanProcessor};

use crate::config;
use crate::logging::chain;

/// How long the work at hand may wait for a collector.
const PATIENCE: Duration = Duration::from_secs(2);
/// Spans kept while the collector does not take them; further ones are lost.
const MOST_SPANS: usize = 2_048;

/// Traces as the environment wants them: none where no collector is named.
///
/// # Errors
/// [`ExporterBuildError`] when what it says of the collector cannot be used.
pub fn from_environment() -> Result<Traces, ExporterBuildError> {
    if config::traces_are_wanted() { build(None, config::traces_service()) } else { Ok(Traces::default()) }
}

/// Traces that are sent to a collector, whose whole address is given.
///
/// # Errors
/// [`ExporterBuildError`] when it is no address.
pub fn to_collector(address: &str) -> Result<Traces, ExporterBuildError> {
    build(Some(address), "posthorn".to_owned())
}

fn build(address: Option<&str>, service: String) -> Result<Traces, ExporterBuildError> {
    let builder = SpanExporter::builder().with_http().with_http_client(SdkClient::new());
    let mut exporter = match address {
        Some(address) => builder.with_endpoint(address),
        None => builder,
    }
    .build()?;
    let resource = Resource::builder().with_service_name(service).build();
    exporter.set_resource(&resource);
    let ended = Ended::default();
    let provider =
        SdkTracerProvider::builder().with_span_processor(ended.clone()).with_resource(resource).build();
    let tracer = BoxedTracer::new(Box::new(provider.tracer("posthorn")));
    let exporter = tokio::sync::Mutex::new(exporter);
    Ok(Traces::new(tracer, Box::new(Collector { ended, exporter, _provider: provider })))
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
    /// When the last one is dropped, its tracers make no spans any more.
    _provider: SdkTracerProvider,
}

impl Export for Collector {
    fn flush(&self) -> BoxFuture<'_, ()> {
        async {
            let spans = self.ended.take();
            if spans.is_empty() {
                return;
            }
            let count = spans.len();
            let exported =
                tokio::time::timeout(PATIENCE, async { self.exporter.lock().await.export(spans).await });
            match exported.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(count, error = chain(&error), "the collector did not take the spans");
                }
                Err(_elapsed) => tracing::warn!(count, "the collector was too slow to take the spans"),
            }
        }
        .boxed()
    }
}

/// The HTTP client that the AWS SDKs bring, so that there is one TLS stack.
struct SdkClient(Connector);

impl SdkClient {
    fn new() -> Self {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        Self(Connector::builder().tls_provider(provider).build())
    }
}

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

//! How is a connection to an endpoint opened?
//! The connector: resolve, connect, TLS handshake, all within [`CONNECT_TIMEOUT`]; the result is an HTTP/1.1 stream whose
//! informational responses are limited.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use crate::informational::InformationalLimit;
use crate::resolver::GuardedResolver;

/// How long resolving, connecting and the TLS handshake may take together; a shorter timeout of the request ends them
/// sooner.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may be silent before TCP sends a keepalive probe, and how long between probes. An idle
/// connection is kept for twice as long: a peer that has restarted meanwhile resets it at the probe, not when the
/// next request is written.
const TCP_KEEPALIVE: Duration = Duration::from_secs(15);

/// How many probes may go unanswered before the connection is closed.
const TCP_KEEPALIVE_RETRIES: u32 = 3;

/// How long sent bytes may go unacknowledged before the connection is closed, also after the request timed out;
/// by itself Linux sends them again for about 15 minutes (`tcp_retries2`).
#[cfg(target_os = "linux")]
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens the client's connections.
#[derive(Clone)]
pub(crate) struct Connector {
    https: HttpsConnector<HttpConnector<GuardedResolver>>,
}

impl Connector {
    pub(crate) fn new(resolver: GuardedResolver, tls: ClientConfig, https_only: bool) -> Self {
        let mut http = HttpConnector::new_with_resolver(resolver);
        http.enforce_http(false); // `https` URLs pass through it as well
        http.set_nodelay(true);
        // Divided among a name's addresses, so that the first one cannot use up all of it.
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        http.set_keepalive(Some(TCP_KEEPALIVE));
        http.set_keepalive_interval(Some(TCP_KEEPALIVE));
        http.set_keepalive_retries(Some(TCP_KEEPALIVE_RETRIES));
        #[cfg(target_os = "linux")]
        http.set_tcp_user_timeout(Some(TCP_USER_TIMEOUT));
        let mut https = HttpsConnector::from((http, tls));
        if https_only {
            https.enforce_https();
        }
        Self { https }
    }
}

impl Service<Uri> for Connector {
    type Response = InformationalLimit<MaybeHttpsStream<TokioIo<TcpStream>>>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, endpoint: Uri) -> Self::Future {
        let connecting = self.https.call(endpoint);
        Box::pin(async move { Ok(InformationalLimit::new(timeout(CONNECT_TIMEOUT, connecting).await??)) })
    }
}

//! How is a customer's endpoint called?
//! The guarded HTTP client: one connection pool for all requests, because a client for each request could not reuse
//! connections.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::endpoint_url::EndpointUrl;
use domain::policy::outcome::{ErrorClass, Outcome};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, timeout_at};

use crate::answer;
use crate::classify::classify;
use crate::connector::Connector;
use crate::resolver::{GuardedResolver, Lookup};

/// Connections kept open per host while nothing is sent.
const MAX_IDLE_CONNECTIONS_PER_HOST: usize = 64;

/// The same in local mode, where hundreds of requests to one host may be under way.
const MAX_IDLE_CONNECTIONS_LOCALLY: usize = 256;

/// How long an idle connection is kept. Shorter than the idle timeout of common load balancers (60 s), so that a request
/// is seldom written into a connection that the other side is closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Headers that only the client sets: they decide where a message ends, to which host it goes and how long the connection
/// lives. From a caller they could smuggle a second request or reach another virtual host.
const HEADERS_OF_THE_CLIENT: [HeaderName; 9] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
];

/// The guarded client. Clones share one pool of connections.
#[derive(Clone)]
pub struct Egress {
    client: Client<Connector, Full<Bytes>>,
    allowed: AllowedTargets,
}

/// One request to a customer's endpoint.
#[derive(Clone)]
pub struct Request<'a> {
    /// The method, usually `POST`.
    pub method: Method,
    /// The target; checked again before anything is sent.
    pub url: &'a EndpointUrl,
    /// The headers, except those that only the client sets (`host`, `content-length` and the like), which are dropped.
    /// `accept: */*` is added unless given.
    pub headers: HeaderMap,
    /// The body, sent byte for byte.
    pub body: Bytes,
    /// The timeout of the whole request, from resolving the name to the last byte of the body.
    pub timeout: Duration,
}

/// The result of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What the endpoint did.
    pub outcome: Outcome,
    /// The duration of the request.
    pub duration: Duration,
}

/// The client cannot be built: a fault of ours, not of an endpoint.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The TLS library refuses its configuration.
    #[error("TLS cannot be configured")]
    Tls(#[source] rustls::Error),
}

impl Egress {
    /// A client that calls only `allowed` targets; build it once, when the program starts.
    ///
    /// # Errors
    ///
    /// If the client cannot be built at all.
    pub fn new(allowed: AllowedTargets) -> Result<Self, EgressError> {
        Self::with_lookup(allowed, Lookup::system())
    }

    /// The addresses that it may call.
    pub fn allowed(&self) -> &AllowedTargets {
        &self.allowed
    }

    /// The same with another lookup of names; the addresses that it finds are checked in the same way.
    ///
    /// # Errors
    ///
    /// If the client cannot be built at all.
    pub fn with_lookup(allowed: AllowedTargets, lookup: Lookup) -> Result<Self, EgressError> {
        // Bundled root certificates (Mozilla's) instead of the machine's: a container without `ca-certificates` works, and
        // a cold start reads and parses no file of certificates. Endpoints are public, so the public roots suffice.
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self::with_roots(allowed, lookup, roots)
    }

    fn with_roots(
        allowed: AllowedTargets,
        lookup: Lookup,
        roots: RootCertStore,
    ) -> Result<Self, EgressError> {
        let tls = tls(roots).map_err(EgressError::Tls)?;
        let connector = Connector::new(GuardedResolver { lookup, allowed }, tls, !allowed.permits_http());
        // It has no part that follows redirects, reads proxy variables or decompresses bodies.
        #[expect(clippy::disallowed_methods, reason = "the one client, and it is guarded")]
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(match allowed.permits_http() {
                true => MAX_IDLE_CONNECTIONS_LOCALLY,
                false => MAX_IDLE_CONNECTIONS_PER_HOST,
            })
            .build(connector);
        Ok(Self { client, allowed })
    }

    /// Sends one request and reads the kept part of the answer. Whatever the endpoint does is an outcome, not an error.
    pub async fn post(&self, request: Request<'_>) -> Reply {
        self.call(request, answer::MAX_BODY_BYTES).await
    }

    /// The same, but of the answer's body at most `most_bytes` are kept; reading stops there.
    pub async fn call(&self, request: Request<'_>, most_bytes: usize) -> Reply {
        let started = Instant::now();
        let deadline = started + request.timeout;
        let outcome = self.send(request, most_bytes, deadline).await;
        Reply { outcome, duration: started.elapsed() }
    }

    /// Fetches a short document (`GET`), of which at most `most_bytes` are kept. It is not an endpoint's answer, but under
    /// the same guard.
    pub async fn fetch(&self, url: &EndpointUrl, most_bytes: usize, timeout: Duration) -> Outcome {
        let (method, headers, body) = (Method::GET, HeaderMap::new(), Bytes::new());
        self.send(Request { method, url, headers, body, timeout }, most_bytes, Instant::now() + timeout).await
    }

    async fn send(&self, request: Request<'_>, most_bytes: usize, deadline: Instant) -> Outcome {
        // The resolver never sees an address that is written as the host, so it is checked here.
        if request.url.check(&self.allowed).is_err() {
            return Outcome::Unreachable(ErrorClass::BlockedAddress);
        }
        match timeout_at(deadline, self.response_to(request)).await {
            Ok(Ok(response)) => Outcome::Answered(answer::read(response, most_bytes, deadline).await),
            Ok(Err(error)) => Outcome::Unreachable(classify(error.as_ref())),
            Err(_elapsed) => Outcome::Unreachable(ErrorClass::Timeout),
        }
    }

    async fn response_to(
        &self,
        request: Request<'_>,
    ) -> Result<Response<Incoming>, Box<dyn Error + Send + Sync>> {
        Ok(self.client.request(outgoing(request)?).await?)
    }
}

fn outgoing(request: Request<'_>) -> Result<http::Request<Full<Bytes>>, http::Error> {
    let mut outgoing = http::Request::builder()
        .method(request.method)
        .uri(request.url.as_str())
        .body(Full::new(request.body))?;
    let headers = outgoing.headers_mut();
    *headers = request.headers;
    for name in &HEADERS_OF_THE_CLIENT {
        headers.remove(name);
    }
    headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    Ok(outgoing)
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

/// Without headers and body, because they contain signatures and payloads.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("body_bytes", &self.body.len())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

    /// A TLS receiver for one connection that gives `answer`, its port and the certificate it shows.
    async fn tls_receiver(certificate_name: &str, answer: String) -> (u16, CertificateDer<'static>) {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed([certificate_name.to_owned()]).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![cert.der().clone()],
                PrivateKeyDer::Pkcs8(signing_key.serialize_der().into()),
            )
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(stream).await
            else {
                return;
            };
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
            if stream.write_all(answer.as_bytes()).await.is_ok() {
                stream.shutdown().await.ok();
            }
        });
        (port, cert.der().clone())
    }

    async fn post_over_tls(port: u16, trusted: Option<CertificateDer<'static>>) -> Outcome {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.add_parsable_certificates(trusted);
        let allowed = AllowedTargets::loopback_and_http();
        let lookup = Lookup::new(|_| Box::pin(async { Ok(vec![std::net::Ipv4Addr::LOCALHOST.into()]) }));
        let egress = Egress::with_roots(allowed, lookup, roots).unwrap();
        let url = EndpointUrl::parse(&format!("https://hooks.example.com:{port}/"), &allowed).unwrap();
        let request = Request {
            method: Method::POST,
            url: &url,
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"{}"),
            timeout: Duration::from_secs(5),
        };
        egress.post(request).await.outcome
    }

    #[tokio::test]
    async fn a_trusted_certificate_for_the_name_is_accepted() {
        let (port, certificate) = tls_receiver("hooks.example.com", NO_CONTENT.to_owned()).await;
        let outcome = post_over_tls(port, Some(certificate)).await;
        assert!(matches!(outcome, Outcome::Answered(answer) if answer.status < 300));
    }

    #[tokio::test]
    async fn a_trusted_certificate_for_another_name_is_a_tls_error() {
        let (port, certificate) = tls_receiver("other.example.com", NO_CONTENT.to_owned()).await;
        assert_eq!(post_over_tls(port, Some(certificate)).await, Outcome::Unreachable(ErrorClass::TlsError));
    }

    #[tokio::test]
    async fn a_certificate_that_nobody_vouches_for_is_a_tls_error() {
        let (port, _) = tls_receiver("hooks.example.com", NO_CONTENT.to_owned()).await;
        assert_eq!(post_over_tls(port, None).await, Outcome::Unreachable(ErrorClass::TlsError));
    }

    #[tokio::test]
    async fn informational_responses_are_limited_over_tls_too() {
        for (heads, refused) in [(8, false), (9, true), (100_000, true)] {
            let answer = format!("{}{NO_CONTENT}", "HTTP/1.1 100 Continue\r\n\r\n".repeat(heads));
            let (port, certificate) = tls_receiver("hooks.example.com", answer).await;
            let outcome = post_over_tls(port, Some(certificate)).await;
            match refused {
                true => assert_eq!(outcome, Outcome::Unreachable(ErrorClass::ResponseInvalid), "{heads}"),
                false => {
                    assert!(matches!(outcome, Outcome::Answered(answer) if answer.status == 204), "{heads}")
                }
            }
        }
    }
}

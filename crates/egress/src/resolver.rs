//! Which addresses does a name resolve to, and may they be called?
//! Protection against SSRF (server-side request forgery) in the client's resolver: the client connects to the checked
//! addresses and does not resolve again, so a name that changes its answer between check and use (DNS rebinding) gains
//! nothing.
//!
//! Rule: *every* address is checked. A name with one public and one private address is refused, because an attacker may
//! hope that the private one is tried.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use domain::endpoint::address::AllowedTargets;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// The result of a [`Lookup`]: all addresses of a name.
pub type LookupFuture = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// How names are looked up. It checks no address; the resolver does.
#[derive(Clone)]
pub struct Lookup(Arc<dyn Fn(String) -> LookupFuture + Send + Sync>);

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup")
    }
}

impl Lookup {
    /// The operating system's resolver.
    pub fn system() -> Self {
        Self::new(|name| {
            Box::pin(async move {
                // The port does not matter to the lookup; the client replaces it by the URL's.
                Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
            })
        })
    }

    /// Another lookup, such as a fixed table.
    pub fn new(lookup: impl Fn(String) -> LookupFuture + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }
}

/// Why a name cannot be used. It travels inside the client's error and is found there by its type.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("the name cannot be resolved")]
    LookupFailed(#[source] io::Error),
    #[error("the name has no address")]
    NoAddress,
    #[error("the name leads to an address that may not be called")]
    Blocked,
}

/// The resolver of the client: looks a name up and checks every address.
#[derive(Clone)]
pub(crate) struct GuardedResolver {
    pub(crate) lookup: Lookup,
    pub(crate) allowed: AllowedTargets,
}

impl GuardedResolver {
    async fn addresses(self, name: String) -> Result<vec::IntoIter<SocketAddr>, ResolveError> {
        let addresses = (self.lookup.0)(name.clone()).await.map_err(ResolveError::LookupFailed)?;
        if addresses.is_empty() {
            return Err(ResolveError::NoAddress);
        }
        if !addresses.iter().all(|ip| self.allowed.permits_at(&name, *ip)) {
            return Err(ResolveError::Blocked);
        }
        // The connector replaces this port by the URL's.
        let addresses: Vec<_> = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect();
        Ok(addresses.into_iter())
    }
}

impl Service<Name> for GuardedResolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = ResolveError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ResolveError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ResolveError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(self.clone().addresses(name.as_str().to_owned()))
    }
}

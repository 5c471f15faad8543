//! By which certificate did SNS sign?
//! A cache of SNS's certificates, fetched through egress under its guard, each once: callers that miss the same one share
//! a fetch.
//!
//! Only addresses come here that the adapter has found to be AWS's own. There are few, and they change about once a year.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::endpoint::address::AllowedTargets;
use domain::endpoint::endpoint_url::EndpointUrl;
use domain::policy::outcome::Outcome;
use egress::Egress;
use futures_util::future::BoxFuture;

use crate::context::loading_cache::LoadingCache;
use crate::error::Fault;

/// A certificate takes about 2 KB.
const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;
/// SNS waits 15 s for the answer to a notification.
const TIMEOUT: Duration = Duration::from_secs(3);
/// So a certificate that AWS withdraws is not believed for ever.
const CACHED_FOR: Duration = Duration::from_secs(24 * 3600);
/// A stranger must not make us fetch at each request; SNS repeats after 20 s.
const FAILURE_CACHED_FOR: Duration = Duration::from_secs(10);

/// The PEM at an address, or what went wrong, for people.
pub type Fetched = BoxFuture<'static, Result<String, String>>;

/// Fetches what is at an address.
pub type Fetch = Arc<dyn Fn(String) -> Fetched + Send + Sync>;

/// The certificates, by their address.
#[derive(Clone)]
pub(crate) struct Certificates {
    fetch: Fetch,
    cache: LoadingCache<String, Arc<str>>,
    failures: LoadingCache<String, String>,
}

impl Certificates {
    /// Those that `fetch` finds.
    pub(crate) fn new(fetch: Fetch) -> Self {
        let cache = LoadingCache::expiring(100, CACHED_FOR);
        Self { fetch, cache, failures: LoadingCache::expiring(1_000, FAILURE_CACHED_FOR) }
    }

    /// Those of AWS, fetched through the guarded client.
    pub(crate) fn of_aws(egress: Egress) -> Self {
        Self::new(Arc::new(move |url| {
            let egress = egress.clone();
            Box::pin(async move { fetch_from_aws(&egress, &url).await })
        }))
    }

    /// The certificate, PEM.
    ///
    /// # Errors
    /// What went wrong, for people. A failure is cached for some seconds.
    pub(crate) async fn fetch(&self, url: &str) -> Result<Arc<str>, String> {
        let url = url.to_owned();
        if let Some(failure) = self.failures.get(&url).await {
            return Err(failure);
        }
        let fetch = || async {
            match (self.fetch)(url.clone()).await {
                Ok(pem) => Ok::<_, Fault>(Some(Arc::from(pem))),
                Err(failure) => {
                    self.failures.insert(url.clone(), failure).await;
                    Ok(None)
                }
            }
        };
        match self.cache.find_or_load(url.clone(), fetch).await {
            Ok(Some(pem)) => Ok(pem),
            // Whoever waited for the same fetch finds its failure, too.
            Ok(None) => {
                Err(self.failures.get(&url).await.unwrap_or_else(|| "it could not be fetched".to_owned()))
            }
            Err(fault) => Err(fault.to_string()),
        }
    }

    /// Whether the certificate need not be fetched.
    pub(crate) fn has(&self, url: &str) -> bool {
        self.cache.contains(&url.to_owned())
    }

    /// Forgets what failed, as time would.
    #[cfg(test)]
    fn forget_failures(&self) {
        self.failures.invalidate_all();
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates")
    }
}

async fn fetch_from_aws(egress: &Egress, url: &str) -> Result<String, String> {
    let target =
        EndpointUrl::parse(url, &AllowedTargets::public_only()).map_err(|error| error.to_string())?;
    match egress.fetch(&target, MAX_CERTIFICATE_BYTES, TIMEOUT).await {
        Outcome::Answered(answer) if answer.status == 200 && !answer.body_truncated => {
            let pem = String::from_utf8(answer.body).ok().filter(|pem| providers::is_certificate(pem));
            pem.ok_or_else(|| "what is at its address is no certificate".to_owned())
        }
        Outcome::Answered(answer) => Err(format!("its address answered {}", answer.status)),
        Outcome::Unreachable(class) => Err(format!("its address could not be reached ({})", class.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_certificate_is_fetched_once_however_many_ask_and_a_failure_is_tried_again() {
        let fetches = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&fetches);
        let certificates = Certificates::new(Arc::new(move |url| {
            let nth = counted.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                tokio::task::yield_now().await;
                if nth == 0 { Err("down".to_owned()) } else { Ok(format!("PEM of {url}")) }
            })
        }));
        assert_eq!(certificates.fetch("https://a").await.unwrap_err(), "down");
        assert_eq!(certificates.fetch("https://a").await.unwrap_err(), "down");
        assert_eq!(fetches.load(Ordering::SeqCst), 1, "it is not asked again at once");
        certificates.forget_failures();
        let all = futures_util::future::join_all((0..50).map(|_| certificates.fetch("https://a"))).await;
        assert!(all.iter().all(|fetched| fetched.as_deref() == Ok("PEM of https://a")));
        assert_eq!(fetches.load(Ordering::SeqCst), 2);
        certificates.fetch("https://b").await.unwrap();
        assert_eq!(fetches.load(Ordering::SeqCst), 3);
    }
}

//! By which certificate did SNS sign?
//! A cache of SNS's certificates, fetched through egress under its guard, each once: callers that miss the same one share
//! a fetch.
//!
//! Only addresses come here that the adapter has found to be AWS's own. There are few, and they change about once a year.

use std::sync::Arc;
use std::time::Duration;

use domain::endpoint::address::AllowedTargets;
use domain::endpoint::endpoint_url::EndpointUrl;
use domain::policy::outcome::Outcome;
use egress::Egress;

/// A certificate takes about 2 KB.
const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;
/// SNS waits 15 s for the answer to a notification.
const TIMEOUT: Duration = Duration::from_secs(3);
/// So a certificate that AWS withdraws is not believed for ever.
const CACHED_FOR: Duration = Duration::from_secs(24 * 3600);

/// The certificates, by their address.
#[derive(Clone, Debug)]
pub(crate) struct Certificates {
    egress: Egress,
    cache: moka::future::Cache<String, Arc<str>>,
}

impl Certificates {
    pub(crate) fn new(egress: Egress) -> Self {
        Self {
            egress,
            cache: moka::future::Cache::builder().max_capacity(100).time_to_live(CACHED_FOR).build(),
        }
    }

    /// The certificate, PEM.
    ///
    /// # Errors
    /// What went wrong, for people. A failure is not cached.
    pub(crate) async fn fetch(&self, url: &str) -> Result<Arc<str>, String> {
        let fetched = self.cache.try_get_with(url.to_owned(), self.fetch_anew(url)).await;
        fetched.map_err(|error| error.as_ref().clone())
    }

    async fn fetch_anew(&self, url: &str) -> Result<Arc<str>, String> {
        let target =
            EndpointUrl::parse(url, &AllowedTargets::public_only()).map_err(|error| error.to_string())?;
        match self.egress.fetch(&target, MAX_CERTIFICATE_BYTES, TIMEOUT).await {
            Outcome::Answered(answer) if answer.status == 200 && !answer.body_truncated => {
                let pem = String::from_utf8(answer.body);
                Ok(pem.map_err(|_| "the certificate is not text".to_owned())?.into())
            }
            Outcome::Answered(answer) => Err(format!("its address answered {}", answer.status)),
            Outcome::Unreachable(class) => {
                Err(format!("its address could not be reached ({})", class.as_str()))
            }
        }
    }
}

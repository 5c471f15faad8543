//! What do the tests of adapters share?
//! A request of a sample that can be changed, and a body that is split without a signature.

use domain::source::options::SourceOptions;
use domain::source::provider::Provider;
use domain::source::received::Reason;
use domain::source::scheme::Scheme;
use domain::timestamp::Timestamp;

use crate::adapter::{Adapter, Refusal, Setup, Split, Verdict, Verified};
use crate::request::Request;
use crate::sample::Draft;

const URL: &str = "https://hooks.example.com/in/dG9rZW4";

/// A request and what it is verified by.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) provider: Provider,
    pub(crate) scheme: Scheme,
    pub(crate) options: SourceOptions,
    pub(crate) secrets: Vec<String>,
    pub(crate) now: Timestamp,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Case {
    /// A sample, at 1790000000.
    pub(crate) fn sample(provider: Provider, scheme: Scheme) -> Self {
        Self::sample_with(provider, scheme, &[], SourceOptions::default())
    }

    /// A sample of a source with these secrets and options.
    pub(crate) fn sample_with(
        provider: Provider,
        scheme: Scheme,
        secrets: &[&str],
        options: SourceOptions,
    ) -> Self {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let secrets = secrets.iter().map(|&secret| secret.to_owned()).collect();
        let mut case =
            Self { provider, scheme, options, secrets, now, headers: Vec::new(), body: Vec::new() };
        let setup = case.setup();
        let draft = Draft { setup: &setup, url: URL, now, randomness: [7; 32] };
        let sample = crate::sample(provider, &draft);
        let headers = sample.headers.into_iter();
        let headers = headers.map(|(name, value)| (name, value.into_bytes())).collect();
        case.secrets.extend(sample.secret);
        (case.headers, case.body) = (headers, sample.body);
        case
    }

    /// Without a header.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut case = self.clone();
        case.headers.retain(|(found, _)| found != name);
        case
    }

    /// With another header.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut case = self.without(name);
        case.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        case
    }

    pub(crate) fn setup(&self) -> Setup<'_> {
        Setup {
            scheme: self.scheme,
            secrets: self.secrets.iter().map(String::as_str).collect(),
            options: &self.options,
            tolerance: self.scheme.default_tolerance(),
            now: self.now,
            certificate: None,
        }
    }

    pub(crate) fn request(&self) -> Request<'_> {
        Request { method: "POST", url: URL, headers: &self.headers, body: &self.body }
    }

    pub(crate) fn verdict(&self) -> Verdict<'_> {
        crate::adapter(self.provider).verify(&self.request(), &self.setup())
    }

    /// Why it is refused; `None` if it is valid.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.refusal().map(|refusal| refusal.reason)
    }

    /// The same with its detail.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self.verdict() {
            Verdict::Valid(_) => None,
            Verdict::Invalid(refusal) => Some(refusal),
            other => panic!("{other:?}"),
        }
    }

    /// What it holds, whether it is valid or not.
    pub(crate) fn split(&self) -> Result<Split, Refusal> {
        crate::adapter(self.provider).split(&Verified::new(&self.request()), &self.setup())
    }
}

/// What a body holds.
pub(crate) fn split(adapter: &dyn Adapter, content_type: &str, body: &[u8]) -> Result<Split, Refusal> {
    let headers = [("content-type".to_owned(), content_type.as_bytes().to_vec())];
    let request = Request { method: "POST", url: URL, headers: &headers, body };
    let setup = Setup {
        scheme: Scheme::AddressOnly,
        secrets: Vec::new(),
        options: &SourceOptions::default(),
        tolerance: None,
        now: Timestamp::from_millis(1_790_000_000_000),
        certificate: None,
    };
    adapter.split(&Verified::new(&request), &setup)
}

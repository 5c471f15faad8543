//! How does a test of one adapter make requests?
//! A request with its source's setup, and what the adapter makes of it.

use std::time::Duration;

use domain::source::options::SourceOptions;
use domain::source::received::Reason;
use domain::source::scheme::Scheme;
use domain::timestamp::Timestamp;

use crate::adapter::{Adapter, Answer, OneTime, Part, Refusal, Setup, Split, Verdict};
use crate::request::Request;

/// The time in all tests, in unix seconds.
pub(crate) const NOW: i64 = 1_790_000_000;
/// The address in all tests.
pub(crate) const URL: &str = "https://hooks.example.com/in/token";

/// The id of a sample whose randomness is sevens.
pub(crate) const SAMPLE_ID: &str = "bbdeae500ced93bf66697ca9e4328d6d";

/// A request, and the source that it comes to.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) scheme: Scheme,
    pub(crate) secrets: Vec<String>,
    pub(crate) options: SourceOptions,
    pub(crate) tolerance: Option<Duration>,
    pub(crate) now: i64,
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Case {
    pub(crate) fn new(scheme: Scheme, secret: &str) -> Self {
        Self {
            scheme,
            secrets: vec![secret.to_owned()],
            options: SourceOptions::default(),
            tolerance: scheme.default_tolerance(),
            now: NOW,
            method: "POST",
            url: URL.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        body.as_ref().clone_into(&mut self.body);
        self
    }

    /// With a header, instead of one of the same name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(found, _)| found != name);
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    pub(crate) fn query(mut self, query: &str) -> Self {
        self.url = format!("{URL}?{query}");
        self.method = "GET";
        self
    }

    pub(crate) fn at(mut self, now: i64) -> Self {
        self.now = now;
        self
    }

    fn request(&self) -> Request<'_> {
        Request { method: self.method, url: &self.url, headers: &self.headers, body: &self.body }
    }

    fn setup(&self) -> Setup<'_> {
        Setup {
            scheme: self.scheme,
            secrets: self.secrets.iter().map(String::as_str).collect(),
            options: &self.options,
            tolerance: self.tolerance,
            now: Timestamp::from_millis(self.now * 1000),
            certificate: None,
        }
    }
}

/// Why the request is refused; `None` if it is valid.
pub(crate) fn refusal(adapter: &dyn Adapter, case: &Case) -> Option<Reason> {
    match adapter.verify(&case.request(), &case.setup()) {
        Verdict::Valid(_) => None,
        Verdict::Invalid(refusal) => Some(refusal.reason),
        other => panic!("{other:?}"),
    }
}

/// What may come only once of a valid request.
pub(crate) fn one_time(adapter: &dyn Adapter, case: &Case) -> Option<OneTime> {
    match adapter.verify(&case.request(), &case.setup()) {
        Verdict::Valid(verified) => verified.one_time().cloned(),
        other => panic!("{other:?}"),
    }
}

/// The answer to a probe.
pub(crate) fn probe(adapter: &dyn Adapter, case: &Case) -> Option<Answer> {
    match adapter.verify(&case.request(), &case.setup()) {
        Verdict::Answered(answer) => Some(answer),
        _ => None,
    }
}

/// What a request holds, which must be valid.
pub(crate) fn split(adapter: &dyn Adapter, case: &Case) -> Result<Split, Refusal> {
    let (request, setup) = (case.request(), case.setup());
    match adapter.verify(&request, &setup) {
        Verdict::Valid(verified) => adapter.split(&verified, &setup),
        other => panic!("{other:?}"),
    }
}

/// The only event of a valid request.
pub(crate) fn part(adapter: &dyn Adapter, case: &Case) -> Part {
    let mut parts = split(adapter, case).unwrap().parts;
    assert_eq!(parts.len(), 1, "{parts:?}");
    parts.remove(0)
}

//! What does it cost to verify a provider's request?
//! Micro-benchmarks of every provider and scheme, over its sample; run them with `cargo bench -p bench --bench providers`.

use std::fmt;

use divan::{Bencher, black_box};
use domain::source::options::{Algorithm, SourceOptions};
use domain::source::provider::Provider;
use domain::source::scheme::Scheme;
use domain::timestamp::Timestamp;
use providers::adapter::{Setup, Verdict};
use providers::request::Request;
use providers::sample::{Draft, Sample};

const ADDRESS: &str = "https://hooks.example.com/in/Q2hlY2sgb25lIGFkZHJlc3MgdG9rZW4gaGVyZSE0Mg";
const NOW: i64 = 1_790_000_000_000;

fn main() {
    divan::main();
}

/// One provider and one of its schemes.
#[derive(Clone, Copy)]
struct Case(Provider, Scheme);

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

fn cases() -> Vec<Case> {
    let of = |provider: Provider| provider.schemes().iter().map(move |scheme| Case(provider, *scheme));
    Provider::ALL.into_iter().flat_map(of).collect()
}

/// Verifies the sample, as often as it can.
#[divan::bench(args = cases())]
fn verify(bencher: Bencher<'_, '_>, Case(provider, scheme): Case) {
    let (options, mut secrets) = configuration(provider, scheme);
    let setup = setup(scheme, &options, &secrets);
    let draft = Draft { setup: &setup, url: ADDRESS, now: Timestamp::from_millis(NOW), randomness: [7; 32] };
    let Sample { method, query, headers, body, secret } = providers::sample(provider, &draft);
    secrets.extend(secret);
    let setup = self::setup(scheme, &options, &secrets);
    let headers: Vec<_> =
        headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect();
    let url = format!("{ADDRESS}{query}");
    let request = Request { method, url: &url, headers: &headers, body: &body };
    let adapter = providers::adapter(provider);
    assert!(matches!(adapter.verify(&request, &setup), Verdict::Valid(_)), "{provider} {scheme}");
    bencher.bench(|| matches!(adapter.verify(black_box(&request), &setup), Verdict::Valid(_)));
}

fn setup<'a>(scheme: Scheme, options: &'a SourceOptions, secrets: &'a [String]) -> Setup<'a> {
    Setup {
        scheme,
        secrets: secrets.iter().map(String::as_str).collect(),
        options,
        tolerance: scheme.default_tolerance(),
        now: Timestamp::from_millis(NOW),
        certificate: None,
    }
}

fn configuration(provider: Provider, scheme: Scheme) -> (SourceOptions, Vec<String>) {
    let mut options = SourceOptions::default();
    match (provider, scheme) {
        (Provider::AwsSes, _) => {
            options.topic_arns.push("arn:aws:sns:eu-central-1:123456789012:ses-events".to_owned());
        }
        (_, Scheme::VonageLegacy) => options.algorithm = Some(Algorithm::Sha256),
        (Provider::Generic, _) => options.header = Some("X-Signature".to_owned()),
        _ => {}
    }
    let secret = match scheme {
        Scheme::EcdsaP256 | Scheme::Sns | Scheme::AddressOnly => return (options, Vec::new()),
        Scheme::StandardWebhooks => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        Scheme::StaticHeader => "Bearer 0123456789abcdef0123456789abcdef",
        _ => "a secret that nobody can guess",
    };
    (options, vec![secret.to_owned()])
}

//! Does a request come from the provider, and what are its events?
//! Verification and splitting, with the certificate of SNS fetched where it is needed. This is the only way by which a body
//! becomes an event: what is not verified has no parts.

use std::sync::Arc;

use domain::source::Source;
use domain::source::received::{RawRequest, Reason};
use providers::adapter::{Adapter, Answer, Certificate, OneTime, Part, Refusal, Setup, Verdict};
use providers::request::Request;

use crate::error::Fault;
use crate::receive::receive_request::When;
use crate::receive::receiving::Receiving;

/// What was found about a request.
#[derive(Debug)]
pub enum Examined {
    /// It comes from the provider.
    Valid(Found),
    /// It does not, or cannot be read.
    Invalid(Refusal),
    /// We could not decide. The provider repeats it.
    Undecided(Refusal),
}

/// What a verified request holds.
#[derive(Debug)]
pub struct Found {
    /// Its events.
    pub parts: Vec<Part>,
    /// The answer that the provider gets when they are accepted.
    pub answer: Answer,
    /// The SNS subscription to confirm.
    pub confirm: Option<String>,
    /// The signed token that may come again with the same content only.
    pub one_time: Option<OneTime>,
}

/// Judges a request by the newest configuration of its source: one that is refused by what is cached may be right by a
/// secret or a sample's certificate of a moment ago. That costs a refused request a read, and a good one nothing.
///
/// # Errors
/// [`Fault`] when the newest configuration cannot be read.
pub(super) async fn examine_by_newest(
    receiving: &Receiving,
    source: Arc<Source>,
    raw: &RawRequest,
    when: When,
) -> (Arc<Source>, Result<Examined, Fault>) {
    let by_cached = examine(receiving, &source, raw, when, Fetching::No).await;
    if let Some(valid @ Examined::Valid(_)) = by_cached {
        return (source, Ok(valid));
    }
    let newest = match receiving.intake.context.store.load_source(source.key()).await {
        Ok(Some(newest)) if newest.revision != source.revision => Arc::new(newest),
        Ok(_) => match by_cached {
            Some(examined) => return (source, Ok(examined)),
            None => source,
        },
        Err(error) => return (source, Err(error.into())),
    };
    let examined = examine(receiving, &newest, raw, when, Fetching::Yes).await;
    let examined = examined.ok_or_else(|| Fault::Broken("a certificate was not fetched".to_owned()));
    (newest, examined)
}

/// Whether a certificate may be fetched that is not cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fetching {
    Yes,
    No,
}

/// Judges a request by the secrets that are in force now, as of the instant when it came. `None` when a certificate would
/// have to be fetched first.
async fn examine(
    receiving: &Receiving,
    source: &Source,
    raw: &RawRequest,
    when: When,
    fetching: Fetching,
) -> Option<Examined> {
    let url = format!("{}{}", source.base_url(&receiving.public_url), raw.target);
    let request = Request { method: &raw.method, url: &url, headers: &raw.headers, body: &raw.body };
    let setup = Setup { now: when.received_at, ..Setup::of(source, when.now) };
    let adapter = providers::adapter(source.settings.provider);

    // 1. Verify; what SNS signed, by its certificate.
    let mut verdict = adapter.verify(&request, &setup);
    let certificate;
    if let Verdict::NeedsCertificate(address) = verdict {
        if fetching == Fetching::No && !receiving.certificates.has(&address) {
            return None;
        }
        certificate = match receiving.certificates.fetch(&address).await {
            Ok(pem) => (address, pem),
            Err(detail) => {
                let detail = format!("its certificate could not be fetched: {detail}");
                let refusal = Refusal::new(Reason::CertificateUnavailable, detail);
                return Some(Examined::Undecided(refusal));
            }
        };
        let (url, pem) = &certificate;
        let setup = Setup { certificate: Some(Certificate { url, pem }), ..setup.clone() };
        verdict = adapter.verify(&request, &setup);
    }
    Some(judged(adapter, verdict, &setup))
}

/// What follows from a verdict: only a verified request is split.
fn judged(adapter: &dyn Adapter, verdict: Verdict<'_>, setup: &Setup<'_>) -> Examined {
    let verified = match verdict {
        Verdict::Valid(verified) => verified,
        Verdict::Answered(answer) => return Examined::Valid(Found::handshake(answer)),
        Verdict::Invalid(refusal) => return Examined::Invalid(refusal),
        Verdict::Undecided(refusal) => return Examined::Undecided(refusal),
        Verdict::NeedsCertificate(_) => {
            let detail = "its certificate is another one than that at its address";
            return Examined::Invalid(Refusal::new(Reason::CertificateRefused, detail));
        }
    };

    match adapter.split(&verified, setup) {
        Ok(split) => Examined::Valid(Found {
            parts: split.parts,
            answer: split.answer.unwrap_or_else(|| adapter.accepted()),
            confirm: split.confirm,
            one_time: verified.one_time().cloned(),
        }),
        Err(refusal) => Examined::Invalid(refusal),
    }
}

impl Found {
    fn handshake(answer: Answer) -> Self {
        Self { parts: Vec::new(), answer, confirm: None, one_time: None }
    }
}

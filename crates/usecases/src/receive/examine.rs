//! Does a request come from the provider, and what are its events?
//! Verification and splitting, with the certificate of SNS fetched where it is needed. This is the only way by which a body
//! becomes an event: what is not verified has no parts.

use domain::source::Source;
use domain::source::received::{RawRequest, Reason};
use domain::timestamp::Timestamp;
use providers::adapter::{Answer, Certificate, Part, Refusal, Setup, Verdict};
use providers::request::Request;

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
    /// The signed token that may come again with the same body only.
    pub one_time_token: Option<String>,
}

/// Judges a request by the secrets that are in force at `now`, as of the instant when it came.
pub(super) async fn examine(
    receiving: &Receiving,
    source: &Source,
    raw: &RawRequest,
    (received_at, now): (Timestamp, Timestamp),
) -> Examined {
    let url = format!("{}{}", source.base_url(&receiving.public_url), raw.target);
    let request = Request { method: &raw.method, url: &url, headers: &raw.headers, body: &raw.body };
    let setup = Setup { now: received_at, ..Setup::of(source, now) };
    let adapter = providers::adapter(source.settings.provider);

    // 1. Verify; what SNS signed, by its certificate.
    let mut verdict = adapter.verify(&request, &setup);
    let certificate;
    if let Verdict::NeedsCertificate(address) = verdict {
        certificate = match receiving.certificates.fetch(&address).await {
            Ok(pem) => (address, pem),
            Err(detail) => {
                let detail = format!("its certificate could not be fetched: {detail}");
                return Examined::Undecided(Refusal::new(Reason::CertificateUnavailable, detail));
            }
        };
        let (url, pem) = &certificate;
        verdict =
            adapter.verify(&request, &Setup { certificate: Some(Certificate { url, pem }), ..setup.clone() });
    }
    let verified = match verdict {
        Verdict::Valid(verified) => verified,
        Verdict::Answered(answer) => return Examined::Valid(Found::handshake(answer)),
        Verdict::Invalid(refusal) => return Examined::Invalid(refusal),
        Verdict::NeedsCertificate(_) => {
            let detail = "its certificate is another one than that at its address";
            return Examined::Invalid(Refusal::new(Reason::CertificateRefused, detail));
        }
    };

    // 2. Split.
    match adapter.split(&verified, &setup) {
        Ok(split) => Examined::Valid(Found {
            parts: split.parts,
            answer: split.answer.unwrap_or_else(|| adapter.accepted()),
            confirm: split.confirm,
            one_time_token: verified.one_time_token().map(str::to_owned),
        }),
        Err(refusal) => Examined::Invalid(refusal),
    }
}

impl Found {
    fn handshake(answer: Answer) -> Self {
        Self { parts: Vec::new(), answer, confirm: None, one_time_token: None }
    }
}

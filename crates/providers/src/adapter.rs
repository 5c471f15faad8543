//! What is the same for every provider?
//! The shape of an adapter: `verify` a request, then `split` it into events. Only a verified request can be split: code
//! outside this crate cannot make a [`Verified`].
//!
//! Adapters are pure: the clock, the secrets and the certificate of SNS are in the [`Setup`].

use std::time::Duration;

use domain::source::options::SourceOptions;
use domain::source::received::Reason;
use domain::source::scheme::Scheme;
use domain::source::{Source, SourceSettings};
use domain::timestamp::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::request::Request;

/// Most events of one request.
pub const MAX_PARTS: usize = 20_000;
/// Longest detail of a refusal, in characters: it is stored with the request.
pub const MAX_DETAIL_CHARS: usize = 300;

/// How one provider's requests are verified, split and answered.
pub trait Adapter: Sync {
    /// Whether the request comes from the provider, by the source's scheme. Nothing of the body is believed before.
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a>;

    /// The events of a verified request. A part that is not understood is an event of the type `unknown` of its channel,
    /// and never harms the others.
    ///
    /// # Errors
    /// [`Refusal`] with [`Reason::BodyMalformed`] when the body as a whole cannot be read.
    fn split(&self, verified: &Verified<'_>, setup: &Setup<'_>) -> Result<Split, Refusal>;

    /// The answer to a request whose events were accepted.
    fn accepted(&self) -> Answer {
        Answer::empty(200)
    }

    /// The answer to a request that was refused: what makes this provider repeat it, or stop, as its documentation says.
    fn refused(&self, reason: Reason) -> Answer {
        Answer::refusing(reason)
    }

    /// A file that came with the request, by its number from 0 in `data.attachments`.
    fn attachment(&self, request: &Request<'_>, number: usize) -> Option<Attachment> {
        let (_, _) = (request, number);
        None
    }
}

/// What verification needs to know of a source.
#[derive(Clone)]
pub struct Setup<'a> {
    /// How requests are verified.
    pub scheme: Scheme,
    /// The secrets in force, newest first.
    pub secrets: Vec<&'a str>,
    /// What only this provider has.
    pub options: &'a SourceOptions,
    /// How far the time of a request may be from now; `None` for a scheme without a time.
    pub tolerance: Option<Duration>,
    /// The current time.
    pub now: Timestamp,
    /// The certificate that was fetched after [`Verdict::NeedsCertificate`].
    pub certificate: Option<Certificate<'a>>,
}

/// Without the secrets, among which are the addresses of samples' certificates.
impl std::fmt::Debug for Setup<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({}, {} secrets)", self.scheme, self.secrets.len())
    }
}

/// A certificate and where it came from.
#[derive(Debug, Clone, Copy)]
pub struct Certificate<'a> {
    /// Its address.
    pub url: &'a str,
    /// The certificate, PEM.
    pub pem: &'a str,
}

impl<'a> Setup<'a> {
    /// What verification needs to know of `source` at `now`.
    pub fn of(source: &'a Source, now: Timestamp) -> Self {
        let SourceSettings { options, .. } = &source.settings;
        Self {
            scheme: source.settings.scheme(),
            secrets: source.secrets_in_force(now).collect(),
            options,
            tolerance: source.settings.tolerance(),
            now,
            certificate: None,
        }
    }

    /// Refuses an instant that is further from now than the tolerance. On its edge it is taken.
    ///
    /// # Errors
    /// [`Reason::TimestampTooOld`] or [`Reason::TimestampInFuture`].
    pub fn check_time(&self, at: Timestamp) -> Result<(), Refusal> {
        let Some(tolerance) = self.tolerance else { return Ok(()) };
        let seconds = tolerance.as_secs();
        if self.now.since(at) > tolerance {
            let detail = format!("its time is more than {seconds} s ago");
            return Err(Refusal::new(Reason::TimestampTooOld, detail));
        }
        if at.since(self.now) > tolerance {
            let detail = format!("its time is more than {seconds} s ahead; is this clock right?");
            return Err(Refusal::new(Reason::TimestampInFuture, detail));
        }
        Ok(())
    }

    /// Reads a time in unix seconds and checks it.
    ///
    /// # Errors
    /// [`Reason::TimestampMissing`], or as [`Self::check_time`].
    pub fn check_unix_seconds(&self, text: Option<&str>) -> Result<(), Refusal> {
        let text = text.ok_or_else(|| Refusal::new(Reason::TimestampMissing, "it has no time"))?;
        let digits = !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = text.parse::<i64>().ok().filter(|_| digits);
        let seconds = seconds
            .ok_or_else(|| Refusal::new(Reason::TimestampMissing, "its time is no number of unix seconds"))?;
        self.check_time(Timestamp::from_millis(seconds.saturating_mul(1000)))
    }
}

/// What was found about a request.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// It comes from the provider.
    Valid(Verified<'a>),
    /// A handshake or probe, to be answered so; it has no events.
    Answered(Answer),
    /// It does not prove that it comes from the provider.
    Invalid(Refusal),
    /// It could not be judged, for no fault of the request: the provider should repeat it.
    Undecided(Refusal),
    /// It can only be judged with the certificate at this address, which is one of AWS's: verify again with
    /// [`Setup::certificate`].
    NeedsCertificate(String),
}

impl<'a> From<Result<Verified<'a>, Refusal>> for Verdict<'a> {
    fn from(result: Result<Verified<'a>, Refusal>) -> Self {
        match result {
            Ok(verified) => Self::Valid(verified),
            Err(refusal) => Self::Invalid(refusal),
        }
    }
}

/// A request that was verified.
#[derive(Debug)]
pub struct Verified<'a> {
    request: Request<'a>,
    once: Option<OneTime>,
}

/// A signed token or nonce, and what it came with: it may come again with the same content only.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTime {
    /// The token or nonce.
    pub token: String,
    /// The digest of what a retry repeats and an event is made of. Two requests with the same digest are the same event,
    /// even if their bytes differ, as by the boundary of a multipart body.
    pub content: String,
}

/// Who has the token and its signature could make requests.
impl std::fmt::Debug for OneTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTime")
    }
}

impl<'a> Verified<'a> {
    pub(crate) fn new(request: &Request<'a>) -> Self {
        Self { request: request.clone(), once: None }
    }

    /// Under a signature that other requests can have, too: its token may come again with the same content only.
    pub(crate) fn once(request: &Request<'a>, token: impl Into<String>, content: String) -> Self {
        Self { request: request.clone(), once: Some(OneTime { token: token.into(), content }) }
    }

    /// The request.
    pub fn request(&self) -> &Request<'a> {
        &self.request
    }

    /// The signed token or nonce that may come again with the same content only.
    pub fn one_time(&self) -> Option<&OneTime> {
        self.once.as_ref()
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable word.
    pub reason: Reason,
    /// A sentence for people, about "the request". Never repeats a secret or a whole signature.
    pub detail: String,
}

impl Refusal {
    /// A refusal. A detail may repeat what the request says, so it is cut where it is too long.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(MAX_DETAIL_CHARS) {
            detail.truncate(end);
        }
        Self { reason, detail }
    }

    /// There is no signature: `header` is missing.
    pub fn missing(header: &str) -> Self {
        Self::new(Reason::SignatureMissing, format!("it has no `{header}`"))
    }

    /// No secret makes this signature of this request.
    pub fn mismatch() -> Self {
        Self::new(
            Reason::SignatureMismatch,
            "no secret of this source makes its signature; is the secret the one that the provider shows?",
        )
    }

    /// The body cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Reason::BodyMalformed, detail)
    }
}

/// The answer that a provider gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The type of the body, if it has one.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: String,
    /// A further header.
    pub header: Option<(&'static str, &'static str)>,
}

impl Answer {
    /// An answer without a body.
    pub const fn empty(status: u16) -> Self {
        Self { status, content_type: None, body: String::new(), header: None }
    }

    /// The usual answer to a request that is refused.
    pub const fn refusing(reason: Reason) -> Self {
        match reason {
            Reason::BodyMalformed => Self::empty(400),
            Reason::BodyTooLarge => Self::empty(413),
            Reason::VerifyTokenMismatch => Self::empty(403),
            _ => Self::empty(401),
        }
    }

    /// A plain text with status 200.
    pub fn text(body: impl Into<String>) -> Self {
        Self { status: 200, content_type: Some("text/plain"), body: body.into(), header: None }
    }

    /// The same with a further header.
    #[must_use]
    pub const fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }
}

/// What a verified request holds.
#[derive(Debug, Default)]
pub struct Split {
    /// Its events; none for a handshake.
    pub parts: Vec<Part>,
    /// The answer, if it is another than the usual one.
    pub answer: Option<Answer>,
    /// An SNS subscription to confirm: the address to call, which is one of AWS's.
    pub confirm: Option<String>,
}

impl Split {
    /// The events of a request.
    pub fn of(parts: Vec<Part>) -> Self {
        Self { parts, ..Self::default() }
    }

    /// A handshake that is answered so.
    pub fn answered(answer: Answer) -> Self {
        Self { answer: Some(answer), ..Self::default() }
    }
}

/// One event of a provider.
#[derive(Debug, Clone)]
pub struct Part {
    /// The canonical type, such as `email.bounced`, or the provider's own where there is none; without a prefix.
    pub event_type: String,
    /// The provider's own word for it.
    pub provider_type: String,
    /// What is the same whenever this event is sent again, and differs from every other event of the source.
    pub dedupe_key: String,
    /// When it happened, if the provider says so.
    pub occurred_at: Option<Timestamp>,
    /// What it says, in the names that all providers of the channel share.
    pub data: Map<String, Value>,
    /// The provider's own JSON, byte for byte where it is JSON.
    pub raw: Box<RawValue>,
}

/// The events of a request, as long as they are not too many: each has more to it than its few bytes of the body.
#[derive(Debug, Default)]
pub(crate) struct Parts(Vec<Part>);

impl Parts {
    /// One more.
    ///
    /// # Errors
    /// [`Reason::BodyMalformed`] when there are [`MAX_PARTS`].
    pub(crate) fn push(&mut self, part: Part) -> Result<(), Refusal> {
        if self.0.len() >= MAX_PARTS {
            return Err(Refusal::malformed(format!("it has more than {MAX_PARTS} events")));
        }
        self.0.push(part);
        Ok(())
    }

    /// All that `parts` gives.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub(crate) fn of(parts: impl IntoIterator<Item = Part>) -> Result<Self, Refusal> {
        let mut all = Self::default();
        parts.into_iter().try_for_each(|part| all.push(part))?;
        Ok(all)
    }
}

impl From<Parts> for Split {
    fn from(Parts(parts): Parts) -> Self {
        Self::of(parts)
    }
}

/// A file that came with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, as the provider gives it.
    pub filename: Option<String>,
    /// Its media type, as the provider gives it.
    pub content_type: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_detail_is_cut_between_two_characters() {
        for (long, chars) in
            [("\u{e9}".repeat(MAX_DETAIL_CHARS + 1), MAX_DETAIL_CHARS), ("\u{e9}".repeat(5), 5)]
        {
            let detail = Refusal::malformed(long.clone()).detail;
            assert_eq!(detail.chars().count(), chars);
            assert!(long.starts_with(&detail));
        }
    }
}

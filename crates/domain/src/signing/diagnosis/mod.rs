//! Why is a signature refused?
//! A diagnosis: the usual mistakes are made one by one, until one of them explains the signature.
//!
//! It answers with whole matches only, never with an expected signature, a secret or a part of one. A caller learns from
//! it whether a signature that it has is right, and what was done to it, but cannot get one that it does not have.

mod body_change;
mod entry;
mod examination;
mod json_writer;
mod presented;
pub mod reason;
mod recipe;
mod stored;

use std::fmt;

use crate::delivery::attempt::Attempt;
use crate::id::{EndpointId, EventId};
use crate::signing::diagnosis::entry::Entry;
use crate::signing::diagnosis::examination::Examination;
pub use crate::signing::diagnosis::presented::prefix;
use crate::signing::diagnosis::presented::{Presented, Scheme};
use crate::signing::diagnosis::reason::Reason;
pub use crate::signing::diagnosis::stored::{delivery_of, event_of};
use crate::signing::profile::Profile;
use crate::signing::secret::{BadSecret, PublicKey, Secret};
use crate::timestamp::Timestamp;

/// A request as its receiver got it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Name and value of each header.
    pub headers: &'a [(String, String)],
    /// The body, as the verifying code had it.
    pub body: &'a [u8],
    /// The path that the receiver saw, if it is known.
    pub path: Option<&'a str>,
    /// The receiver's clock when the request came; the timestamp is not judged without it.
    pub received_at: Option<Timestamp>,
    /// The signature that the receiver's own code computed.
    pub computed: Option<&'a str>,
}

/// What verifies a signature.
#[derive(Clone, PartialEq, Eq)]
pub enum VerificationKey {
    /// A shared secret, or a key pair.
    Secret(Secret),
    /// The public half of a key pair.
    Public(PublicKey),
}

/// A key, and when it stopped or stops signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// The key.
    pub key: VerificationKey,
    /// `None` if it signs without end.
    pub expires_at: Option<Timestamp>,
}

/// What the verifier knows.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The keys to try, the current one first.
    pub keys: &'a [KnownKey],
    /// The endpoint's profile; `None` to find it out.
    pub profile: Option<Profile>,
    /// The endpoint's header prefix; `None` to take any.
    pub prefix: Option<&'a str>,
    /// The path of the endpoint's URL.
    pub path: Option<&'a str>,
    /// The endpoint.
    pub endpoint: Option<EndpointId>,
    /// What was sent, if it is still known.
    pub sent: Option<Sent<'a>>,
    /// The time of the diagnosis; an expired key is one that ended before.
    pub now: Timestamp,
}

/// A delivery as it was sent.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// The delivery's event.
    pub event: EventId,
    /// The endpoints that the event was for.
    pub endpoints: &'a [EndpointId],
    /// The body; `None` if the payload was erased.
    pub body: Option<&'a [u8]>,
    /// The attempts of the delivery to the endpoint.
    pub attempts: &'a [Attempt],
}

/// The verdict about a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The reason.
    pub reason: Reason,
    /// What was found, and what to do next.
    pub detail: String,
    /// The profile whose headers the request has; `None` if it has none.
    pub profile: Option<Profile>,
    /// Which of the keys made the signature.
    pub key: Option<usize>,
}

/// Whose signature is diagnosed: the sender's or the receiver's. It decides in which direction a body change is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The header's, over what was sent; the request may have been changed since.
    Received,
    /// The receiver's own, over what its code made of the request.
    Computed,
}

/// An explanation: the reason, what was found, and the key.
struct Explanation {
    reason: Reason,
    found: String,
    key: Option<usize>,
}

impl VerificationKey {
    /// Reads a secret or a public key.
    ///
    /// # Errors
    /// [`BadSecret`] when it is neither.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        match PublicKey::parse(text) {
            Some(key) => Ok(Self::Public(key)),
            None => Secret::parse(text).map(Self::Secret),
        }
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationKey(redacted)")
    }
}

/// Says whether the signature of `request` is right, and if not, why.
pub fn diagnose(request: &Request<'_>, known: &Known<'_>) -> Diagnosis {
    // 1. Which signature did it bring?
    let presented = match presented::find(request.headers, known) {
        Ok(presented) => presented,
        Err((reason, found)) => return Diagnosis::of(Explanation { reason, found, key: None }, None),
    };
    let profile = Some(profile(&presented));

    // 2. Is that right? If not, what was done to it?
    let examination = Examination { request, known, presented: &presented };
    let verdict = examination.of_the_request();
    let (Reason::SignatureValid, Some(computed)) = (verdict.reason, request.computed) else {
        return Diagnosis::of(verdict, profile);
    };

    // 3. The request is right: then what did the receiver's own code do?
    Diagnosis::of(examination.of_the_receiver(computed), profile)
}

fn profile(presented: &Presented<'_>) -> Profile {
    match presented.scheme {
        Scheme::Standard if presented.entries.iter().any(Entry::is_asymmetric) => Profile::StandardAsymmetric,
        Scheme::Standard => Profile::Standard,
        Scheme::Body => Profile::Body,
        Scheme::Covered => Profile::Covered,
    }
}

impl Diagnosis {
    fn of(explanation: Explanation, profile: Option<Profile>) -> Self {
        let Explanation { reason, found, key } = explanation;
        let detail = if found.is_empty() {
            reason.advice().to_owned()
        } else {
            format!("{found} {}", reason.advice())
        };
        Self { reason, detail, profile, key }
    }

    /// Whether a receiver should take the request.
    pub fn is_good(&self) -> bool {
        self.reason == Reason::SignatureValid
    }
}

fn explanation(reason: Reason, found: String) -> Explanation {
    Explanation { reason, found, key: None }
}

#[cfg(test)]
mod tests;

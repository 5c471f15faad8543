//! What does a provider's request look like?
//! Samples: requests as a provider would make them, signed with a source's own secret. Where only the
//! provider has the key that signs, the sample gets a key pair.

use domain::timestamp::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::adapter::Setup;

/// What a sample is made of.
pub struct Draft<'a> {
    /// The source's scheme, secrets and options.
    pub setup: &'a Setup<'a>,
    /// The source's address.
    pub url: &'a str,
    /// When it is sent.
    pub now: Timestamp,
    /// Ids, nonces and keys are derived from it.
    pub randomness: [u8; 32],
}

/// The randomness makes keys, and the address is secret.
impl std::fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draft({})", self.setup.scheme)
    }
}

impl Draft<'_> {
    /// The secret that signs: the newest.
    pub(crate) fn secret(&self) -> &str {
        self.setup.secrets.first().copied().unwrap_or_default()
    }

    /// The instant in unix seconds, as text.
    pub(crate) fn unix_seconds(&self) -> String {
        (self.now.as_millis() / 1000).to_string()
    }

    /// Bytes for one purpose. Those for an id, which everybody sees, say nothing of those for a key.
    pub(crate) fn derive(&self, label: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(self.randomness).chain_update(label).finalize().into()
    }

    /// An id that no other sample has: 32 hexadecimal digits.
    pub(crate) fn id(&self) -> String {
        domain::hex::hex(self.derive(b"id").first_chunk::<16>().unwrap_or(&[0; 16]))
    }
}

/// A request as a provider would make it.
#[derive(Clone)]
pub struct Sample {
    /// The HTTP method.
    pub method: &'static str,
    /// What follows the address, with its `?`; empty for nothing.
    pub query: String,
    /// The headers, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The public key or certificate that this sample is signed for: the source must have it as a secret while the sample
    /// is under way.
    pub secret: Option<String>,
}

/// It is signed as a real request is.
impl std::fmt::Debug for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sample({} {} bytes)", self.method, self.body.len())
    }
}

impl Sample {
    /// A JSON body that is posted.
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { method: "POST", query: String::new(), headers, body: body.into(), secret: None }
    }

    /// A form that is posted.
    pub(crate) fn form(pairs: &[(&str, &str)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        Self { method: "POST", query: String::new(), headers, body: form.finish().into_bytes(), secret: None }
    }

    /// The same with a header.
    #[must_use]
    pub(crate) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::source::options::SourceOptions;
    use domain::source::scheme::Scheme;

    #[test]
    fn what_is_derived_for_one_purpose_is_not_that_for_another() {
        let (options, now) = (SourceOptions::default(), Timestamp::from_millis(0));
        let (scheme, secrets) = (Scheme::EcdsaP256, Vec::new());
        let setup = Setup { scheme, secrets, options: &options, tolerance: None, now, certificate: None };
        let draft = |byte| Draft { setup: &setup, url: "", now, randomness: [byte; 32] };
        let all = [draft(7).derive(b"id"), draft(7).derive(b"key"), draft(8).derive(b"id"), [7; 32]];
        for (place, one) in all.iter().enumerate() {
            assert!(all[..place].iter().all(|other| other != one), "{place}");
        }
        assert_eq!(draft(7).derive(b"id"), draft(7).derive(b"id"));
        assert_ne!(draft(7).id(), draft(8).id());
        assert_eq!(draft(7).id().len(), 32);
    }
}

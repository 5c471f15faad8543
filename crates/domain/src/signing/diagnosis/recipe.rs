//! Was this signature made in this way?
//! A hypothesis: a key, a scheme and the parts that it signs, judged against the entries of a header.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::Mac as _;

use crate::signing::diagnosis::VerificationKey;
use crate::signing::diagnosis::entry::{BASE64, Entry};
use crate::signing::diagnosis::presented::{Presented, Scheme};
use crate::signing::diagnosis::reason::Reason;
use crate::signing::secret::{PublicKey, Secret};
use crate::signing::signature::hmac_of;

/// What may have been signed.
#[derive(Debug, Clone)]
pub(super) struct Recipe<'a> {
    pub(super) scheme: Scheme,
    pub(super) id: Cow<'a, str>,
    pub(super) timestamp: Cow<'a, str>,
    pub(super) nonce: Cow<'a, str>,
    pub(super) path: Cow<'a, str>,
    pub(super) body: Cow<'a, [u8]>,
}

/// A key as it may have been used.
#[derive(Clone)]
pub(super) enum Material<'a> {
    Hmac(Cow<'a, [u8]>),
    Ed25519(PublicKey),
}

impl<'a> Recipe<'a> {
    /// What the request says that was signed.
    pub(super) fn of(presented: &Presented<'a>, path: &'a str, body: &'a [u8]) -> Self {
        Self {
            scheme: presented.scheme,
            id: presented.id.into(),
            timestamp: presented.timestamp.into(),
            nonce: presented.nonce.into(),
            path: path.into(),
            body: body.into(),
        }
    }

    fn parts(&self) -> Vec<&[u8]> {
        let [id, timestamp, nonce, path] = [&self.id, &self.timestamp, &self.nonce, &self.path];
        let [id, timestamp, nonce, path] = [id, timestamp, nonce, path].map(|part| part.as_bytes());
        match self.scheme {
            Scheme::Standard => vec![id, b".", timestamp, b".", &self.body],
            Scheme::Body => vec![&self.body],
            Scheme::Covered => vec![timestamp, b".", nonce, b".", path, b".", &self.body],
        }
    }

    /// The entry that is the signature of this, if any is. Compares in constant time.
    pub(super) fn find<'e>(&self, key: &Material<'_>, entries: &'e [Entry<'_>]) -> Option<&'e Entry<'e>> {
        match key {
            Material::Hmac(key) => {
                let mac = hmac_of(key, &self.parts());
                entries.iter().find(|entry| mac.clone().verify_slice(&entry.bytes).is_ok())
            }
            Material::Ed25519(key) => {
                let key = VerifyingKey::from_bytes(&key.to_bytes()).ok()?;
                let message = self.parts().concat();
                entries.iter().find(|entry| {
                    let signature = Signature::from_slice(&entry.bytes);
                    signature.is_ok_and(|signature| key.verify_strict(&message, &signature).is_ok())
                })
            }
        }
    }
}

/// The right use of a key under a scheme, if it has one.
pub(super) fn right_use(key: &VerificationKey, scheme: Scheme) -> Option<Material<'_>> {
    match (key, scheme) {
        (VerificationKey::Public(key), Scheme::Standard) => Some(Material::Ed25519(*key)),
        (VerificationKey::Public(_), _) => None,
        (VerificationKey::Secret(secret), Scheme::Standard) => {
            let symmetric = secret.standard_key().map(|key| Material::Hmac(key.into()));
            symmetric.or_else(|| secret.public_key().map(Material::Ed25519))
        }
        (VerificationKey::Secret(secret), _) => {
            let symmetric = secret.public_key().is_none();
            symmetric.then(|| Material::Hmac(secret.reveal().as_bytes().into()))
        }
    }
}

/// The wrong uses of a key under a scheme, and the reason to give for each.
pub(super) fn wrong_uses(key: &VerificationKey, scheme: Scheme) -> Vec<(Reason, Vec<u8>)> {
    let VerificationKey::Secret(secret) = key else { return Vec::new() };
    let text = secret.reveal();
    let rest = text.strip_prefix("whsec_");
    let bytes = |text: &str| text.as_bytes().to_vec();
    let mut uses = Vec::new();
    if let (Scheme::Standard, Some(rest)) = (scheme, rest) {
        uses.push((Reason::SecretNotDecoded, bytes(rest)));
        uses.push((Reason::SecretPrefixKept, bytes(text)));
        // A lenient decoder takes `_` for `/` (Node.js) or skips it (Python): then the prefix is part of the key.
        for prefix in ["whsec/", "whsec"] {
            let decoded = BASE64.decode(format!("{prefix}{}", rest.trim_end_matches('=')));
            uses.extend(decoded.ok().map(|key| (Reason::SecretPrefixKept, key)));
        }
        uses.push((Reason::SecretUntrimmed, bytes(&format!("{rest}\n"))));
    }
    if scheme != Scheme::Standard {
        uses.extend(rest.map(|rest| (Reason::SecretPrefixCut, bytes(rest))));
        uses.extend(decoded(secret).map(|key| (Reason::SecretDecoded, key)));
        for end in ["\n", "\r\n", " "] {
            uses.push((Reason::SecretUntrimmed, bytes(&format!("{text}{end}"))));
        }
    }
    uses
}

fn decoded(secret: &Secret) -> Option<Vec<u8>> {
    let symmetric = secret.standard_key().map(<[u8]>::to_vec);
    symmetric.or_else(|| STANDARD.decode(secret.reveal()).ok())
}

/// Every use of a key that belongs to *another* scheme than `scheme`.
pub(super) fn uses_under<'a>(key: &'a VerificationKey, scheme: Scheme) -> Vec<Material<'a>> {
    let wrong = wrong_uses(key, scheme).into_iter().map(|(_, key)| Material::Hmac(key.into()));
    right_use(key, scheme).into_iter().chain(wrong).collect()
}

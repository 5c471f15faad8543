//! Is this token signed by one of the secrets, and what does it claim?
//! JSON Web Tokens (RFC 7519) with HMAC, by `jsonwebtoken`. The algorithms are the caller's: a token never chooses another.
//!
//! Only signature and algorithm are judged here. The library would judge `exp` and `nbf` by the machine's clock; the caller
//! judges all times by its own.

use domain::source::received::Reason;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::adapter::Refusal;

/// The claims of a token that one of `secrets` signs with one of `algorithms`, which are of the HMAC family. Empty secrets
/// sign nothing.
///
/// # Errors
/// [`Reason::SignatureMalformed`] if it is no token, [`Reason::TokenRefused`] for another algorithm or for claims that are
/// missing or of the wrong kind, [`Reason::SignatureMismatch`].
pub(crate) fn claims<T: DeserializeOwned>(
    token: &str,
    secrets: &[&str],
    algorithms: &[Algorithm],
) -> Result<T, Refusal> {
    let header = jsonwebtoken::decode_header(token).map_err(|error| unreadable(&error))?;
    if !algorithms.contains(&header.alg) {
        return Err(refused("its token is signed with an algorithm that this provider does not use"));
    }
    let mut validation = Validation::new(header.alg);
    validation.algorithms = algorithms.to_vec();
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    // Every secret is tried: how long it takes does not say which one made it.
    let mut found = Err(Refusal::mismatch());
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let key = DecodingKey::from_secret(secret.as_bytes());
        match jsonwebtoken::decode::<T>(token, &key, &validation) {
            Ok(token) => found = Ok(token.claims),
            Err(error) if *error.kind() == ErrorKind::InvalidSignature => {}
            // The signature is judged before the claims are read: this secret made the token.
            Err(error) => found = found.map_err(|_| unreadable(&error)),
        }
    }
    found
}

/// A token with these claims, signed with HS256, for samples.
pub(crate) fn sign(claims: &impl Serialize, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::default(), claims, &key).unwrap_or_default()
}

fn unreadable(error: &Error) -> Refusal {
    match error.kind() {
        ErrorKind::Json(_) => {
            refused("its token's algorithm is unknown, or one of its claims is missing or of the wrong kind")
        }
        ErrorKind::InvalidAlgorithm => {
            refused("its token is signed with an algorithm that this provider does not use")
        }
        _ => Refusal::new(Reason::SignatureMalformed, "its signature is no JSON Web Token"),
    }
}

fn refused(detail: &str) -> Refusal {
    Refusal::new(Reason::TokenRefused, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    const HMAC: [Algorithm; 3] = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];

    fn signed(algorithm: Algorithm, secret: &str) -> String {
        let key = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&Header::new(algorithm), &json!({ "jti": "1" }), &key).unwrap()
    }

    fn reason(token: &str, secrets: &[&str], algorithms: &[Algorithm]) -> Option<Reason> {
        claims::<Value>(token, secrets, algorithms).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn each_secret_in_force_is_tried_and_none_that_is_empty() {
        let token = signed(Algorithm::HS256, "old");
        assert_eq!(claims::<Value>(&token, &["new", "old"], &HMAC).unwrap()["jti"], "1");
        assert_eq!(claims::<Value>(&token, &["old", "new"], &HMAC).unwrap()["jti"], "1");
        assert_eq!(reason(&token, &["new"], &HMAC), Some(Reason::SignatureMismatch));
        assert_eq!(reason(&token, &[], &HMAC), Some(Reason::SignatureMismatch));
        assert_eq!(reason(&signed(Algorithm::HS256, ""), &[""], &HMAC), Some(Reason::SignatureMismatch));
    }

    #[test]
    fn a_token_does_not_choose_its_algorithm() {
        let token = signed(Algorithm::HS512, "key");
        assert_eq!(reason(&token, &["key"], &HMAC), None);
        assert_eq!(reason(&token, &["key"], &[Algorithm::HS256]), Some(Reason::TokenRefused));
        assert_eq!(reason(&token, &[], &[Algorithm::HS256]), Some(Reason::TokenRefused));
        // {"alg":"none"}.{"jti":"1"}, without and with a signature
        let none = "eyJhbGciOiJub25lIn0.eyJqdGkiOiIxIn0.";
        assert_eq!(reason(none, &["key"], &HMAC), Some(Reason::TokenRefused));
        // {"alg":"RS256"}.{"jti":"1"}
        let rsa = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.AAAA";
        assert_eq!(reason(rsa, &["key"], &HMAC), Some(Reason::TokenRefused));
    }

    #[test]
    fn times_are_left_to_the_caller() {
        let key = EncodingKey::from_secret(b"key");
        let past = json!({ "exp": 1, "nbf": 99_999_999_999_u64, "aud": "x" });
        let token = jsonwebtoken::encode(&Header::default(), &past, &key).unwrap();
        assert_eq!(reason(&token, &["key"], &HMAC), None);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        #[derive(Debug, Deserialize)]
        struct Claims {
            #[expect(dead_code, reason = "only whether it is there matters")]
            iat: i64,
        }
        for text in ["", ".", "..", "a.b.c", "a.b.c.d", "eyJhbGciOiJIUzI1NiJ9", "\u{e9}.\u{e9}.\u{e9}"] {
            assert!(reason(text, &["key"], &HMAC).is_some(), "{text}");
        }
        let token = signed(Algorithm::HS256, "key");
        let refusal = claims::<Claims>(&token, &["other", "key", "another"], &HMAC).unwrap_err();
        assert_eq!(refusal.reason, Reason::TokenRefused);
    }
}

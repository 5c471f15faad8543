//! May a destructive action be carried out now?
//! A confirmation: a token that the first of two requests gets, and the second must bring. It holds for five minutes, for
//! one revision of the action, one caller, one `Idempotency-Key` and exactly these parameters.
//!
//! It is a MAC, so nothing is stored. Because it is bound to the `Idempotency-Key`, it confirms one invocation: what comes
//! again under the key gets the first answer.

use std::time::Duration;

use hmac::Mac as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::action::Action;
use crate::action::parameters::canonical;
use crate::hex::hex;
use crate::signing::signature::hmac_of;
use crate::timestamp::Timestamp;

/// How long a confirmation holds.
pub const HOLDS_FOR: Duration = Duration::from_secs(300);
const PREFIX: &str = "cfm_";
/// What the key of the MAC is derived by. It is no JSON, so no body that the action's secret signs is the same.
const PURPOSE: &[u8] = b"posthorn: key of confirmations";

/// What a confirmation is bound to.
#[derive(Debug, Clone, Copy)]
pub struct Confirmed<'a> {
    /// The action, in this revision.
    pub action: &'a Action,
    /// Who invokes it.
    pub caller: &'a str,
    /// On whose behalf, as the caller says.
    pub actor: Option<&'a str>,
    /// The key of the invocation.
    pub idempotency_key: &'a str,
    /// The parameters.
    pub parameters: &'a Value,
}

/// Why a confirmation does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadConfirmation {
    /// Five minutes are over.
    #[error("has ended: it holds for 5 minutes")]
    Ended,
    /// It is for something else, or not from here.
    #[error("is not for this action as it is now, with this key, actor and these parameters")]
    Other,
}

impl Confirmed<'_> {
    /// A confirmation at `now`, and when it ends.
    pub fn token(&self, now: Timestamp) -> (String, Timestamp) {
        let ends = Timestamp::from_millis(now.plus(HOLDS_FOR).as_seconds() * 1_000);
        (format!("{PREFIX}{}_{}", ends.as_seconds(), hex(&self.mac(ends).finalize().into_bytes())), ends)
    }

    /// Checks a confirmation at `now`.
    ///
    /// # Errors
    /// [`BadConfirmation`] says why it does not hold.
    pub fn check(&self, token: &str, now: Timestamp) -> Result<(), BadConfirmation> {
        let rest = token.strip_prefix(PREFIX).ok_or(BadConfirmation::Other)?;
        let (seconds, tag) = rest.split_once('_').ok_or(BadConfirmation::Other)?;
        let seconds: i64 = seconds.parse().map_err(|_| BadConfirmation::Other)?;
        let millis = seconds.checked_mul(1_000).ok_or(BadConfirmation::Other)?;
        let ends = Timestamp::from_millis(millis);
        let tag = bytes(tag).ok_or(BadConfirmation::Other)?;
        self.mac(ends).verify_slice(&tag).map_err(|_| BadConfirmation::Other)?;
        if now < ends { Ok(()) } else { Err(BadConfirmation::Ended) }
    }

    fn mac(&self, ends: Timestamp) -> hmac::Hmac<Sha256> {
        let secret = self.action.endpoint.secrets.first().map_or("", |active| active.secret.reveal());
        let key = hmac_of(secret.as_bytes(), &[PURPOSE]).finalize().into_bytes();
        let revision = self.action.revision.to_string();
        let endpoint = self.action.endpoint_id().to_string();
        let parameters = Sha256::digest(canonical(self.parameters));
        let ends = ends.as_seconds().to_string();
        let actor_is_named = [u8::from(self.actor.is_some())];
        let parts: [&[u8]; 8] = [
            endpoint.as_bytes(),
            revision.as_bytes(),
            self.caller.as_bytes(),
            &actor_is_named,
            self.actor.unwrap_or_default().as_bytes(),
            self.idempotency_key.as_bytes(),
            &parameters,
            ends.as_bytes(),
        ];
        // Each part with its length before it: none can pass for a part of another.
        let lengths = parts.map(|part| u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        let parts: Vec<&[u8]> =
            lengths.iter().zip(parts).flat_map(|(length, part)| [length.as_slice(), part]).collect();
        hmac_of(&key, &parts)
    }
}

/// The bytes of lower-case hex.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    (0..32).map(|at| u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::tests::action;
    use serde_json::json;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_confirmation_holds_for_five_minutes_and_one_call_only() {
        let (action, parameters) = (action(json!({ "effect": "destructive" })), json!({ "order": "7" }));
        let first = Confirmed {
            action: &action,
            caller: "key_1",
            actor: Some("user_81"),
            idempotency_key: "k1",
            parameters: &parameters,
        };
        let (token, ends) = first.token(at(1_000));
        assert_eq!(ends, at(1_300));
        assert_eq!(first.check(&token, at(1_299)), Ok(()));
        assert_eq!(first.check(&token, at(1_300)), Err(BadConfirmation::Ended));

        let mut changed = action.clone();
        changed.revision += 1;
        let other_parameters = json!({ "order": "8" });
        for other in [
            Confirmed { action: &changed, ..first },
            Confirmed { caller: "key_2", ..first },
            Confirmed { actor: None, ..first },
            Confirmed { actor: Some("user_8"), ..first },
            Confirmed { idempotency_key: "k2", ..first },
            Confirmed { parameters: &other_parameters, ..first },
        ] {
            assert_eq!(other.check(&token, at(1_001)), Err(BadConfirmation::Other), "{other:?}");
        }
        let later = token.replace("cfm_1300", "cfm_9300");
        for forged in ["", "cfm_", "cfm_1300_", "cfm_99999999999999999999_aa", &later, &token.to_uppercase()]
        {
            assert_eq!(first.check(forged, at(1_001)), Err(BadConfirmation::Other), "{forged}");
        }
    }
}

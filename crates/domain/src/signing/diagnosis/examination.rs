//! Which one mistake leads to this signature?
//! A search over hypotheses: first the right use of every key, then one wrong thing at a time.

use crate::signing::diagnosis::entry::Entry;
use crate::signing::diagnosis::presented::{Presented, Scheme};
use crate::signing::diagnosis::reason::Reason;
use crate::signing::diagnosis::recipe::{Material, Recipe, right_use, uses_under, wrong_uses};
use crate::signing::diagnosis::{Explanation, Known, Request, Side, body_change, explanation, stored};
use crate::signing::signature::TOLERANCE_SECONDS;
use crate::timestamp::Timestamp;

/// A signature, and what it is compared with.
pub(super) struct Examination<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) known: &'a Known<'a>,
    pub(super) presented: &'a Presented<'a>,
}

impl<'a> Examination<'a> {
    /// The signature that the request brought.
    pub(super) fn of_the_request(&self) -> Explanation {
        let Presented { scheme, timestamp, other_prefix, ref entries, .. } = *self.presented;
        let timed = scheme != Scheme::Body;
        if timed && !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
            return explanation(Reason::TimestampMalformed, String::new());
        }
        if entries.iter().all(|entry| entry.bytes.is_empty()) {
            return explanation(Reason::SignatureMalformed, String::new());
        }
        let Some(found) = self.explain(Side::Received, entries) else {
            return stored::explain(self.request, self.known, self.presented);
        };
        if found.reason != Reason::SignatureValid {
            return found;
        }
        if timed && timestamp.len() == MILLISECOND_DIGITS {
            return Explanation { reason: Reason::TimestampInMilliseconds, ..found };
        }
        if let Some((reason, how)) = self.clock_off().filter(|_| timed) {
            return Explanation { reason, found: how, ..found };
        }
        match other_prefix {
            Some(prefix) => Explanation {
                reason: Reason::HeaderPrefixDiffers,
                found: format!("The headers begin with `{prefix}-`."),
                ..found
            },
            None => found,
        }
    }

    /// The signature that the receiver's own code computed for a request that is right.
    pub(super) fn of_the_receiver(&self, computed: &'a str) -> Explanation {
        let entries = Entry::list(computed);
        if entries.iter().all(|entry| entry.bytes.is_empty()) {
            return explanation(Reason::SignatureMalformed, "So it is with `computed`.".to_owned());
        }
        match self.explain(Side::Computed, &entries) {
            Some(Explanation { reason: Reason::SignatureValid, key, .. }) => {
                Explanation { reason: Reason::ComputedMatches, found: String::new(), key }
            }
            Some(found) => found,
            None => {
                let found = "The request's signature is right, `computed` is not.".to_owned();
                explanation(Reason::NoMatch, found)
            }
        }
    }

    /// Finds the one mistake that leads to one of `entries`.
    fn explain(&self, side: Side, entries: &[Entry<'_>]) -> Option<Explanation> {
        let right = Recipe::of(
            self.presented,
            self.known.path.or(self.request.path).unwrap_or("/"),
            self.request.body,
        );
        self.with_right_key(&right, entries, Reason::SignatureValid)
            .or_else(|| self.other_keys(&right, entries))
            .or_else(|| self.other_parts(&right, entries))
            .or_else(|| {
                let mut bodies = body_change::changed(self.request.body);
                bodies.find_map(|(change, body)| {
                    let recipe = Recipe { body: body.into(), ..right.clone() };
                    self.with_right_key(&recipe, entries, change.reason(side))
                })
            })
            .or_else(|| self.other_schemes(&right, entries))
    }

    /// `reason` if one of the keys, used as it should be, makes one of `entries` of `recipe`.
    fn with_right_key(
        &self,
        recipe: &Recipe<'_>,
        entries: &[Entry<'_>],
        reason: Reason,
    ) -> Option<Explanation> {
        self.known.keys.iter().enumerate().find_map(|(index, known)| {
            let entry = recipe.find(&right_use(&known.key, recipe.scheme)?, entries)?;
            let explained = |reason| Some(Explanation { reason, found: String::new(), key: Some(index) });
            if reason != Reason::SignatureValid {
                return explained(reason);
            }
            if !entry.is_spelled_for(recipe.scheme) {
                return explained(Reason::EncodingDiffers);
            }
            if let Some(end) = known.expires_at.filter(|&end| self.made_at() >= end) {
                let found = format!("Its secret ended at {end}.");
                return Some(Explanation { reason: Reason::SecretExpired, found, key: Some(index) });
            }
            self.other_path(recipe, reason).map(|(reason, found)| Explanation {
                reason,
                found,
                key: Some(index),
            })
        })
    }

    /// When the signature was made, as far as the request says: a secret that has ended since was in force then.
    fn made_at(&self) -> Timestamp {
        let timestamp = self.presented.timestamp;
        let unit = if timestamp.len() == MILLISECOND_DIGITS { 1 } else { 1000 };
        let said = timestamp.parse().ok().map(|number: i64| number.saturating_mul(unit));
        said.map(Timestamp::from_millis).or(self.request.received_at).unwrap_or(self.known.now)
    }

    /// A signature over the endpoint's path is refused by a receiver that sees another.
    fn other_path(&self, recipe: &Recipe<'_>, reason: Reason) -> Option<(Reason, String)> {
        match (recipe.scheme, self.known.path, self.request.path) {
            (Scheme::Covered, Some(signed), Some(seen)) if signed != seen => {
                Some((Reason::PathDiffers, format!("`{signed}` is signed; your server saw `{seen}`.")))
            }
            _ => Some((reason, String::new())),
        }
    }

    /// The key was not used as it should be.
    fn other_keys(&self, right: &Recipe<'_>, entries: &[Entry<'_>]) -> Option<Explanation> {
        self.known.keys.iter().enumerate().find_map(|(index, known)| {
            wrong_uses(&known.key, right.scheme).into_iter().find_map(|(reason, key)| {
                right.find(&Material::Hmac(key.into()), entries)?;
                Some(Explanation { reason, found: String::new(), key: Some(index) })
            })
        })
    }

    /// Another id, timestamp, nonce or path was signed.
    fn other_parts(&self, right: &Recipe<'a>, entries: &[Entry<'_>]) -> Option<Explanation> {
        let mut tried = Vec::new();
        if right.scheme == Scheme::Standard {
            for id in stored::ids(self.request, self.known) {
                tried.push((Reason::IdChanged, Recipe { id: id.into(), ..right.clone() }));
            }
        }
        if right.scheme != Scheme::Body {
            let seconds = right.timestamp.len() == MILLISECOND_DIGITS;
            let seconds = seconds.then(|| right.timestamp[..MILLISECOND_DIGITS - 3].to_owned());
            let millis =
                (right.timestamp.len() < MILLISECOND_DIGITS).then(|| format!("{}000", right.timestamp));
            for timestamp in seconds.into_iter().chain(millis) {
                tried.push((
                    Reason::TimestampInMilliseconds,
                    Recipe { timestamp: timestamp.into(), ..right.clone() },
                ));
            }
            for (timestamp, nonce) in stored::occasions(self.known) {
                let recipe = Recipe { timestamp: timestamp.into(), nonce: nonce.into(), ..right.clone() };
                tried.push((Reason::AttemptsMixed, recipe));
            }
        }
        if right.scheme == Scheme::Covered {
            for path in stored::paths(self.request, &right.path) {
                tried.push((Reason::PathDiffers, Recipe { path: path.into(), ..right.clone() }));
            }
        }
        tried.into_iter().find_map(|(reason, recipe)| {
            let mut explained = self.with_right_key(&recipe, entries, reason)?;
            if reason == Reason::PathDiffers {
                explained.found = format!("`{}` is signed.", recipe.path);
            }
            Some(explained)
        })
    }

    /// The signature follows the rules of another profile.
    fn other_schemes(&self, right: &Recipe<'_>, entries: &[Entry<'_>]) -> Option<Explanation> {
        Scheme::ALL.into_iter().filter(|&scheme| scheme != right.scheme).find_map(|scheme| {
            let recipe = Recipe { scheme, ..right.clone() };
            self.known.keys.iter().enumerate().find_map(|(index, known)| {
                let uses =
                    uses_under(&known.key, right.scheme).into_iter().chain(uses_under(&known.key, scheme));
                uses.into_iter().find(|key| recipe.find(key, entries).is_some())?;
                let found = match scheme {
                    Scheme::Standard => "`id.timestamp.body` is signed.",
                    Scheme::Body => "Only the body is signed.",
                    Scheme::Covered => "`timestamp.nonce.path.body` is signed.",
                };
                Some(Explanation {
                    reason: Reason::ProfileMistaken,
                    found: found.to_owned(),
                    key: Some(index),
                })
            })
        })
    }

    /// How far the timestamp is from the receiver's clock, if that is too far.
    fn clock_off(&self) -> Option<(Reason, String)> {
        let seconds: i64 = self.presented.timestamp.parse().ok()?;
        let ahead = self.request.received_at?.as_seconds().saturating_sub(seconds);
        let (reason, direction) = match ahead {
            off if off > TOLERANCE_SECONDS => (Reason::TimestampTooOld, "before"),
            off if off < -TOLERANCE_SECONDS => (Reason::TimestampInFuture, "after"),
            _ => return None,
        };
        Some((reason, format!("The timestamp is {} s {direction} the receiver's clock.", ahead.abs())))
    }
}

/// Unix milliseconds have so many digits from 2001 to 2286; seconds have three fewer.
const MILLISECOND_DIGITS: usize = 13;

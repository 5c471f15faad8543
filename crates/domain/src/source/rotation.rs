//! How do a source's settings and secrets change?
//! A rotation with an overlap, a change by merge patch, and what callers see who may not change it.

use std::time::Duration;

use crate::access::api_key::{ApiKey, Scope};
use crate::endpoint::custom_headers::HIDDEN_VALUE;
use crate::problem::Problem;
use crate::source::secret::{MAX_SOURCE_SECRETS, ProviderSecret, SourceSecret};
use crate::source::token::SourceToken;
use crate::source::{Source, SourceSettings};
use crate::timestamp::Timestamp;

impl Source {
    /// Makes `secret` the current one; those before verify for `overlap` more. An old secret that still verifies comes back
    /// so. `false`, and nothing changed, if it is the only current one: the rotation is carried out again.
    ///
    /// # Errors
    /// [`Problem::Invalid`] when the secret has the wrong form; [`Problem::TooManySecrets`] when as many as may be still
    /// verify.
    pub fn rotate(
        &mut self,
        secret: ProviderSecret,
        overlap: Duration,
        now: Timestamp,
    ) -> Result<bool, Problem> {
        let form = self.settings.scheme().check_secret(secret.reveal());
        form.map_err(|detail| Problem::invalid("/secret", detail))?;
        let mut current = self.secrets.iter().filter(|known| known.expires_at.is_none());
        if let (Some(only), None) = (current.next(), current.next())
            && only.secret == secret
        {
            return Ok(false);
        }
        self.secrets.retain(|known| known.is_in_force(now) && known.secret != secret);
        let ends = now.plus(overlap);
        for known in &mut self.secrets {
            // Secrets rotated out earlier keep their end.
            known.expires_at.get_or_insert(ends);
        }
        self.secrets.retain(|known| known.is_in_force(now));
        if self.secrets.len() >= MAX_SOURCE_SECRETS {
            return Err(Problem::TooManySecrets(self.secrets.len()));
        }
        self.secrets.insert(0, SourceSecret::current(secret, now));
        Ok(true)
    }

    /// Old secrets verify no more. A secret of a sample ends by itself.
    pub fn end_overlap(&mut self) {
        self.secrets.retain(|known| known.expires_at.is_none() || known.is_sample);
    }

    /// The source with other settings and, if `secrets` are given, with those in place of all that it had.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for settings out of bounds, another provider, secrets of the wrong form, or a scheme that needs
    /// other secrets than those that are there.
    pub fn changed(
        &self,
        settings: SourceSettings,
        secrets: Option<Vec<ProviderSecret>>,
        allows_loopback: bool,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        if settings.provider != self.settings.provider {
            return Err(Problem::invalid("/provider", "cannot be changed; create another source"));
        }
        settings.check(allows_loopback)?;
        let scheme = settings.scheme();
        let moved = scheme != self.settings.scheme();
        let secrets = match secrets {
            Some(secrets) => {
                settings.check_secrets(&secrets)?;
                secrets.into_iter().map(|secret| self.kept(secret, now)).collect()
            }
            None => {
                let mut kept = self.secrets.clone();
                kept.retain(|known| known.is_in_force(now) && !(moved && known.is_sample));
                kept
            }
        };
        let fit = secrets.iter().all(|known| scheme.check_secret(known.secret.reveal()).is_ok());
        if moved && !(fit && secrets.is_empty() != scheme.needs_secret()) {
            let detail =
                "needs other secrets than those that are there; send its `secrets` in the same request";
            return Err(Problem::invalid("/scheme", detail));
        }
        Ok(Self { settings, secrets, ..self.clone() })
    }

    /// A secret that the source may have already, and then since when it had it.
    fn kept(&self, secret: ProviderSecret, now: Timestamp) -> SourceSecret {
        let known = self.secrets.iter().find(|known| known.secret == secret);
        let created_at = known.map_or(now, |known| known.created_at);
        SourceSecret::current(secret, created_at)
    }

    /// The source as this caller sees it. Who knows the address may post where nothing is signed, and who knows the word of
    /// the handshake may answer it, so both are shown only to those who could change them.
    #[must_use]
    pub fn shown_to(mut self, caller: &ApiKey) -> Self {
        if caller.require(Scope::Sources).is_err() {
            self.token = SourceToken::of_path(HIDDEN_VALUE);
            if let Some(word) = &mut self.settings.options.verify_token {
                *word = ProviderSecret::new(HIDDEN_VALUE);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{SourceId, WorkspaceId};
    use serde_json::{Value, json};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn secrets(source: &Source) -> Vec<(&str, Option<i64>)> {
        let end = |known: &SourceSecret| known.expires_at.map(|end| end.as_seconds());
        source.secrets.iter().map(|known| (known.secret.reveal(), end(known))).collect()
    }

    fn settings(json: Value) -> SourceSettings {
        serde_json::from_value(json).unwrap()
    }

    fn source(json: Value, texts: &[&str]) -> Source {
        let current = |text: &&str| SourceSecret::current(ProviderSecret::new(*text), at(0));
        Source {
            id: SourceId::new(at(0), 1),
            workspace_id: WorkspaceId::new(at(0), 1),
            token: SourceToken::new(&[1; 32]),
            settings: settings(json),
            secrets: texts.iter().map(current).collect(),
            revision: 1,
            created_at: at(0),
            updated_at: at(0),
        }
    }

    fn pointer(result: Result<Source, Problem>) -> String {
        result.unwrap_err().errors().remove(0).pointer
    }

    #[test]
    fn old_secrets_verify_until_their_own_overlap_ends() {
        let mut source = source(json!({ "name": "a", "provider": "stripe" }), &["secret-1", "secret-2"]);
        let mut rotate = |text: &str, overlap, now| {
            let changed = source.rotate(ProviderSecret::new(text), Duration::from_secs(overlap), at(now));
            (changed, secrets(&source).into_iter().map(|(text, end)| (text.to_owned(), end)).collect())
        };
        let is = |texts: &[(&str, Option<i64>)]| -> Vec<(String, Option<i64>)> {
            texts.iter().map(|(text, end)| ((*text).to_owned(), *end)).collect()
        };
        let third = is(&[("secret-3", None), ("secret-1", Some(10)), ("secret-2", Some(10))]);
        assert_eq!(rotate("secret-3", 10, 0), (Ok(true), third.clone()));
        assert_eq!(rotate("secret-3", 99, 1), (Ok(false), third), "it is carried out again");
        let back = is(&[("secret-1", None), ("secret-3", Some(25)), ("secret-2", Some(10))]);
        assert_eq!(rotate("secret-1", 20, 5), (Ok(true), back));
        assert_eq!(rotate("secret-4", 0, 10).1, is(&[("secret-4", None), ("secret-3", Some(25))]));
        assert!(rotate("short", 0, 10).0.is_err());
        source.end_overlap();
        assert_eq!(secrets(&source), [("secret-4", None)]);
    }

    #[test]
    fn not_more_secrets_than_may_be_verify() {
        let mut source = source(json!({ "name": "a", "provider": "stripe" }), &["secret-0"]);
        let day = Duration::from_secs(86_400);
        for number in 1..10 {
            let secret = ProviderSecret::new(format!("secret-{number}"));
            assert_eq!(source.rotate(secret, day, at(number)), Ok(true), "{number}");
        }
        let one_more = source.rotate(ProviderSecret::new("secret-10"), day, at(10));
        assert_eq!(one_more, Err(Problem::TooManySecrets(10)));
        source.end_overlap();
        assert_eq!(source.rotate(ProviderSecret::new("secret-10"), day, at(10)), Ok(true));
    }

    #[test]
    fn a_scheme_that_needs_other_secrets_is_refused_without_them() {
        let before =
            source(json!({ "name": "a", "provider": "gupshup" }), &["Bearer of-thirty-two-characters!"]);
        let address_only = json!({ "name": "a", "provider": "gupshup", "scheme": "address_only" });
        let change = |json: &Value, texts: Option<&[&str]>| {
            let texts = texts.map(|texts| texts.iter().map(|text| ProviderSecret::new(*text)).collect());
            before.changed(settings(json.clone()), texts, false, at(5))
        };
        assert_eq!(pointer(change(&address_only, None)), "/scheme");
        assert_eq!(change(&address_only, Some(&[])).unwrap().secrets, []);
        assert_eq!(pointer(change(&address_only, Some(&["anything at all"]))), "/secrets/0");
        let renamed = json!({ "name": "b", "provider": "gupshup" });
        assert_eq!(change(&renamed, None).unwrap().secrets, before.secrets);
        assert_eq!(pointer(change(&renamed, Some(&[]))), "/secrets");
        assert_eq!(pointer(change(&json!({ "name": "b", "provider": "stripe" }), None)), "/provider");
        let both = ["Bearer of-thirty-two-characters!", "Bearer of-another-secret-as-long!"];
        let both = change(&renamed, Some(&both)).unwrap().secrets;
        assert_eq!(both.iter().map(|known| known.created_at).collect::<Vec<_>>(), [at(0), at(5)]);

        let open = source(address_only, &[]);
        let back = open.changed(settings(renamed), None, false, at(5));
        assert_eq!(pointer(back), "/scheme", "it has no secret");
    }
}

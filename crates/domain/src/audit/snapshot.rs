//! What does an audit entry compare, and what of it may be shown?
//! A snapshot: a thing's members as they are, and redacted as they are shown. The one place that says what is a secret.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::access::api_key::ApiKey;
use crate::access::login::LoginKind;
use crate::access::workspace::Workspace;
use crate::action::Action;
use crate::audit::changes::{Members, Side};
use crate::catalogue::EventTypeDescription;
use crate::endpoint::Endpoint;
use crate::endpoint::custom_headers::HIDDEN_VALUE;
use crate::rule::Rule;
use crate::signing::secret::Secret;
use crate::source::Source;
use crate::source::secret::{ProviderSecret, SourceSecret};
use crate::timestamp::Timestamp;

/// The most characters of a name that are kept.
const MAX_NAME_CHARS: usize = 200;

/// A thing at one instant. Only what is shown ever leaves it.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub(crate) exact: Members,
    pub(crate) shown: Members,
}

/// The secrets of an API key, as digests: the secrets themselves are not kept.
#[derive(Debug, Clone)]
pub struct KeySecrets<'a> {
    /// The digest of the current one.
    pub digest: &'a str,
    /// When the old ones end that still authenticate.
    pub old_ends: Vec<Timestamp>,
}

impl Snapshot {
    /// An endpoint at `now`: its settings, why it is off, and its secrets.
    pub fn of_endpoint(endpoint: &Endpoint, now: Timestamp) -> Self {
        let secret = endpoint.secrets.first().map(|active| &active.secret);
        let ends = endpoint.secrets.iter().filter(|active| active.signs_at(now));
        let further = json!({
            "disabled_reason": endpoint.disabled_reason(),
            "public_key": secret.and_then(Secret::public_key).map(|key| key.to_string()),
            "old_secrets": shown_ends(ends.filter_map(|active| active.expires_at)),
        });
        let exact = json!({ "secret": secret.map(Secret::reveal) });
        let shown = json!({ "secret": secret.map(|_| HIDDEN_VALUE) });
        let settings = &endpoint.settings;
        Self {
            exact: together([written(settings), further.clone(), exact]),
            shown: together([written(&settings.without_secrets()), further, shown]),
        }
    }

    /// An action at `now`: its settings, and its secrets.
    pub fn of_action(action: &Action, now: Timestamp) -> Self {
        let secrets = &action.endpoint.secrets;
        let secret = secrets.first().map(|active| &active.secret);
        let ends = secrets.iter().filter(|active| active.signs_at(now));
        let further = json!({
            "endpoint_id": action.endpoint_id(),
            "public_key": secret.and_then(Secret::public_key).map(|key| key.to_string()),
            "old_secrets": shown_ends(ends.filter_map(|active| active.expires_at)),
        });
        let settings = &action.settings;
        Self {
            exact: together([
                written(settings),
                further.clone(),
                json!({ "secret": secret.map(Secret::reveal) }),
            ]),
            shown: together([
                written(&settings.without_secrets()),
                further,
                json!({ "secret": secret.map(|_| HIDDEN_VALUE) }),
            ]),
        }
    }

    /// A source at `now`: its settings, and when each of its secrets was given and ends. The token in its address never
    /// changes, and is no part of it.
    pub fn of_source(source: &Source, now: Timestamp) -> Self {
        let known = || source.secrets.iter().filter(|known| known.is_in_force(now) && !known.is_sample);
        let written_with = |text: &dyn Fn(&SourceSecret) -> Value| -> Value {
            let secrets = known().map(|known| {
                json!({ "secret": text(known), "created_at": known.created_at, "expires_at": known.expires_at })
            });
            json!({ "secrets": secrets.collect::<Value>() })
        };
        let settings = &source.settings;
        let mut shown = settings.clone();
        if let Some(word) = &mut shown.options.verify_token {
            *word = ProviderSecret::new(HIDDEN_VALUE);
        }
        Self {
            exact: together([written(settings), written_with(&|known| json!(known.secret.reveal()))]),
            shown: together([written(&shown), written_with(&|_| json!(HIDDEN_VALUE))]),
        }
    }

    /// A rule: its settings.
    pub fn of_rule(rule: &Rule) -> Self {
        let settings = &rule.settings;
        Self { exact: together([written(settings)]), shown: together([written(&settings.without_secrets())]) }
    }

    /// A workspace: its settings.
    pub fn of_workspace(workspace: &Workspace) -> Self {
        let settings = together([written(&workspace.settings())]);
        Self { exact: settings.clone(), shown: settings }
    }

    /// An event type: its settings, and the version of its schema.
    pub fn of_event_type(described: &EventTypeDescription) -> Self {
        let version = json!({ "version": described.version });
        let members = together([written(&described.settings), version]);
        Self { exact: members.clone(), shown: members }
    }

    /// An API key: its settings, and its secrets.
    pub fn of_api_key(key: &ApiKey, secrets: &KeySecrets<'_>) -> Self {
        let members = json!({
            "name": key.name, "workspace_id": key.workspace_id, "scopes": key.scopes, "roles": key.roles,
            "expires_at": key.expires_at, "old_keys": shown_ends(secrets.old_ends.iter().copied()),
        });
        Self {
            exact: together([members.clone(), json!({ "key": secrets.digest })]),
            shown: together([members, json!({ "key": HIDDEN_VALUE })]),
        }
    }

    /// A session or a portal link: its rights. Its token is kept nowhere.
    pub fn of_login(login: &ApiKey) -> Self {
        let user = login.login.as_deref().and_then(|login| match &login.kind {
            LoginKind::PortalLink { user, .. } => Some(user),
            LoginKind::Session { .. } => None,
        });
        let members = together([json!({
            "workspace_id": login.workspace_id, "scopes": login.scopes, "roles": login.roles,
            "expires_at": login.expires_at, "user": user,
        })]);
        Self { exact: members.clone(), shown: members }
    }

    /// What people call the thing: its name, or else what describes it best.
    pub(crate) fn name(&self) -> Option<String> {
        let text = |member: &&str| self.shown.get(*member)?.as_str().filter(|text| !text.is_empty());
        let name = ["name", "title", "user", "description", "url"].iter().find_map(text)?;
        Some(name.chars().take(MAX_NAME_CHARS).collect())
    }

    pub(crate) fn side(&self) -> Side<'_> {
        Side { exact: &self.exact, shown: &self.shown }
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Snapshot").field(&self.shown).finish()
    }
}

fn shown_ends(ends: impl Iterator<Item = Timestamp>) -> Value {
    ends.map(|expires_at| json!({ "expires_at": expires_at })).collect()
}

/// Settings as JSON. They consist of texts, numbers, lists and objects, so they can always be written.
fn written(settings: &impl Serialize) -> Value {
    serde_json::to_value(settings).unwrap_or_default()
}

/// The members of several objects.
fn together<const N: usize>(objects: [Value; N]) -> Members {
    let mut members = Members::new();
    for object in objects {
        if let Value::Object(more) = object {
            members.extend(more);
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::changes::Changes;
    use crate::endpoint::EndpointSettings;
    use crate::endpoint::endpoint_url::EndpointUrl;
    use crate::endpoint::purpose::Purpose;
    use crate::id::{ApiKeyId, EndpointId, WorkspaceId};
    use crate::signing::secret::ActiveSecret;
    use proptest::prelude::*;
    use serde::Deserialize as _;

    fn endpoint(url: &str, headers: Value, secrets: &[&str]) -> Endpoint {
        let at = Timestamp::from_millis(0);
        let settings: EndpointSettings =
            serde_json::from_value(json!({ "url": url, "headers": headers })).unwrap();
        let active = secrets.iter().enumerate().map(|(place, text)| ActiveSecret {
            secret: Secret::parse(text).unwrap(),
            expires_at: (place > 0).then(|| Timestamp::from_millis(10)),
        });
        Endpoint {
            id: EndpointId::new(at, 1),
            workspace_id: WorkspaceId::new(at, 1),
            purpose: Purpose::Subscriber,
            url: EndpointUrl::deserialize(json!(url)).unwrap(),
            settings,
            secrets: active.collect(),
            disabled: None,
            revision: 1,
            created_at: at,
            updated_at: at,
        }
    }

    fn snapshot(endpoint: &Endpoint) -> Snapshot {
        Snapshot::of_endpoint(endpoint, Timestamp::from_millis(5))
    }

    proptest! {
        #[test]
        fn no_text_of_a_secret_header_or_query_is_ever_shown(
            secrets in prop::collection::vec("S3CRET[A-Za-z0-9]{16,40}", 4..5),
            query in "S3CRET[a-z0-9=&@/?]{0,20}",
            values in prop::collection::vec("S3CRET[ -~]{0,20}[!-~]", 4..5),
            names in prop::collection::vec("[A-Z][a-z]{1,6}", 4..5),
        ) {
            let headers = |range: std::ops::Range<usize>| -> Value {
                range.map(|at| (names[at].clone(), json!(values[at]))).collect::<Members>().into()
            };
            let texts = |range: std::ops::Range<usize>| -> Vec<&str> {
                secrets[range].iter().map(String::as_str).collect()
            };
            let one = endpoint(&format!("https://example.com/hook?{query}"), headers(0..3), &texts(0..3));
            let other = endpoint(&format!("https://example.com/hook?a{query}"), headers(1..4), &texts(1..4));
            let changes = [
                Changes::created(snapshot(&one)),
                Changes::deleted(snapshot(&other)),
                Changes::between(&snapshot(&one), &snapshot(&other)).unwrap(),
            ];
            for changes in changes {
                let text = serde_json::to_string(&changes).unwrap();
                prop_assert!(!text.contains("S3CRET"), "{}", text);
            }
            let printed = format!("{:?}", snapshot(&one));
            prop_assert!(!printed.contains("S3CRET"), "{}", printed);
        }
    }

    #[test]
    fn names_of_headers_and_urls_without_their_query_are_shown() {
        let one = endpoint(
            "https://example.com/hook?k=1",
            json!({ "X-Key": "a" }),
            &["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"],
        );
        let two = endpoint(
            "https://example.com/hook?k=2",
            json!({ "X-Team": "b" }),
            &["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"],
        );
        let changes = Changes::between(&snapshot(&one), &snapshot(&two)).unwrap();
        let expected = json!({
            "before": { "url": "https://example.com/hook?[hidden]", "headers": { "X-Key": "[hidden]" } },
            "after": { "url": "https://example.com/hook?[hidden]", "headers": { "X-Team": "[hidden]" } },
            "target_name": "https://example.com/hook?[hidden]",
        });
        assert_eq!(serde_json::to_value(changes).unwrap(), expected);
    }

    #[test]
    fn a_rotation_shows_that_there_is_another_secret_and_when_the_old_one_ends() {
        let (old, new) = ("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", "whsec_OTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2");
        let before = endpoint("https://example.com/", json!({}), &[old]);
        let after = endpoint("https://example.com/", json!({}), &[new, old]);
        let changes = Changes::between(&snapshot(&before), &snapshot(&after)).unwrap();
        let expected = json!({
            "before": { "secret": "[hidden]", "old_secrets": [] },
            "after": { "secret": "[hidden]", "old_secrets": [{ "expires_at": "1970-01-01T00:00:00.010Z" }] },
            "target_name": "https://example.com/",
        });
        assert_eq!(serde_json::to_value(changes).unwrap(), expected);
        let over = Snapshot::of_endpoint(&after, Timestamp::from_millis(10));
        assert_eq!(over.shown["old_secrets"], json!([]));
    }

    #[test]
    fn a_key_shows_its_settings_and_never_its_digest() {
        let at = Timestamp::from_millis(0);
        let settings = serde_json::from_value(json!({ "name": "a", "scopes": ["events"] })).unwrap();
        let key = ApiKey::new(ApiKeyId::new(at, 1), None, settings, at);
        let snapshot = |digest| Snapshot::of_api_key(&key, &KeySecrets { digest, old_ends: Vec::new() });
        let expected = json!({
            "name": "a", "workspace_id": null, "scopes": ["events"], "roles": [], "expires_at": null, "old_keys": [],
            "key": "[hidden]",
        });
        assert_eq!(serde_json::to_value(Changes::created(snapshot("d1")).after).unwrap(), expected);
        let changes = Changes::between(&snapshot("d1"), &snapshot("d2")).unwrap();
        assert_eq!(serde_json::to_value(changes.after).unwrap(), json!({ "key": "[hidden]" }));
    }
}

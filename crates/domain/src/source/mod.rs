//! What is a source, and what may be set for it?
//! An address that one provider posts webhooks to: its provider, its scheme, its secrets, and how its events are named.
//!
//! What a provider's request means is decided by the crate `providers`; what becomes of one, by the use case
//! `receive_request`.

pub mod options;
pub mod provider;
pub mod received;
pub mod rotation;
pub mod scheme;
pub mod secret;
pub mod shown;
pub mod token;
pub mod topic;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::event::channel::{Channel, MAX_CHANNELS};
use crate::event::event_type::{EventType, MAX_EVENT_TYPE_CHARS};
use crate::event::operational::OWN_PREFIX;
use crate::id::{SourceId, SourceKey, WorkspaceId};
use crate::json_object::only_object;
use crate::problem::{Invalid, Problem};
use crate::source::options::SourceOptions;
use crate::source::provider::Provider;
use crate::source::scheme::Scheme;
use crate::source::secret::{MAX_SOURCE_SECRETS, ProviderSecret, SourceSecret};
use crate::source::token::SourceToken;
use crate::timestamp::Timestamp;

/// Most sources of one workspace.
pub const MAX_SOURCES: usize = 1_000;
/// The path below which sources have their addresses.
pub const ADDRESS_PATH: &str = "/in/";
/// Longest body of a received request, in bytes. Lambda takes 6 MB, in which a body stands as base64, a third longer.
pub const MAX_BODY_BYTES: usize = 4_500_000;
/// How long a repeated event is recognised. Providers send an event again for a week at most (Meta); where a scheme has no
/// time, this is also the protection against replays.
pub const DEDUPE_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// Bounds of a source's tolerance, in seconds: a week, as the longest retry of a provider.
pub const TOLERANCE_SECONDS: std::ops::RangeInclusive<u64> = 1..=604_800;
/// Longest prefix of event types, in characters.
pub const MAX_PREFIX_CHARS: usize = 64;
const MAX_NAME_CHARS: usize = 100;

/// The settings of a source, as a caller sends them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "name": "Billing", "provider": "stripe", "secrets": ["whsec_5Vn8…"],
}))))]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// A name for people, 1 to 100 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100, examples("Billing")))]
    pub name: String,
    /// Who posts to it. It cannot be changed.
    pub provider: Provider,
    /// How requests are verified; the provider's usual scheme if left out. It cannot be chosen by a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// Whether requests are accepted. While it is `false`, they are answered with `503`, which makes most providers
    /// repeat them later.
    #[serde(default = "yes")]
    pub active: bool,
    /// The public address of this installation as the provider calls it, without the path: several providers sign the URL
    /// that they call. The installation's own if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = "uri", examples("https://hooks.example.com")))]
    pub public_base_url: Option<String>,
    /// What event types begin with, before a dot. If left out, the provider's name where its types are its own
    /// (`stripe`, `github`, `shopify`, `slack`), otherwise nothing; `""` for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 64, examples("stripe")))]
    pub event_type_prefix: Option<String>,
    /// The channels of its events; see the channels of an event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub channels: Vec<Channel>,
    /// How far the time of a request may be from now, in seconds, 1 to 604800; the scheme's own if left out. Only for
    /// schemes that sign a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 604_800))]
    pub tolerance_seconds: Option<u64>,
    /// What only this provider has.
    #[serde(default, deserialize_with = "only_object")]
    pub options: SourceOptions,
}

fn yes() -> bool {
    true
}

/// A source.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The source's id.
    pub id: SourceId,
    /// The tenant that its events belong to.
    pub workspace_id: WorkspaceId,
    /// What makes its address secret.
    pub token: SourceToken,
    /// Its settings.
    pub settings: SourceSettings,
    /// Its secrets, newest first. Requests are verified by each that is in force.
    pub secrets: Vec<SourceSecret>,
    /// Counts its changes.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl SourceSettings {
    /// How requests are verified.
    pub fn scheme(&self) -> Scheme {
        self.scheme.or_else(|| self.provider.schemes().first().copied()).unwrap_or(Scheme::Hmac)
    }

    /// How far the time of a request may be from now; `None` where the scheme signs no time.
    pub fn tolerance(&self) -> Option<Duration> {
        let set = self.tolerance_seconds.map(Duration::from_secs);
        self.scheme().default_tolerance().map(|default| set.unwrap_or(default))
    }

    /// What its event types begin with; empty for nothing.
    pub fn prefix(&self) -> &str {
        self.event_type_prefix.as_deref().unwrap_or_else(|| self.provider.default_prefix())
    }

    /// The type of an event that its provider calls `name`: with the prefix, and with `_` for each character that a type
    /// may not have. Never one that only Posthorn itself may send: `posthorn.x` becomes `posthorn_.x`.
    ///
    /// # Errors
    /// [`Problem::Invalid`] when prefix and name are no type together; a checked source has no such prefix.
    pub fn event_type(&self, name: &str) -> Result<EventType, Problem> {
        let prefix = self.prefix();
        let dot = if prefix.is_empty() { "" } else { "." };
        let text = not_posthorns_own(format!("{prefix}{dot}{}", legal_name(name)));
        EventType::parse(&text).map_err(|error| Problem::invalid("/type", error.to_string()))
    }

    /// Checks every bound. `allows_loopback`: local mode's own address is `http` on this machine.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each field out of bounds.
    pub fn check(&self, allows_loopback: bool) -> Result<(), Problem> {
        let mut invalid = Invalid::new();
        let (provider, scheme) = (self.provider, self.scheme());
        let chars = self.name.trim().chars().count();
        invalid.require((1..=MAX_NAME_CHARS).contains(&chars), "/name", "must be 1 to 100 characters");
        let names: Vec<_> = provider.schemes().iter().map(|scheme| format!("`{scheme}`")).collect();
        let detail = format!("must be {} for `{provider}`", names.join(" or "));
        invalid.require(provider.schemes().contains(&scheme), "/scheme", &detail);
        let good_base = self.public_base_url.as_deref().is_none_or(|url| is_base_url(url, allows_loopback));
        invalid.require(
            good_base,
            "/public_base_url",
            "must be `https://` and a host, with a port and a path if there are any, without a slash at its end",
        );
        let prefix = self.event_type_prefix.as_deref().unwrap_or_default();
        let good_prefix =
            prefix.is_empty() || (prefix.len() <= MAX_PREFIX_CHARS && EventType::parse(prefix).is_ok());
        invalid.require(
            good_prefix,
            "/event_type_prefix",
            "must be dot-separated parts of letters, digits, `_`, `-`, `/` and `:`, at most 64 characters",
        );
        let is_ours = prefix == "posthorn" || prefix.starts_with("posthorn.");
        invalid.require(!is_ours, "/event_type_prefix", "must not be Posthorn's own");
        invalid.require(self.channels.len() <= MAX_CHANNELS, "/channels", "may list at most 20 channels");
        if let Some(seconds) = self.tolerance_seconds {
            invalid.require(
                TOLERANCE_SECONDS.contains(&seconds),
                "/tolerance_seconds",
                "must be 1 to 604800",
            );
            invalid.require(
                scheme.default_tolerance().is_some(),
                "/tolerance_seconds",
                &format!("cannot be set: `{scheme}` signs no time"),
            );
        }
        self.options.check(provider, scheme, &mut invalid);
        invalid.into_result()
    }

    /// Checks the secrets of a new source.
    ///
    /// # Errors
    /// [`Problem::Invalid`] when the scheme needs a secret and none is given, or a secret has the wrong form.
    pub fn check_secrets(&self, secrets: &[ProviderSecret]) -> Result<(), Problem> {
        let mut invalid = Invalid::new();
        let scheme = self.scheme();
        let detail = format!("must have at least one secret: `{scheme}` verifies by it");
        invalid.require(!secrets.is_empty() || !scheme.needs_secret(), "/secrets", &detail);
        invalid.require(secrets.len() <= MAX_SOURCE_SECRETS, "/secrets", "may list at most 10 secrets");
        for (index, secret) in secrets.iter().enumerate() {
            if let Err(detail) = scheme.check_secret(secret.reveal()) {
                invalid.require(false, &format!("/secrets/{index}"), detail);
            }
        }
        invalid.into_result()
    }
}

impl Source {
    /// The key under which the source's rows are stored.
    pub fn key(&self) -> SourceKey {
        SourceKey::new(self.workspace_id, self.id)
    }

    /// The texts of the secrets that requests are verified by at `now`.
    pub fn secrets_in_force(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let in_force = self.secrets.iter().filter(move |secret| secret.is_in_force(now));
        in_force.map(|secret| secret.secret.reveal())
    }

    /// The public address of this installation, as its provider calls it: the source's own, or else `installation`'s.
    pub fn base_url<'a>(&'a self, installation: &'a str) -> &'a str {
        self.settings.public_base_url.as_deref().unwrap_or(installation).trim_end_matches('/')
    }

    /// The address that its provider posts to.
    pub fn address(&self, installation: &str) -> String {
        format!("{}{ADDRESS_PATH}{}", self.base_url(installation), self.token.reveal())
    }
}

fn is_base_url(text: &str, allows_loopback: bool) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && !text.ends_with('/');
    let scheme = url.scheme() == "https" || (allows_loopback && url.scheme() == "http");
    plain && scheme && url.has_host() && text.len() <= 512
}

/// The text with its first part changed if that is Posthorn's own: receivers trust such types.
fn not_posthorns_own(text: String) -> String {
    match text.strip_prefix(OWN_PREFIX) {
        Some(rest) => format!("{}_.{rest}", OWN_PREFIX.trim_end_matches('.')),
        None => text,
    }
}

/// A provider's name of a type as parts of a type: other characters become `_`, empty parts are left out.
fn legal_name(name: &str) -> String {
    let legal =
        |letter: char| if letter.is_ascii_alphanumeric() || "_-:".contains(letter) { letter } else { '_' };
    let parts = name.split(['.', '/']).filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(|part| part.chars().map(legal).collect()).collect();
    let mut legal = parts.join(".");
    legal.truncate(MAX_EVENT_TYPE_CHARS - MAX_PREFIX_CHARS - 1);
    let legal = legal.trim_end_matches('.');
    if legal.is_empty() { "unknown".to_owned() } else { legal.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::operational::is_posthorns_own;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn settings(json: Value) -> SourceSettings {
        serde_json::from_value(json).unwrap()
    }

    fn pointers(problem: Result<(), Problem>) -> Vec<String> {
        match problem {
            Ok(()) => Vec::new(),
            Err(Problem::Invalid(errors)) => errors.into_iter().map(|error| error.pointer).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_usual_source_of_each_provider_is_taken() {
        for provider in Provider::ALL {
            let options = match provider {
                Provider::MetaWhatsapp => json!({ "verify_token": "meatyhamhock" }),
                Provider::Generic => json!({ "header": "X-Signature" }),
                _ => json!({}),
            };
            let settings = settings(json!({ "name": "it", "provider": provider, "options": options }));
            assert_eq!(pointers(settings.check(false)), [""; 0], "{provider}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, wrong) in [
            (json!({ "name": " ", "provider": "stripe" }), "/name"),
            (json!({ "name": "a", "provider": "stripe", "scheme": "plivo_v2" }), "/scheme"),
            (
                json!({ "name": "a", "provider": "stripe", "public_base_url": "http://example.com" }),
                "/public_base_url",
            ),
            (
                json!({ "name": "a", "provider": "stripe", "public_base_url": "https://example.com/" }),
                "/public_base_url",
            ),
            (json!({ "name": "a", "provider": "stripe", "event_type_prefix": "a b" }), "/event_type_prefix"),
            (
                json!({ "name": "a", "provider": "stripe", "event_type_prefix": "posthorn.x" }),
                "/event_type_prefix",
            ),
            (json!({ "name": "a", "provider": "stripe", "tolerance_seconds": 0 }), "/tolerance_seconds"),
            (json!({ "name": "a", "provider": "github", "tolerance_seconds": 60 }), "/tolerance_seconds"),
            (json!({ "name": "a", "provider": "stripe", "options": { "header": "X-A" } }), "/options/header"),
            (json!({ "name": "a", "provider": "generic" }), "/options/header"),
            (json!({ "name": "a", "provider": "meta_whatsapp" }), "/options/verify_token"),
            (
                json!({ "name": "a", "provider": "aws_ses", "options": { "topic_arns": ["arn:awsome:sns:eu-west-1:123456789012:a"] } }),
                "/options/topic_arns/0",
            ),
            (json!({ "name": "a", "provider": "vonage", "scheme": "vonage_legacy" }), "/options/algorithm"),
        ] {
            assert_eq!(pointers(settings(json.clone()).check(false)), [wrong], "{json}");
        }
    }

    #[test]
    fn a_source_without_a_secret_is_refused_where_the_scheme_needs_one() {
        for provider in Provider::ALL {
            let settings = settings(json!({ "name": "it", "provider": provider }));
            let refused = pointers(settings.check_secrets(&[])) == ["/secrets"];
            assert_eq!(refused, provider != Provider::AwsSes, "{provider}");
        }
    }

    #[test]
    fn types_have_the_prefix_of_their_source() {
        let types = |json: Value, name: &str| settings(json).event_type(name).unwrap().as_str().to_owned();
        assert_eq!(
            types(json!({ "name": "a", "provider": "stripe" }), "invoice.paid"),
            "stripe.invoice.paid"
        );
        assert_eq!(
            types(json!({ "name": "a", "provider": "shopify" }), "orders/create"),
            "shopify.orders.create"
        );
        assert_eq!(types(json!({ "name": "a", "provider": "sendgrid" }), "email.bounced"), "email.bounced");
        let none = json!({ "name": "a", "provider": "stripe", "event_type_prefix": "" });
        assert_eq!(types(none, "invoice.paid"), "invoice.paid");
    }

    #[test]
    fn the_word_of_a_handshake_is_not_printed() {
        let json =
            json!({ "name": "a", "provider": "meta_whatsapp", "options": { "verify_token": "hush-hush" } });
        let settings = settings(json.clone());
        assert!(!format!("{settings:?}").contains("hush"));
        assert_eq!(serde_json::to_value(&settings).unwrap()["options"], json["options"]);
    }

    #[test]
    fn no_type_is_posthorns_own() {
        let type_of = |prefix: &str, name: &str| {
            let json = json!({ "name": "a", "provider": "generic", "event_type_prefix": prefix });
            let event_type = settings(json).event_type(name).unwrap();
            assert!(!is_posthorns_own(&event_type), "{event_type:?}");
            event_type.as_str().to_owned()
        };
        for (prefix, name, expected) in [
            ("", "posthorn.test", "posthorn_.test"),
            ("", "posthorn/endpoint/failing", "posthorn_.endpoint.failing"),
            ("", ".posthorn..test", "posthorn_.test"),
            ("", "posthorn", "posthorn"),
            ("", "posthorns.test", "posthorns.test"),
            ("acme", "posthorn.test", "acme.posthorn.test"),
            // Such a prefix cannot be saved.
            ("posthorn", "test", "posthorn_.test"),
        ] {
            assert_eq!(type_of(prefix, name), expected);
        }
    }

    proptest! {
        #[test]
        fn whatever_a_provider_calls_a_type_it_is_one(name: String, own in any::<bool>(), prefix in "(github)?") {
            let name = if own { format!("posthorn.{name}") } else { name };
            let settings = settings(json!({ "name": "a", "provider": "github", "event_type_prefix": prefix }));
            let event_type = settings.event_type(&name);
            prop_assert!(event_type.is_ok_and(|event_type| !is_posthorns_own(&event_type)), "{name:?}");
        }
    }
}

//! What is an endpoint, and which settings does it have?
//! One customer URL, with its subscription, its delivery settings and its signing secrets.
//!
//! [`EndpointSettings`] is the one document that `POST` takes, `PATCH` merges into and the table stores. So each
//! setting is declared and bounded in one place.

pub mod address;
pub mod body_form;
pub(crate) mod bounds;
pub mod custom_headers;
pub mod defaults;
pub mod deleted;
pub mod disabled;
pub mod endpoint_url;
pub mod explanation;
pub mod filter;
mod mail_address;
pub mod notification;
pub mod purpose;
pub mod subscription;
pub mod template;
pub mod visibility;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use payload::{Filter, Template};
use serde::{Deserialize, Serialize};

use crate::access::api_key::{ApiKey, Scope};
pub use crate::endpoint::body_form::BodyForm;
use crate::endpoint::custom_headers::HIDDEN_VALUE;
use crate::endpoint::endpoint_url::{EndpointUrl, REDACTED};
use crate::endpoint::purpose::Purpose;
use crate::event::Event;
use crate::event::channel::Channel;
use crate::event::event_type::EventTypePattern;
use crate::id::{EndpointId, EndpointKey, WorkspaceId};
use crate::json_object::only_object;
use crate::metadata::Metadata;
use crate::policy::circuit::DisablePolicy;
use crate::policy::limits::RateLimit;
use crate::policy::outcome::OutcomeRules;
use crate::policy::retry::RetryPolicy;
use crate::problem::Problem;
use crate::signing::profile::SignatureSettings;
use crate::signing::secret::{ActiveSecret, MAX_OLD_SECRETS, PublicKey, Secret};
use crate::timestamp::Timestamp;
use crate::uid::Uid;

pub use crate::endpoint::disabled::{Disabled, DisabledReason};

/// The most endpoints of one workspace: the fan-out of an event reads them all at once.
pub const MAX_ENDPOINTS: usize = 10_000;
/// Longest description, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 500;
/// Bounds of the timeout of one attempt, in seconds.
pub const TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 1..=30;
/// Longest delay of deliveries, in seconds: as far ahead as an event may be scheduled.
pub const MAX_DELAY_SECONDS: u64 = 43_200;

/// The HTTP method of a request. A delivery is never a `GET` or `DELETE`, which have no body; the call of an action may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// The right method for almost every receiver.
    #[default]
    Post,
    /// For receivers that store the body under the URL.
    Put,
    /// For receivers that change the resource under the URL.
    Patch,
    /// For actions that read.
    Get,
    /// For actions that delete.
    Delete,
}

impl Method {
    /// The method's name in HTTP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Get => "GET",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a request with this method has a body.
    pub fn has_body(self) -> bool {
        match self {
            Self::Post | Self::Put | Self::Patch => true,
            Self::Get | Self::Delete => false,
        }
    }
}

/// The settings of an endpoint. A field that is left out takes its default.
// `Debug` omits values that may be secrets: the query of the URL and the values of headers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EndpointSettings {
    /// The URL that deliveries go to: `https`, port 443 or 8443, a public host, no user name, password or fragment. With
    /// the body `email`: `mailto:` and one address.
    #[cfg_attr(
        feature = "openapi",
        schema(format = "uri", max_length = 2048, examples("https://example.com/hooks"))
    )]
    pub url: String,
    /// The event types and families that the endpoint subscribes to; an empty list means every type.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub events: Vec<EventTypePattern>,
    /// The channels that the endpoint is limited to; an empty list means no limit.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub channels: Vec<Channel>,
    /// Whether the endpoint gets deliveries.
    #[serde(default = "yes")]
    pub active: bool,
    /// A description for people.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500, examples("Billing system")))]
    pub description: String,
    /// Custom headers, sent with every delivery. Values may be secrets and are not logged.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::headers))]
    pub headers: BTreeMap<String, String>,
    /// The prefix of Posthorn's own header names.
    #[serde(default = "default_header_prefix")]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 32, pattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]*[!#$%&'*+.^_`|~0-9A-Za-z]$")
    )]
    pub header_prefix: String,
    /// How deliveries are signed.
    #[serde(default, deserialize_with = "only_object")]
    pub signature: SignatureSettings,
    /// The conditions that an event must meet; `null` is none. At most 50 conditions and 8 KiB.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub filter: Option<Filter>,
    /// The form of a delivery's body.
    #[serde(default)]
    pub body: BodyForm,
    /// The JSON that is sent instead of the payload: its strings hold expressions. `null` is the payload itself.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value))]
    pub template: Option<Template>,
    /// How long after its event a delivery is due, in seconds; at most 43,200.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(maximum = 43200))]
    pub delay_seconds: u64,
    /// The HTTP method of deliveries.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::delivery_method))]
    pub method: Method,
    /// The timeout of one attempt in seconds, 1 to 30; of it at most 5 s to connect.
    #[serde(default = "default_timeout_seconds")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 30))]
    pub timeout_seconds: u64,
    /// When a failed delivery is tried again.
    #[serde(default, deserialize_with = "only_object")]
    pub retry: RetryPolicy,
    /// The statuses that mean success, a retry, or a final failure.
    #[serde(default, deserialize_with = "only_object")]
    pub outcomes: OutcomeRules,
    /// When the endpoint is switched off for failing.
    #[serde(default)]
    pub disable: DisablePolicy,
    /// The rate limit; `null` is no limit.
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
    /// The concurrency limit: the most attempts under way at once; `null` is no limit.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub max_concurrency: Option<u32>,
    /// Your own id of the endpoint, unique in its workspace; `null` if it has none.
    #[serde(default)]
    pub uid: Option<Uid>,
    /// Strings for the caller's own programs; Posthorn does not read them.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::metadata))]
    pub metadata: Metadata,
}

/// One customer URL, with its subscription, its delivery settings and its signing secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The id, `we_` and a ULID.
    pub id: EndpointId,
    /// The tenant that the endpoint belongs to.
    pub workspace_id: WorkspaceId,
    /// What it is for.
    pub purpose: Purpose,
    /// The owner's settings.
    pub settings: EndpointSettings,
    /// `settings.url`, parsed and checked.
    pub url: EndpointUrl,
    /// The secrets that sign its deliveries, the current one first.
    pub secrets: Vec<ActiveSecret>,
    /// How it was switched off; `None` while it is active, or when its owner did before that was recorded.
    pub disabled: Option<Disabled>,
    /// The revision for the optimistic lock: it counts the changes, from 1, so that two writers cannot overwrite each
    /// other.
    pub revision: u64,
    /// When the endpoint was created.
    pub created_at: Timestamp,
    /// When the endpoint was last changed.
    pub updated_at: Timestamp,
}

impl fmt::Debug for EndpointSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Destructured without `..`, so that the compiler reports a new setting that is missing here.
        let Self {
            url,
            events,
            channels,
            active,
            description,
            headers,
            header_prefix,
            signature,
            filter,
            body,
            template,
            delay_seconds,
            method,
            timeout_seconds,
            retry,
            outcomes,
            disable,
            rate_limit,
            max_concurrency,
            uid,
            metadata,
        } = self;
        f.debug_struct("EndpointSettings")
            .field("url", &if body.is_message() { REDACTED } else { without_secrets(url) })
            .field("events", events)
            .field("channels", channels)
            .field("active", active)
            .field("description", description)
            .field("headers", &headers.keys())
            .field("header_prefix", header_prefix)
            .field("signature", signature)
            .field("filter", &filter.is_some())
            .field("body", body)
            .field("template", &template.is_some())
            .field("delay_seconds", delay_seconds)
            .field("method", method)
            .field("timeout_seconds", timeout_seconds)
            .field("retry", retry)
            .field("outcomes", outcomes)
            .field("disable", disable)
            .field("rate_limit", rate_limit)
            .field("max_concurrency", max_concurrency)
            .field("uid", uid)
            .field("metadata", &metadata.keys())
            .finish()
    }
}

impl EndpointSettings {
    /// When a delivery is due whose event was accepted, or scheduled, for `at`.
    pub fn due(&self, at: Timestamp) -> Timestamp {
        at.plus(Duration::from_secs(self.delay_seconds))
    }

    /// When the first attempt of the event's delivery is due; `None` for at once.
    pub fn first_attempt_at(&self, event: &Event) -> Option<Timestamp> {
        match self.delay_seconds {
            0 => event.deliver_at,
            _ => Some(self.due(event.deliver_at.unwrap_or(event.id.time()))),
        }
    }

    /// The same without what may be a secret: values of headers, the query of the URL, and its path of a notification.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut settings = self.clone();
        settings.headers.values_mut().for_each(|value| HIDDEN_VALUE.clone_into(value));
        settings.url = shown_url(&self.url, self.body.is_message());
        settings
    }
}

impl Endpoint {
    /// The endpoint as `caller` may see it: values of custom headers may be secrets, and the path of a notification's URL is
    /// one, so only a key that could change them sees them.
    #[must_use]
    pub fn shown_to(mut self, caller: &ApiKey) -> Self {
        if caller.require(Scope::Webhooks).is_err() {
            self.settings.headers.values_mut().for_each(|value| HIDDEN_VALUE.clone_into(value));
            if self.settings.body.is_message() {
                self.url = self.url.without_path();
                self.url.as_str().clone_into(&mut self.settings.url);
            }
        }
        self
    }

    /// Why it was switched off; `None` while it is active, or when its owner did before that was recorded.
    pub fn disabled_reason(&self) -> Option<DisabledReason> {
        self.disabled.as_ref().map(|disabled| disabled.reason)
    }

    /// The key under which the endpoint's rows are stored.
    pub fn key(&self) -> EndpointKey {
        EndpointKey::new(self.workspace_id, self.id)
    }

    /// The secrets that sign at `now`, the current one first.
    pub fn signing_secrets(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        self.secrets.iter().filter(move |active| active.signs_at(now)).map(|active| &active.secret)
    }

    /// Makes `secret` the current one; the previous secret goes on signing for `overlap`. An old secret that still signs
    /// comes back so. `false`, and nothing changed, if it is the current one: the rotation is carried out again.
    ///
    /// # Errors
    /// [`Problem::TooManySecrets`] when the maximum number of old secrets still sign.
    pub fn rotate(&mut self, secret: Secret, overlap: Duration, now: Timestamp) -> Result<bool, Problem> {
        if self.secrets.first().is_some_and(|current| current.secret == secret) {
            return Ok(false);
        }
        self.secrets.retain(|active| active.signs_at(now) && active.secret != secret);
        let ends = now.plus(overlap);
        for active in &mut self.secrets {
            // Only the current secret has no end yet; secrets rotated out earlier keep theirs.
            active.expires_at.get_or_insert(ends);
        }
        self.secrets.retain(|active| active.signs_at(now));
        if self.secrets.len() > MAX_OLD_SECRETS {
            return Err(Problem::TooManySecrets(MAX_OLD_SECRETS));
        }
        self.secrets.insert(0, ActiveSecret { secret, expires_at: None });
        Ok(true)
    }

    /// Old secrets stop signing now.
    pub fn end_overlap(&mut self) {
        self.secrets.retain(|active| active.expires_at.is_none());
    }

    /// The public halves of its asymmetric secrets, the current one first, and when each stops signing.
    pub fn public_keys(&self) -> Vec<(PublicKey, Option<Timestamp>)> {
        let active = self.secrets.iter();
        active.filter_map(|active| Some((active.secret.public_key()?, active.expires_at))).collect()
    }

    /// The timeout of one attempt.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.settings.timeout_seconds)
    }
}

/// What may be shown of a URL that is given as text: not its query, and not its path if that is a credential.
pub(crate) fn shown_url(url: &str, is_credential: bool) -> String {
    let shown = without_secrets(url);
    match is_credential {
        true => notification::redacted(url),
        false if shown != url => format!("{shown}?{HIDDEN_VALUE}"),
        false => url.to_owned(),
    }
}

/// The part of a URL before its query; nothing of a URL with a user name or password. The text may be
/// invalid.
fn without_secrets(url: &str) -> &str {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    if url.contains('@') { "[redacted]" } else { &url[..end] }
}

fn yes() -> bool {
    true
}

pub(crate) fn default_header_prefix() -> String {
    "X-Webhook".to_owned()
}

pub(crate) fn default_timeout_seconds() -> u64 {
    10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::address::AllowedTargets;

    fn settings(json: serde_json::Value) -> EndpointSettings {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_url_alone_is_enough_and_takes_every_default() {
        let settings = settings(serde_json::json!({ "url": "https://example.com/hook" }));
        assert!(settings.check(&AllowedTargets::public_only()).is_ok());
        assert!(settings.active && settings.events.is_empty());
        assert_eq!((settings.timeout_seconds, settings.header_prefix.as_str()), (10, "X-Webhook"));
    }

    #[test]
    fn settings_that_are_printed_keep_urls_queries_and_headers_values_to_themselves() {
        for url in ["https://example.com/hook?k=hush", "https://me:hush@example.com/", "no url #hush"] {
            let settings = settings(serde_json::json!({
                "url": url, "headers": { "X-Team": "hush" }, "metadata": { "note": "hush" }, "uid": "crm",
            }));
            let printed = format!("{settings:?}");
            assert!(!printed.contains("hush") && printed.contains("X-Team"), "{printed}");
        }
    }
}

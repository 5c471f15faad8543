//! What is an action, and which settings does it have?
//! A named, signed HTTP call into the workspace's own system, which a person, a rule or an agent may invoke.
//!
//! [`ActionSettings`] is the one document that `POST` takes, `PATCH` merges into and the table stores. What an action has
//! in common with an endpoint (secrets, custom headers, limits, circuit) is kept in an endpoint of
//! [`Purpose::Action`](crate::endpoint::purpose::Purpose::Action), whose settings are made of these.

pub mod confirmation;
pub mod invocation;
pub mod name;
pub mod parameters;
pub mod render;
pub mod retrying;
pub mod url_template;

use std::collections::BTreeMap;
use std::fmt;

use payload::Template;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::role::{MAX_ROLES, Role};
use crate::action::name::ActionName;
use crate::action::retrying::MAX_QUICK_RETRIES;
use crate::action::url_template::{BadUrlTemplate, UrlTemplate};
use crate::endpoint::address::AllowedTargets;
use crate::endpoint::bounds::{check_header_prefix, check_limits};
use crate::endpoint::custom_headers::{self, HIDDEN_VALUE};
use crate::endpoint::{Endpoint, EndpointSettings, Method};
use crate::id::{EndpointId, WorkspaceId};
use crate::json_object::only_object;
use crate::policy::limits::RateLimit;
use crate::policy::outcome::OutcomeRules;
use crate::problem::{Invalid, Problem};
use crate::signing::profile::SignatureSettings;
use crate::timestamp::Timestamp;

/// The most actions of one workspace: an agent reads the descriptions of all that it may invoke.
pub const MAX_ACTIONS: usize = 200;
/// Longest title, in characters.
pub const MAX_TITLE_CHARS: usize = 100;
/// Longest description, in characters.
pub const MAX_ACTION_DESCRIPTION_CHARS: usize = 1_024;
/// Bounds of the timeout of one attempt, in seconds: an invocation must end before API Gateway gives up at 30 s.
pub const ACTION_TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 1..=25;
/// The largest JSON Schema of an action, in bytes.
pub const MAX_SCHEMA_BYTES: usize = 65_536;

/// What an action does to the system that it calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It reads, and changes nothing.
    Read,
    /// It makes or changes something.
    #[default]
    Write,
    /// It does what cannot be undone.
    Destructive,
}

impl Effect {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }
}

/// The settings of an action. A field that is left out takes its default.
// `Debug` omits values that may be secrets: the query of the URL and the values of headers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ActionSettings {
    /// The name, by which the action is invoked. It is unique in its workspace and never changes.
    pub name: ActionName,
    /// A title for people.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 100, examples("Refund an order")))]
    pub title: String,
    /// What the action does and when to use it, in words that a model understands.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 1024, examples("Refunds a paid order in full. Ask the customer first."))
    )]
    pub description: String,
    /// The JSON Schema (2020-12) of the parameters, of `type` `object`. Other members than it names are refused unless it
    /// says otherwise. At most 65,536 bytes.
    #[serde(default = "parameters::none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub parameters: Value,
    /// The HTTP method. `GET` and `DELETE` have no body: all parameters stand in the URL.
    #[serde(default)]
    pub method: Method,
    /// The URL that is called, by the rules of an endpoint's URL. Path and query may hold `{{ parameters.name }}`; each
    /// value is percent-encoded.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 2048, examples("https://crm.example.com/orders/{{ parameters.order }}/refund"))
    )]
    pub url: String,
    /// The JSON body: its strings hold expressions over `parameters`, `actor` and `action`. `null` is the parameters.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub template: Option<Template>,
    /// Custom headers, sent with every call. Values may be secrets and are not logged.
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
    /// How calls are signed.
    #[serde(default, deserialize_with = "only_object")]
    pub signature: SignatureSettings,
    /// The timeout of one attempt in seconds, 1 to 25. An invocation takes 25 s at most, with all its attempts.
    #[serde(default = "default_timeout_seconds")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 25))]
    pub timeout_seconds: u64,
    /// How often a failed call is repeated, within seconds: 0 to 5. Where the action is not `idempotent`, only a call of
    /// which nothing can have been carried out is.
    #[serde(default = "default_retries")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 5))]
    pub retries: u32,
    /// The statuses that mean success, a retry, or a final failure.
    #[serde(default, deserialize_with = "only_object")]
    pub outcomes: OutcomeRules,
    /// What the action does to the system that it calls.
    #[serde(default)]
    pub effect: Effect,
    /// Whether a call that comes twice under one `Idempotency-Key` is carried out once. What only reads always is.
    #[serde(default)]
    pub idempotent: bool,
    /// Whether an invocation has to be confirmed by a second request. `null` is: if the action is `destructive`.
    #[serde(default)]
    pub confirm: Option<bool>,
    /// The roles of which an API key must have one to invoke the action. With none, no API key can.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub roles: Vec<Role>,
    /// The rate limit; `null` is no limit.
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
    /// The concurrency limit: the most calls under way at once; `null` is no limit.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub max_concurrency: Option<u32>,
    /// The JSON Schema (2020-12) of a successful answer's JSON; `null` if it is not known.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub result_schema: Option<Value>,
    /// Whether the action can be invoked.
    #[serde(default = "yes")]
    pub active: bool,
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The settings.
    pub settings: ActionSettings,
    /// The endpoint that holds its secrets and custom headers, and by whose id its limits and its circuit are kept.
    pub endpoint: Endpoint,
    /// The revision for the optimistic lock: it counts the changes, from 1. A confirmation is valid for one revision.
    pub revision: u64,
    /// When the action was created.
    pub created_at: Timestamp,
    /// When the action was last changed.
    pub updated_at: Timestamp,
}

impl ActionSettings {
    /// Checks every bound and gives the URL template. Whether the schemas are schemas is checked elsewhere: by a library.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each value out of bounds.
    pub fn check(&self, allowed: &AllowedTargets) -> Result<UrlTemplate, Problem> {
        let mut invalid = Invalid::new();
        let url = invalid.take("/url", UrlTemplate::parse(&self.url, allowed));
        let chars = |text: &str| text.chars().count();
        invalid.require(chars(&self.title) <= MAX_TITLE_CHARS, "/title", "may have at most 100 characters");
        let description_fits = chars(&self.description) <= MAX_ACTION_DESCRIPTION_CHARS;
        invalid.require(description_fits, "/description", "may have at most 1024 characters");
        parameters::check(self, url.as_ref(), &mut invalid);
        self.check_body(&mut invalid);
        let timeout_fits = ACTION_TIMEOUT_SECONDS.contains(&self.timeout_seconds);
        invalid.require(timeout_fits, "/timeout_seconds", "must be 1 to 25");
        invalid.require(self.retries <= MAX_QUICK_RETRIES, "/retries", "must be 0 to 5");
        invalid.require(self.roles.len() <= MAX_ROLES, "/roles", "may name at most 20 roles");
        check_header_prefix(&self.header_prefix, &mut invalid);
        check_limits(self.rate_limit, self.max_concurrency, &mut invalid);
        invalid.take("/outcomes", self.outcomes.check());
        custom_headers::check(&self.headers, &self.header_prefix, &mut invalid);
        match (invalid.into_result(), url) {
            (Ok(()), Some(url)) => Ok(url),
            (Err(problem), _) => Err(problem),
            (Ok(()), None) => Err(Problem::invalid("/url", "is required")),
        }
    }

    fn check_body(&self, invalid: &mut Invalid) {
        let Some(template) = &self.template else { return };
        if !self.method.has_body() {
            invalid.push("/template", "makes a body, which GET and DELETE do not have");
        }
        for mistake in template.mistakes() {
            invalid.push(format!("/template{}", mistake.pointer), mistake.detail);
        }
    }

    /// The URL template, which was checked when the settings were saved.
    ///
    /// # Errors
    /// As for [`UrlTemplate::read`].
    pub fn url_template(&self) -> Result<UrlTemplate, BadUrlTemplate> {
        UrlTemplate::read(&self.url)
    }

    /// Whether an invocation has to be confirmed by a second request.
    pub fn asks_for_confirmation(&self) -> bool {
        self.confirm.unwrap_or(self.effect == Effect::Destructive)
    }

    /// Whether the same call may be made twice without harm.
    pub fn is_repeatable(&self) -> bool {
        self.idempotent || self.effect == Effect::Read
    }

    /// Whether the holder of these roles may invoke it: it has any of the action's.
    pub fn is_open_to(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }

    /// The settings of the endpoint that stands for the action. It subscribes to nothing: its one type is no event's. An
    /// earlier version, which runs on while a new one is deployed and knows no purpose, sends it nothing either.
    ///
    /// # Errors
    /// As for [`Self::url_template`].
    pub fn endpoint_settings(&self) -> Result<EndpointSettings, Problem> {
        let url = self.url_template().map_err(|error| Problem::invalid("/url", error.to_string()))?;
        let broken = |error: serde_json::Error| Problem::invalid("", error.to_string());
        let document = serde_json::json!({
            "url": url.base().as_str(), "events": [NO_EVENT], "description": self.title, "active": self.active,
        });
        let settings: EndpointSettings = serde_json::from_value(document).map_err(broken)?;
        Ok(EndpointSettings {
            headers: self.headers.clone(),
            header_prefix: self.header_prefix.clone(),
            signature: self.signature,
            method: self.method,
            timeout_seconds: self.timeout_seconds,
            outcomes: self.outcomes.clone(),
            rate_limit: self.rate_limit,
            max_concurrency: self.max_concurrency,
            ..settings
        })
    }

    /// The same without what may be a secret: values of headers, and the query of the URL.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut settings = self.clone();
        settings.headers.values_mut().for_each(|value| HIDDEN_VALUE.clone_into(value));
        if let Some(query) = settings.url.find('?') {
            settings.url.truncate(query + 1);
            settings.url.push_str(HIDDEN_VALUE);
        }
        settings
    }
}

/// The type of which no event is: Posthorn's own, and never sent.
const NO_EVENT: &str = "posthorn.none";

impl Action {
    /// The name.
    pub fn name(&self) -> &ActionName {
        &self.settings.name
    }

    /// The tenant that the action belongs to.
    pub fn workspace_id(&self) -> WorkspaceId {
        self.endpoint.workspace_id
    }

    /// The id of its endpoint.
    pub fn endpoint_id(&self) -> EndpointId {
        self.endpoint.id
    }

    /// Whether a rule may invoke it: a rule confirms nothing.
    pub fn may_be_a_step(&self) -> bool {
        !self.settings.asks_for_confirmation()
    }
}

impl fmt::Debug for ActionSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, effect, roles, active, method, headers, .. } = self;
        f.debug_struct("ActionSettings")
            .field("name", name)
            .field("effect", effect)
            .field("roles", roles)
            .field("active", active)
            .field("method", method)
            .field("headers", &headers.keys())
            .finish_non_exhaustive()
    }
}

fn yes() -> bool {
    true
}

fn default_header_prefix() -> String {
    "X-Webhook".to_owned()
}

fn default_timeout_seconds() -> u64 {
    10
}

fn default_retries() -> u32 {
    2
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::endpoint::purpose::Purpose;
    use crate::signing::secret::{ActiveSecret, Secret};
    use serde_json::json;

    fn settings(more: &Value) -> ActionSettings {
        let mut document = json!({
            "name": "refund_order", "url": "https://crm.example.com/refunds",
            "parameters": {
                "type": "object", "required": ["order"],
                "properties": { "order": { "type": "string" } },
            },
        });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(document).unwrap()
    }

    /// An action with these settings besides its name, URL and parameters.
    pub(crate) fn action(more: Value) -> Action {
        let (settings, now) = (settings(&more), Timestamp::from_millis(0));
        let endpoint = Endpoint {
            id: EndpointId::new(now, 1),
            workspace_id: WorkspaceId::new(now, 1),
            purpose: Purpose::Action,
            url: settings.check(&AllowedTargets::public_only()).unwrap().base().clone(),
            settings: settings.endpoint_settings().unwrap(),
            secrets: vec![ActiveSecret { secret: Secret::new(&[7; 32]), expires_at: None }],
            disabled: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        Action { settings, endpoint, revision: 1, created_at: now, updated_at: now }
    }

    fn refused_at(more: Value) -> Vec<String> {
        match settings(&more).check(&AllowedTargets::public_only()) {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors().into_iter().map(|error| error.pointer).collect(),
        }
    }

    #[test]
    fn name_and_url_are_enough() {
        let minimal = json!({ "name": "ping", "url": "https://example.com/ping" });
        let settings: ActionSettings = serde_json::from_value(minimal).unwrap();
        assert!(settings.check(&AllowedTargets::public_only()).is_ok());
        assert_eq!((settings.effect, settings.retries, settings.timeout_seconds), (Effect::Write, 2, 10));
        assert!(settings.active && !settings.asks_for_confirmation() && !settings.is_open_to(&[]));
    }

    #[test]
    fn every_bad_value_is_told_with_a_pointer() {
        for (more, pointers) in [
            (json!({ "url": "https://10.0.0.1/{{ parameters.order }}" }), vec!["/url"]),
            (json!({ "url": "https://{{ parameters.order }}.example.com/" }), vec!["/url"]),
            (json!({ "url": "https://example.com/{{ parameters.other }}" }), vec!["/url"]),
            (json!({ "timeout_seconds": 26, "retries": 6 }), vec!["/timeout_seconds", "/retries"]),
            (json!({ "description": "x".repeat(1_025) }), vec!["/description"]),
            (json!({ "parameters": { "type": "string" } }), vec!["/parameters/type"]),
            (json!({ "parameters": [] }), vec!["/parameters"]),
            (json!({ "parameters": true }), vec!["/parameters"]),
            (
                json!({ "parameters": { "type": "object", "properties": { "idempotency_key": {} } } }),
                vec!["/parameters/properties/idempotency_key"],
            ),
            (json!({ "method": "GET" }), vec!["/parameters/properties/order"]),
            (json!({ "headers": { "X-Webhook-Actor": "root" } }), vec!["/headers/X-Webhook-Actor"]),
            (json!({ "result_schema": 1 }), vec!["/result_schema"]),
            (json!({ "max_concurrency": 101 }), vec!["/max_concurrency"]),
        ] {
            assert_eq!(refused_at(more.clone()), pointers, "{more}");
        }
        let optional = json!({
            "url": "https://example.com/{{ parameters.a }}",
            "parameters": { "type": "object", "properties": { "a": {} } },
        });
        assert_eq!(refused_at(optional), ["/parameters/required"]);
    }

    #[test]
    fn an_action_is_open_to_whoever_has_one_of_its_roles() {
        let role = |name: &str| Role::parse(name).unwrap();
        let settings = settings(&json!({ "roles": ["support", "billing"] }));
        assert!(
            settings.is_open_to(&[role("billing")]) && settings.is_open_to(&[role("x"), role("support")])
        );
        assert!(!settings.is_open_to(&[role("sales")]) && !settings.is_open_to(&[]));
        assert!(!super::tests::settings(&json!({})).is_open_to(&[role("support")]), "no role, no key");
    }

    #[test]
    fn the_endpoint_of_an_action_subscribes_to_nothing() {
        let endpoint = action(json!({})).endpoint.settings;
        assert_eq!(endpoint.events.len(), 1, "an empty list would be every type");
        assert!(endpoint.events[0].to_string().starts_with("posthorn."));
    }

    #[test]
    fn settings_that_are_printed_or_shown_keep_secrets_to_themselves() {
        let settings = settings(&json!({
            "url": "https://example.com/a?k=hush&o={{ parameters.order }}", "headers": { "X-Key": "hush" },
        }));
        assert!(!format!("{settings:?}").contains("hush"));
        assert!(!serde_json::to_string(&settings.without_secrets()).unwrap().contains("hush"));
    }
}

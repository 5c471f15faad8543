//! What does a rule do?
//! A step: deliver to a URL of its own or to an endpoint that exists, emit a derived event, or invoke an action.

use std::collections::{BTreeMap, HashSet};

use payload::Template;
use serde::{Deserialize, Serialize};

use crate::action::name::ActionName;
use crate::endpoint::custom_headers::HIDDEN_VALUE;
use crate::endpoint::{BodyForm, MAX_DELAY_SECONDS, Method, shown_url};
use crate::event::event_type::EventType;
use crate::event::operational::is_posthorns_own;
use crate::id::EndpointId;
use crate::json_object::only_object_or_null;
use crate::policy::circuit::DisablePolicy;
use crate::policy::limits::RateLimit;
use crate::policy::outcome::OutcomeRules;
use crate::policy::retry::RetryPolicy;
use crate::problem::Invalid;
use crate::signing::profile::SignatureSettings;

/// Longest id of a step.
pub const MAX_STEP_ID_BYTES: usize = 40;

/// What a step does: `deliver`, it sends the event to `url` or to the endpoint `endpoint_id`; `emit`, it makes a derived event
/// of `type` with `data`; `invoke`, it invokes the action `action` with `parameters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = StepKind))]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// It sends the event.
    Deliver,
    /// It makes a derived event.
    Emit,
    /// It invokes an action.
    Invoke,
}

/// The form in which a step delivers: `envelope`, an object with `id`, `type`, `timestamp` and `data`, which the template
/// makes; `json`, what the template makes alone, or the payload; `slack`, `teams`, `discord`: a message for that service,
/// which the template makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = StepPreset))]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// `{"id","type","timestamp","data"}`.
    #[default]
    Envelope,
    /// The template's JSON, or the payload.
    Json,
    /// A message for an incoming webhook of Slack.
    Slack,
    /// A message for a workflow of Microsoft Teams.
    Teams,
    /// A message for a webhook of Discord.
    Discord,
}

/// One step of a rule. Which members it may have depends on `do`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RuleStep))]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The step's id in the rule; Posthorn gives one if it is left out. A step that keeps its id keeps its endpoint, with its
    /// secrets, health and deliveries.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 40, pattern = "^[A-Za-z0-9_-]*$", examples("a1")))]
    pub id: String,
    /// What it does.
    #[serde(rename = "do")]
    pub does: Does,
    /// `deliver`: the URL of a receiver of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, format = "uri", max_length = 2048, examples("https://example.com/hooks"))
    )]
    pub url: Option<String>,
    /// The endpoint that the step's deliveries go to. With `deliver` and without `url`, an endpoint that exists. In all other
    /// steps Posthorn makes it and shows it here, and what a request says is passed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub endpoint_id: Option<EndpointId>,
    /// `deliver` with `url`: the form of the body; `envelope` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub preset: Option<Preset>,
    /// `deliver` with `url`: the JSON that is sent instead of the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = Option<Object>))]
    pub template: Option<Template>,
    /// How long after its event the step is done, in seconds; not with an `endpoint_id` of yours.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "openapi", schema(maximum = 43200))]
    pub delay_seconds: u64,
    /// `emit`: the type of the derived event.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub event_type: Option<EventType>,
    /// `emit`: the template of the derived event's payload; the payload of the event if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = Option<Object>))]
    pub data: Option<Template>,
    /// `invoke`: the name of the action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub action: Option<ActionName>,
    /// `invoke`: the template of the action's parameters; the payload of the event if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = Option<Object>))]
    pub parameters: Option<Template>,
    /// `deliver` with `url`: custom headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::headers))]
    pub headers: BTreeMap<String, String>,
    /// `deliver` with `url`: what the names of Posthorn's own headers begin with; `X-Webhook` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, max_length = 32))]
    pub header_prefix: Option<String>,
    /// `deliver` with `url`: how deliveries are signed.
    #[serde(default, deserialize_with = "only_object_or_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub signature: Option<SignatureSettings>,
    /// `deliver` with `url`: the HTTP method; `POST` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub method: Option<Method>,
    /// `deliver` with `url`: the timeout of one attempt in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1, maximum = 30))]
    pub timeout_seconds: Option<u64>,
    /// When a failed delivery of the step is tried again.
    #[serde(default, deserialize_with = "only_object_or_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub retry: Option<RetryPolicy>,
    /// `deliver` with `url`: the statuses that mean success, a retry, or a final failure.
    #[serde(default, deserialize_with = "only_object_or_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub outcomes: Option<OutcomeRules>,
    /// `deliver` with `url`: when the step is switched off for failing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub disable: Option<DisablePolicy>,
    /// The rate limit of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub rate_limit: Option<RateLimit>,
    /// The concurrency limit of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1, maximum = 100))]
    pub max_concurrency: Option<u32>,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step").field("id", &self.id).field("do", &self.does).finish_non_exhaustive()
    }
}

impl Preset {
    /// The form of the body that it stands for.
    pub fn body(self) -> BodyForm {
        match self {
            Self::Envelope => BodyForm::Envelope,
            Self::Json => BodyForm::Data,
            Self::Slack => BodyForm::Slack,
            Self::Teams => BodyForm::Teams,
            Self::Discord => BodyForm::Discord,
        }
    }

    /// Whether it is a message to people in a chat service, whose URL is a credential.
    fn is_chat(self) -> bool {
        matches!(self, Self::Slack | Self::Teams | Self::Discord)
    }
}

impl Step {
    /// Whether it delivers to a URL of its own, as an endpoint of a customer does.
    pub fn is_like_an_endpoint(&self) -> bool {
        self.does == Does::Deliver && self.url.is_some()
    }

    /// The endpoint that exists already and that the step delivers to.
    pub fn forwards_to(&self) -> Option<EndpointId> {
        self.endpoint_id.filter(|_| self.does == Does::Deliver && self.url.is_none())
    }

    /// Whether it is the same step as `other`, changed: it keeps its endpoint.
    pub fn continues(&self, other: &Self) -> bool {
        let kind = |step: &Self| (step.does, step.forwards_to().is_some());
        self.id == other.id && kind(self) == kind(other)
    }

    /// Where the template stands that its endpoint has.
    pub(crate) fn template_member(&self) -> &'static str {
        match self.does {
            Does::Deliver => "template",
            Does::Emit => "data",
            Does::Invoke => "parameters",
        }
    }

    /// The template that its endpoint has.
    pub(crate) fn own_template(&self) -> Option<&Template> {
        match self.does {
            Does::Deliver => self.template.as_ref(),
            Does::Emit => self.data.as_ref(),
            Does::Invoke => self.parameters.as_ref(),
        }
    }

    /// Notes what is wrong with it by itself. The settings of its endpoint are checked when it is compiled.
    pub(super) fn check(&self, place: usize, invalid: &mut Invalid) {
        let at = |member: &str| format!("/then/{place}/{member}");
        let is_id = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        let has_id = (1..=MAX_STEP_ID_BYTES).contains(&self.id.len()) && is_id(&self.id);
        invalid.require(has_id, &at("id"), "must be 1 to 40 characters of A-Z, a-z, 0-9, `_` and `-`");
        for member in self.strangers() {
            invalid.push(at(member), self.why_not(member));
        }
        invalid.require(
            self.delay_seconds <= MAX_DELAY_SECONDS,
            &at("delay_seconds"),
            "must be at most 43200, which is 12 hours",
        );
        let own_template = self.own_template().into_iter().flat_map(Template::mistakes);
        for mistake in own_template {
            let pointer = at(self.template_member());
            invalid.push(format!("{pointer}{}", mistake.pointer), mistake.detail);
        }
        match self.does {
            Does::Deliver => invalid.require(
                self.url.is_some() || self.endpoint_id.is_some(),
                &at("url"),
                "is required, or `endpoint_id` of an endpoint that exists",
            ),
            Does::Emit => match &self.event_type {
                None => invalid.push(at("type"), "is required: the type of the derived event"),
                Some(own) if is_posthorns_own(own) => {
                    invalid.push(at("type"), "is Posthorn's own: names that begin with `posthorn.` are");
                }
                Some(_) => {}
            },
            Does::Invoke => invalid.require(
                self.action.is_some(),
                &at("action"),
                "is required: the name of an action, such as `refund_order`",
            ),
        }
        let is_silent = self.preset.is_some_and(Preset::is_chat) && self.template.is_none();
        invalid.require(
            !is_silent,
            &at("template"),
            "is required with this preset: the message, such as {\"text\": \"Ticket {{ data.id }}\"}",
        );
    }

    /// The members that it has and that a step of its kind has not.
    fn strangers(&self) -> Vec<&'static str> {
        let of_own_url = [
            ("preset", self.preset.is_some()),
            ("template", self.template.is_some()),
            ("headers", !self.headers.is_empty()),
            ("header_prefix", self.header_prefix.is_some()),
            ("signature", self.signature.is_some()),
            ("method", self.method.is_some()),
            ("timeout_seconds", self.timeout_seconds.is_some()),
            ("outcomes", self.outcomes.is_some()),
            ("disable", self.disable.is_some()),
        ];
        let of_any_own = [
            ("delay_seconds", self.delay_seconds > 0),
            ("retry", self.retry.is_some()),
            ("rate_limit", self.rate_limit.is_some()),
            ("max_concurrency", self.max_concurrency.is_some()),
        ];
        let url = [("url", self.url.is_some())];
        let emit = [("type", self.event_type.is_some()), ("data", self.data.is_some())];
        let invoke = [("action", self.action.is_some()), ("parameters", self.parameters.is_some())];
        let mut strange: Vec<(&'static str, bool)> = Vec::new();
        match self.does {
            Does::Deliver => {
                strange.extend(emit);
                strange.extend(invoke);
                if self.url.is_none() {
                    strange.extend(of_own_url);
                    strange.extend(of_any_own);
                }
            }
            Does::Emit => {
                strange.extend(url);
                strange.extend(of_own_url);
                strange.extend(invoke);
            }
            Does::Invoke => {
                strange.extend(url);
                strange.extend(of_own_url);
                strange.extend(emit);
            }
        }
        strange.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
    }

    fn why_not(&self, member: &str) -> &'static str {
        match (self.does, member) {
            (Does::Deliver, "type" | "data") => "belongs to a step with `\"do\": \"emit\"`",
            (Does::Deliver, "action" | "parameters") => "belongs to a step with `\"do\": \"invoke\"`",
            (Does::Deliver, _) => {
                "belongs to a step with a `url`; an endpoint that exists has settings of its own"
            }
            (Does::Emit, "template") => "belongs to `deliver`; the payload of a derived event is `data`",
            (Does::Invoke, "template") => "belongs to `deliver`; an action gets `parameters`",
            (Does::Emit, "action" | "parameters") => "belongs to a step with `\"do\": \"invoke\"`",
            (Does::Invoke, "type" | "data") => "belongs to a step with `\"do\": \"emit\"`",
            (Does::Emit | Does::Invoke, _) => "belongs to a step with `\"do\": \"deliver\"`",
        }
    }

    pub(super) fn without_secrets(&self) -> Self {
        let mut step = self.clone();
        step.headers.values_mut().for_each(|value| HIDDEN_VALUE.clone_into(value));
        let is_chat = step.preset.is_some_and(Preset::is_chat);
        if let Some(url) = &mut step.url {
            *url = shown_url(url, is_chat);
        }
        step
    }
}

/// The first of `a1`, `a2` and so on that no step has.
pub(super) fn first_free_id(taken: &HashSet<String>) -> String {
    let mut ids = (1..).map(|number: u32| format!("a{number}"));
    ids.find(|id| !taken.contains(id)).unwrap_or_default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(seconds: &u64) -> bool {
    *seconds == 0
}

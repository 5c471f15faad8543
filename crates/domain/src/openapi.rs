//! How does the API's OpenAPI document describe values whose JSON is not their Rust type?
//! Hand-written schemas (JSON Schema 2020-12): ids, names and timestamps are strings, two policies are objects with one
//! member, one is an object or a name. Shapes whose JSON follows from their fields derive their schema where they are declared.

use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, SchemaFormat, Type,
};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::access::role::{MAX_ROLE_CHARS, Role};
use crate::action::name::{ActionName, MAX_ACTION_NAME_CHARS};
use crate::endpoint::custom_headers::{MAX_HEADER_VALUE_BYTES, MAX_HEADERS};
use crate::event::channel::{Channel, MAX_CHANNEL_CHARS};
use crate::event::event_type::{EventType, EventTypePattern, MAX_EVENT_TYPE_CHARS};
use crate::event::{MAX_PAYLOAD_BYTES, MAX_PAYLOAD_LEVELS, PayloadText};
use crate::metadata::MAX_METADATA;
use crate::policy::circuit::DisablePolicy;
use crate::policy::limits::RateLimit;
use crate::policy::outcome::StatusPattern;
use crate::policy::retry::{MAX_DELAY, MAX_RETRIES, MAX_SCHEDULE, Preset, RetryPolicy};
use crate::signing::secret::Secret;
use crate::timestamp::Timestamp;
use crate::uid::{MAX_UID_CHARS, Uid};

type SchemaOrRef = RefOr<Schema>;

/// The characters of a uid, and of an id.
const UID_PATTERN: &str = "^[A-Za-z0-9._-]+$";

/// A string that an example shows.
fn text(description: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description)).examples([example])
}

/// A whole number between these bounds.
fn whole(description: &str, bounds: std::ops::RangeInclusive<u64>) -> ObjectBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Integer).description(Some(description));
    number.minimum(Some(*bounds.start())).maximum(Some(*bounds.end()))
}

/// An object that has this member and no other.
fn only(name: &str, schema: impl Into<SchemaOrRef>) -> Object {
    let object = ObjectBuilder::new().property(name, schema).required(name);
    object.additional_properties(Some(AdditionalProperties::FreeForm(false))).build()
}

/// The schema of the HTTP method of deliveries, which have a body.
pub(crate) fn delivery_method() -> SchemaOrRef {
    let methods = ["POST", "PUT", "PATCH"];
    let method = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(methods));
    method.description(Some("The HTTP method of deliveries.")).into()
}

/// The schema of an id with this prefix. Only the canonical spelling is an id: 26 upper-case characters of Crockford's
/// base 32, of which the first holds three bits.
pub(crate) fn id(prefix: &str, of: &str) -> SchemaOrRef {
    text(&format!("The id of {of}: `{prefix}` and a ULID."), &format!("{prefix}01M7Z294KETHNPJB3QG0VDG1JA"))
        .pattern(Some(format!("^{prefix}[0-7][0-9A-HJKMNP-TV-Z]{{25}}$")))
        .into()
}

/// The schema of a text that is an id with this prefix or a uid.
pub(crate) fn id_or_uid(prefix: &str, of: &str) -> SchemaOrRef {
    text(
        &format!("The id of {of}, `{prefix}` and a ULID, or its uid."),
        &format!("{prefix}01M7Z294KETHNPJB3QG0VDG1JA"),
    )
    .min_length(Some(1))
    .max_length(Some(MAX_UID_CHARS))
    .pattern(Some(UID_PATTERN))
    .into()
}

impl PartialSchema for Uid {
    fn schema() -> SchemaOrRef {
        let description = "The customer's own id, which is taken wherever Posthorn's id is. It is not `.` or `..`, and does \
                           not look like an id of Posthorn: one of its prefixes and a ULID.";
        text(description, "customer-42")
            .min_length(Some(1))
            .max_length(Some(MAX_UID_CHARS))
            .pattern(Some(UID_PATTERN))
            .into()
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> SchemaOrRef {
        let description = "An RFC 3339 timestamp. Answers are in UTC with milliseconds; requests may use any offset and the years 1970 to 9999.";
        text(description, "2026-11-21T12:46:12.092Z")
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl PartialSchema for EventType {
    fn schema() -> SchemaOrRef {
        let description = "The type of an event: parts of `A-Z a-z 0-9 _ - / :`, joined by dots.";
        text(description, "invoice.paid")
            .max_length(Some(MAX_EVENT_TYPE_CHARS))
            .pattern(Some(r"^[A-Za-z0-9_:/-]+(\.[A-Za-z0-9_:/-]+)*$"))
            .into()
    }
}

impl PartialSchema for EventTypePattern {
    fn schema() -> SchemaOrRef {
        let description = "An event type such as `invoice.paid`, or a family of types such as `invoice.*`.";
        text(description, "invoice.*")
            .max_length(Some(MAX_EVENT_TYPE_CHARS + ".*".len()))
            .pattern(Some(r"^[A-Za-z0-9_:/-]+(\.[A-Za-z0-9_:/-]+)*(\.\*)?$"))
            .into()
    }
}

impl PartialSchema for Channel {
    fn schema() -> SchemaOrRef {
        let description = "The name of a channel, a label for routing: an endpoint that lists channels gets only events \
                           that name one of them.";
        text(description, "eu-west")
            .max_length(Some(MAX_CHANNEL_CHARS))
            .pattern(Some("^[A-Za-z0-9._:-]+$"))
            .into()
    }
}

impl PartialSchema for Role {
    fn schema() -> SchemaOrRef {
        text("The name of a role: a label of an API key's holder.", "support")
            .max_length(Some(MAX_ROLE_CHARS))
            .pattern(Some("^[A-Za-z0-9._:-]+$"))
            .into()
    }
}

impl PartialSchema for ActionName {
    fn schema() -> SchemaOrRef {
        text(
            "The name of an action, unique in its workspace; also the name of the tool that agents see.",
            "refund_order",
        )
        .max_length(Some(MAX_ACTION_NAME_CHARS))
        .pattern(Some("^[a-z][a-z0-9_]*$"))
        .into()
    }
}

impl PartialSchema for Secret {
    fn schema() -> SchemaOrRef {
        let description = "A signing secret: `whsec_` and base64 of 24 to 64 bytes; for the profiles `body` and \
                           `covered` also 16 to 128 visible ASCII characters; for `standard-asymmetric` `whsk_` and \
                           base64 of an ed25519 seed and its public key.";
        text(description, "whsec_vPq8Q4V839jWhgTIQthXafo7r/CrH/hh6p0fDgoTl6Q=").into()
    }
}

/// Any JSON value.
impl PartialSchema for PayloadText {
    fn schema() -> SchemaOrRef {
        let description = format!(
            "The payload: any JSON value, `null` too; at most {MAX_PAYLOAD_BYTES} bytes as sent, its arrays and objects \
             nested at most {MAX_PAYLOAD_LEVELS} levels deep. It is stored, delivered and shown byte for byte as it was \
             sent."
        );
        let any = ObjectBuilder::new().schema_type(utoipa::openapi::schema::SchemaType::AnyValue);
        any.description(Some(description)).examples([serde_json::json!({ "amount": 4200 })]).into()
    }
}

impl PartialSchema for StatusPattern {
    fn schema() -> SchemaOrRef {
        let class = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[2-5]xx$"));
        let one_of = OneOfBuilder::new().item(whole("One status.", 200..=599)).item(class);
        let description = "An HTTP status such as `404`, or a class of them such as `\"4xx\"`.";
        one_of.description(Some(description)).examples([serde_json::json!("4xx")]).into()
    }
}

impl PartialSchema for RateLimit {
    fn schema() -> SchemaOrRef {
        let one_of = OneOfBuilder::new()
            .item(only("per_second", whole("The most attempts in a second.", RateLimit::PER_SECOND)))
            .item(only("per_minute", whole("The most attempts in a minute.", RateLimit::PER_MINUTE)));
        let description = "A rate limit: the most attempts in a second or in a minute, evenly spaced.";
        one_of.description(Some(description)).examples([serde_json::json!({ "per_second": 10 })]).into()
    }
}

impl PartialSchema for DisablePolicy {
    fn schema() -> SchemaOrRef {
        let bounds =
            |range: std::ops::RangeInclusive<u32>| u64::from(*range.start())..=u64::from(*range.end());
        let default = Self::default();
        let failures = whole("The number of consecutive failures.", bounds(Self::FAILURES));
        let window = whole(
            "The smallest age of the first of these failures, in seconds.",
            bounds(Self::WINDOW_SECONDS),
        );
        let numbers = ObjectBuilder::new()
            .property("consecutive_failures", failures.default(Some(default.consecutive_failures.into())))
            .property("window_seconds", window.default(Some(default.window_seconds.into())))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)));
        let preset = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Self::PRESETS));
        let preset = preset.description(Some("The name of a preset. Answers show its two numbers."));
        let description = "When an endpoint is switched off for failing: when both conditions hold.";
        let one_of = OneOfBuilder::new().item(numbers).item(preset);
        one_of.description(Some(description)).examples([serde_json::json!("strict-10")]).into()
    }
}

impl PartialSchema for RetryPolicy {
    fn schema() -> SchemaOrRef {
        let delay =
            whole("Seconds from the failure of an attempt to the next attempt.", 1..=MAX_DELAY.as_secs());
        let described = format!(
            "The delays; an empty list means a single attempt. Together at most {} seconds.",
            MAX_SCHEDULE.as_secs()
        );
        let delays =
            ArrayBuilder::new().items(delay).max_items(Some(MAX_RETRIES)).description(Some(described));
        let one_of = OneOfBuilder::new()
            .item(only("preset", utoipa::openapi::Ref::from_schema_name(Preset::name())))
            .item(only("schedule_seconds", delays));
        let description = "A retry policy: a schedule with a name, or a list of delays.";
        one_of.description(Some(description)).examples([serde_json::json!({ "preset": "default" })]).into()
    }
}

impl ToSchema for Uid {}
impl ToSchema for Timestamp {}
impl ToSchema for EventType {}
impl ToSchema for EventTypePattern {}
impl ToSchema for Channel {}
impl ToSchema for ActionName {}
impl ToSchema for Role {}
impl ToSchema for Secret {}
impl ToSchema for PayloadText {
    fn name() -> std::borrow::Cow<'static, str> {
        "Payload".into()
    }
}
impl ToSchema for StatusPattern {}
impl ToSchema for RateLimit {}
impl ToSchema for DisablePolicy {}
impl ToSchema for RetryPolicy {
    fn schemas(schemas: &mut Vec<(String, SchemaOrRef)>) {
        schemas.push((Preset::name().into_owned(), Preset::schema()));
    }
}

/// The custom headers of an endpoint.
pub(crate) fn headers() -> Object {
    let value = ObjectBuilder::new().schema_type(Type::String).max_length(Some(MAX_HEADER_VALUE_BYTES));
    let name = text("A header's name.", "X-Team")
        .max_length(Some(100))
        .pattern(Some("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"));
    let value = value.pattern(Some("^([!-~]([ -~]*[!-~])?)?$"));
    map(name, value)
        .max_properties(Some(MAX_HEADERS))
        .examples([serde_json::json!({ "X-Team": "billing" })])
        .build()
}

/// The `metadata` of an endpoint or a workspace.
pub(crate) fn metadata() -> Object {
    let (entries, key_chars, value_chars) = MAX_METADATA;
    let string = |chars| ObjectBuilder::new().schema_type(Type::String).max_length(Some(chars));
    let map = map(string(key_chars), string(value_chars)).max_properties(Some(entries));
    map.examples([serde_json::json!({ "plan": "gold" })]).build()
}

fn map(name: ObjectBuilder, value: ObjectBuilder) -> ObjectBuilder {
    let object = ObjectBuilder::new().schema_type(Type::Object).property_names(Some(name));
    object.additional_properties(Some(AdditionalProperties::RefOr(value.into())))
}

//! How does the OpenAPI document describe values that have no Rust type in this crate?
//! Hand-written schemas: query parameters that are parsed from a text, a header, and the bodies of `PATCH`.

use domain::access::workspace::WorkspaceSettings;
use domain::action::ActionSettings;
use domain::catalogue::EventTypeSettings;
use domain::endpoint::EndpointSettings;
use domain::rule::RuleSettings;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::audit::TargetId;
use crate::deliveries::DeliveryStatuses;
use crate::events::EventTypes;
use crate::page::{Limit, MAX_LIMIT};
use crate::sources::ChangedSource;
use crate::statistics::{EndpointIds, Step};
use crate::workspace_deliveries::{ErrorClasses, Statuses};

/// The status of an undelivered delivery: `failed` or `parked`.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum UndeliveredStatus {
    /// The delivery failed.
    Failed,
    /// The delivery is parked.
    Parked,
}

/// The header that makes a request repeatable.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct Idempotency {
    /// A key of your choice: within 24 hours, the same request with the same key takes effect once, and gets the first
    /// answer again.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]([\\t -~]*[!-~])?$"
    )]
    pub idempotency_key: Option<String>,
}

/// A change of an endpoint: the body of a `PATCH`, which is merged into the endpoint's settings.
#[derive(Debug)]
pub struct EndpointChange;

/// A change of a workspace: the body of a `PATCH`, which is merged into the workspace's settings.
#[derive(Debug)]
pub struct WorkspaceChange;

/// A change of a source: the body of a `PATCH`, which is merged into the source's settings.
#[derive(Debug)]
pub struct SourceChange;

/// A change of an event type: the body of a `PATCH`, which is merged into the event type's settings.
#[derive(Debug)]
pub struct EventTypeChange;

/// A document that describes event types.
#[derive(Debug)]
pub struct ImportDocument;

/// A change of a rule: the body of a `PATCH`, which is merged into the rule's settings.
#[derive(Debug)]
pub struct RuleChange;

/// A rule that is being built: nothing is required.
#[derive(Debug)]
pub struct DraftRule;

/// A change of an action: the body of a `PATCH`, which is merged into the action's settings.
#[derive(Debug)]
pub struct ActionChange;

/// One message of the Model Context Protocol to Posthorn: JSON-RPC 2.0.
#[derive(Debug, ToSchema)]
#[schema(examples(json!({
    "jsonrpc": "2.0", "id": 1, "method": "tools/call",
    "params": { "name": "look_up_order", "arguments": { "order": "7" } },
})))]
pub struct McpMessage {
    /// Always `2.0`.
    #[schema(pattern = "^2\\.0$")]
    pub jsonrpc: String,
    /// The id of the request; a notification has none.
    #[schema(required = false, schema_with = request_id)]
    pub id: Option<serde_json::Value>,
    /// `initialize`, `server/discover`, `ping`, `tools/list` or `tools/call`, or the name of a notification.
    pub method: String,
    /// What the method takes.
    #[schema(required = false, value_type = Option<Object>)]
    pub params: Option<serde_json::Value>,
}

/// One message of the Model Context Protocol from Posthorn: a result or an error.
#[derive(Debug, ToSchema)]
#[schema(examples(json!({
    "jsonrpc": "2.0", "id": 1,
    "result": { "content": [{ "type": "text", "text": "{\"order\":\"7\",\"state\":\"paid\"}" }], "isError": false },
})))]
pub struct McpAnswer {
    /// Always `2.0`.
    #[schema(pattern = "^2\\.0$")]
    pub jsonrpc: String,
    /// The id of the request; `null` if it could not be read.
    #[schema(schema_with = answered_id)]
    pub id: serde_json::Value,
    /// What came of it.
    #[schema(required = false, value_type = Object)]
    pub result: Option<serde_json::Value>,
    /// Why it was refused: `code`, `message` and sometimes `data`.
    #[schema(required = false, value_type = Object)]
    pub error: Option<serde_json::Value>,
}

/// The id of a JSON-RPC request.
fn request_id() -> RefOr<Schema> {
    let types = SchemaType::from_iter([Type::String, Type::Integer]);
    let told = "The id of the request: a text or a whole number. A notification has none.";
    ObjectBuilder::new().schema_type(types).description(Some(told)).into()
}

/// The id in an answer.
fn answered_id() -> RefOr<Schema> {
    let types = SchemaType::from_iter([Type::String, Type::Integer, Type::Null]);
    let told = "The id of the request; `null` if it could not be read.";
    ObjectBuilder::new().schema_type(types).description(Some(told)).into()
}

/// The bytes of a body, as they came.
#[derive(Debug)]
pub struct RawBody;

/// The settings' own schema. In the document it becomes that of a merge patch (RFC 7396): nothing is required, and every
/// member may be `null`.
macro_rules! change_of {
    ($change:ty: $settings:ty) => {
        impl PartialSchema for $change {
            fn schema() -> RefOr<Schema> {
                <$settings>::schema()
            }
        }

        impl ToSchema for $change {
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                <$settings>::schemas(schemas);
            }
        }
    };
}

change_of!(EndpointChange: EndpointSettings);
change_of!(EventTypeChange: EventTypeSettings);
change_of!(WorkspaceChange: WorkspaceSettings);
change_of!(RuleChange: RuleSettings);
change_of!(ActionChange: ActionSettings);

impl PartialSchema for DraftRule {
    fn schema() -> RefOr<Schema> {
        match RuleSettings::schema() {
            RefOr::T(Schema::Object(mut rule)) => {
                rule.required.clear();
                Schema::Object(rule).into()
            }
            other => other,
        }
    }
}

impl ToSchema for DraftRule {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        RuleSettings::schemas(schemas);
    }
}

impl PartialSchema for SourceChange {
    fn schema() -> RefOr<Schema> {
        ChangedSource::schema()
    }
}

impl ToSchema for SourceChange {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("ChangedSource".to_owned(), ChangedSource::schema()));
        ChangedSource::schemas(schemas);
    }
}

impl PartialSchema for ImportDocument {
    fn schema() -> RefOr<Schema> {
        let description = "An OpenAPI document (3.1 or 3.2) whose `webhooks` are event types, or `{\"event_types\":[…]}`, each \
                           as in `POST /v1/event-types`. At most 500 event types.";
        let example =
            serde_json::json!({ "event_types": [{ "name": "invoice.paid", "title": "Invoice paid" }] });
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(description))
            .examples([example])
            .into()
    }
}

impl ToSchema for ImportDocument {}

impl PartialSchema for RawBody {
    fn schema() -> RefOr<Schema> {
        let bytes = ObjectBuilder::new().schema_type(Type::String).description(Some("Bytes."));
        bytes.format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))).examples(["{}"]).into()
    }
}

impl ToSchema for RawBody {}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).description(Some("A number of rows."));
        number.minimum(Some(1)).maximum(Some(MAX_LIMIT)).examples([50]).into()
    }
}

impl PartialSchema for EventTypes {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let one = r"[A-Za-z0-9_:/-]+(\.[A-Za-z0-9_:/-]+)*(\.\*)?";
        text.description(Some("Event types and families, separated by commas."))
            .pattern(Some(format!("^{one}(,{one})*$")))
            .examples(["invoice.*"])
            .into()
    }
}

impl PartialSchema for TargetId {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let description = "The id of a workspace, endpoint, API key, event, delivery, replay, source or rule, or the name of an \
                           event type.";
        text.description(Some(description))
            .pattern(Some(r"^((ws|we|key|evt|wd|rep|src|rule)_[0-7][0-9A-HJKMNP-TV-Z]{25}|[A-Za-z0-9_:/-]+(\.[A-Za-z0-9_:/-]+)*)$"))
            .examples(["we_01M7Z294KETHNPJB3QG0VDG1JA"])
            .into()
    }
}

/// The schemas of query parameters, by name: utoipa refers to them and collects only those of bodies.
pub fn parameters() -> [(&'static str, RefOr<Schema>); 9] {
    [
        ("DeliveryStatuses", DeliveryStatuses::schema()),
        ("EndpointIds", EndpointIds::schema()),
        ("ErrorClasses", ErrorClasses::schema()),
        ("EventTypes", EventTypes::schema()),
        ("Limit", Limit::schema()),
        ("Statuses", Statuses::schema()),
        ("Step", Step::schema()),
        ("TargetId", TargetId::schema()),
        ("UndeliveredStatus", UndeliveredStatus::schema()),
    ]
}

/// The schema of several values separated by commas.
fn comma_list(description: &str, one: &str, example: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    text.pattern(Some(format!("^{one}(,{one})*$"))).examples([example]).into()
}

impl PartialSchema for Statuses {
    fn schema() -> RefOr<Schema> {
        let one = "(pending|retrying|delivered|failed|parked|cancelled|skipped)";
        comma_list("Statuses, separated by commas.", one, "failed,parked")
    }
}

impl PartialSchema for DeliveryStatuses {
    fn schema() -> RefOr<Schema> {
        let one = "(pending|retrying|delivered|failed|parked|cancelled)";
        comma_list("Statuses of deliveries, separated by commas.", one, "failed,parked")
    }
}

impl PartialSchema for ErrorClasses {
    fn schema() -> RefOr<Schema> {
        comma_list("Error classes, separated by commas.", "[a-z_]+", "timeout,dns_error")
    }
}

impl PartialSchema for EndpointIds {
    fn schema() -> RefOr<Schema> {
        let example = "we_01M7Z2902B976DQF8TPFF6EEZ2,we_01M7Z291273HGPFBF90D1TJ0T5";
        comma_list("Ids or uids of endpoints, separated by commas.", "[A-Za-z0-9._-]+", example)
    }
}

impl ToSchema for DeliveryStatuses {}
impl ToSchema for Statuses {}
impl ToSchema for ErrorClasses {}
impl ToSchema for EndpointIds {}
impl ToSchema for Limit {}
impl ToSchema for TargetId {}
impl ToSchema for EventTypes {}

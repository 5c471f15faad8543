//! Which tools tell an agent about deliveries?
//! Three that call the use cases of the API's routes: list deliveries, explain one that is missing, send one again. Sending
//! again takes two calls, as a destructive action does.

use api::page::{Cursor, MAX_LIMIT};
use api::workspace_deliveries::WorkspaceDeliveryFilter;
use domain::access::api_key::{ApiKey, Scope};
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::defaults::EndpointDefaults;
use domain::hex::hex;
use domain::id::{DeliveryId, EventId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use domain::uid::EndpointIdOrUid;
use http_kit::shown;
use http_kit::strict_json::parse_json;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use usecases::UseCaseError;
use usecases::act::actions::Actions;
use usecases::manage::explain_event::explain_event;
use usecases::manage::find_delivery::find_delivery;
use usecases::manage::listing::{Anchor, Rows};
use usecases::manage::management::Management;
use usecases::manage::workspace_deliveries::list_workspace_deliveries;
use usecases::replay::replay_delivery::replay_delivery;

use super::tools::Outcome;

/// Rows of a page where none are named: a model reads all of them.
const DEFAULT_ROWS: usize = 20;
/// Seconds that a confirmation holds.
const CONFIRMED_FOR: i64 = 300;

/// A tool of Posthorn's own.
pub(super) struct Tool {
    pub(super) name: &'static str,
    title: &'static str,
    description: &'static str,
    /// What a key needs to have the tool.
    pub(super) scope: Scope,
    is_read_only: bool,
    parameters: fn() -> Value,
    kind: Kind,
}

enum Kind {
    Why,
    List,
    Replay,
}

/// All of them.
pub(super) const TOOLS: [Tool; 3] = [
    Tool {
        name: "list_deliveries",
        title: "List deliveries",
        description: "Lists the webhook deliveries of this workspace, newest event first: event, endpoint, status, attempts, \
                      last error. Use it to find what failed or is late.",
        scope: Scope::DeliveriesRead,
        is_read_only: true,
        parameters: list_parameters,
        kind: Kind::List,
    },
    Tool {
        name: "replay_delivery",
        title: "Send a delivery again",
        description: "Sends one webhook delivery again, with the same payload. The first call only says what would be sent; \
                      the second, with its confirmation, sends it.",
        scope: Scope::Deliveries,
        is_read_only: false,
        parameters: replay_parameters,
        kind: Kind::Replay,
    },
    Tool {
        name: "why_not_delivered",
        title: "Explain why an event was (not) delivered",
        description: "Explains why an endpoint got an event, or why not: each rule of the endpoint's subscription with its \
                      verdict, what was recorded when the event was accepted, and how the delivery stands.",
        scope: Scope::EventsRead,
        is_read_only: true,
        parameters: why_parameters,
        kind: Kind::Why,
    },
];

fn list_parameters() -> Value {
    let statuses = "pending, retrying, delivered, failed, parked, cancelled, skipped";
    object(
        json!({
            "status": { "type": "string", "description": format!("Only these, separated by commas: {statuses}.") },
            "endpoint_id": { "type": "string", "description": "Only of this endpoint: its id (we_…) or uid." },
            "event_type": { "type": "string", "description": "Only of these types, separated by commas: invoice.paid,order.*" },
            "error": { "type": "string", "description": "Only with these error classes of the last attempt, such as timeout." },
            "since": { "type": "string", "description": "Only of events from this time on (RFC 3339)." },
            "until": { "type": "string", "description": "Only of events before this time (RFC 3339)." },
            "limit": { "type": "integer", "minimum": 1, "maximum": 250, "description": "The most rows; 20 if left out." },
            "cursor": { "type": "string", "description": "The `next` of the page before." },
        }),
        &[],
    )
}

fn why_parameters() -> Value {
    object(
        json!({
            "event_id": { "type": "string", "description": "The event: evt_…" },
            "endpoint_id": { "type": "string", "description": "The endpoint: its id (we_…) or uid." },
        }),
        &["event_id", "endpoint_id"],
    )
}

fn replay_parameters() -> Value {
    object(
        json!({
            "delivery_id": { "type": "string", "description": "The delivery: wd_…" },
            "force": { "type": "boolean", "description": "Send it even if it was delivered; false if left out." },
            "confirmation": { "type": "string", "description": "What the first call named, after a person agreed." },
        }),
        &["delivery_id"],
    )
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    event_id: EventId,
    endpoint_id: EndpointIdOrUid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    delivery_id: DeliveryId,
    #[serde(default)]
    force: bool,
    confirmation: Option<String>,
}

impl Tool {
    /// The tool as `tools/list` has it.
    pub(super) fn shown(&self) -> Value {
        json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": (self.parameters)(),
            "annotations": {
                "readOnlyHint": self.is_read_only,
                "destructiveHint": false,
                "idempotentHint": self.is_read_only,
                "openWorldHint": false,
            },
        })
    }

    /// Calls it.
    pub(super) async fn call(
        &self,
        actions: &Actions,
        caller: &ApiKey,
        arguments: Map<String, Value>,
    ) -> Result<Outcome, UseCaseError> {
        let management = management(actions);
        match self.kind {
            Kind::Why => why(&management, caller, read(arguments)?).await,
            Kind::List => list(&management, caller, arguments).await,
            Kind::Replay => replay(&management, caller, read(arguments)?).await,
        }
    }
}

/// What the use cases about deliveries need. None of these saves an endpoint, so none looks at its targets and defaults.
fn management(actions: &Actions) -> Management {
    Management {
        context: actions.context.clone(),
        targets: AllowedTargets::public_only(),
        endpoint_defaults: EndpointDefaults::default(),
        public_url: actions.public_url.clone(),
    }
}

fn read<T: DeserializeOwned>(arguments: Map<String, Value>) -> Result<T, Problem> {
    parse_json(Value::Object(arguments).to_string().as_bytes())
}

async fn why(management: &Management, caller: &ApiKey, asked: Why) -> Result<Outcome, UseCaseError> {
    let Why { event_id, endpoint_id } = asked;
    let explained = explain_event(management, caller, None, event_id, endpoint_id).await?;
    Ok(data(&shown::explanation(explained)))
}

async fn list(
    management: &Management,
    caller: &ApiKey,
    mut arguments: Map<String, Value>,
) -> Result<Outcome, UseCaseError> {
    if arguments.contains_key("workspace_id") {
        return Err(Problem::invalid("/workspace_id", "is that of the API key").into());
    }
    let limit = match arguments.remove("limit").filter(|limit| !limit.is_null()) {
        None => DEFAULT_ROWS,
        Some(limit) => {
            let limit = limit.as_u64().and_then(|limit| usize::try_from(limit).ok());
            let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit));
            limit.ok_or(Problem::invalid("/limit", "must be 1 to 250"))?
        }
    };
    let anchor = match arguments.remove("cursor").filter(|cursor| !cursor.is_null()) {
        None => Anchor::First,
        Some(cursor) => {
            let cursor: Option<Cursor> = serde_json::from_value(cursor).ok();
            let position = cursor.and_then(|cursor| cursor.position());
            Anchor::After(position.ok_or(Problem::invalid("/cursor", "is not a `next` of this tool"))?)
        }
    };
    let rows = Rows { anchor, limit };
    let filter: WorkspaceDeliveryFilter = read(arguments)?;
    let read = list_workspace_deliveries(management, caller, shown::listing(filter, rows)).await?;
    Ok(data(&shown::delivery_page(read)))
}

async fn replay(management: &Management, caller: &ApiKey, asked: Replay) -> Result<Outcome, UseCaseError> {
    let Replay { delivery_id, force, confirmation } = asked;
    let (delivery, _) = find_delivery(management, caller, None, delivery_id).await?;
    let now = management.context.clock.now();
    let state = serde_json::to_string(&api::deliveries::Delivery::from(delivery.clone())).unwrap_or_default();
    let asked = Confirmed { caller, delivery: delivery_id, state, force };
    let Some(confirmation) = confirmation else {
        let confirmation = asked.token(now.as_seconds() + CONFIRMED_FOR);
        let delivery = api::deliveries::Delivery::from(delivery);
        let shown = json!({
            "status": "needs_confirmation", "confirmation": confirmation, "delivery": delivery, "force": force,
        });
        let words = "Nothing was sent. Show the person this delivery. If they agree, call the tool again with the same \
                     arguments and this confirmation, within 5 minutes.";
        return Ok(Outcome {
            texts: vec![words.to_owned(), shown.to_string()],
            structured: Some(shown),
            is_error: true,
        });
    };
    if !asked.is_confirmed_by(&confirmation, now) {
        let words = "is not of the same call in the last 5 minutes, or the delivery has changed since; leave it out to get a new \
                     one";
        return Err(Problem::invalid("/confirmation", words).into());
    }
    let sent = replay_delivery(management, caller, delivery.endpoint_id, delivery_id, force).await?;
    Ok(data(&api::deliveries::Delivery::from(sent)))
}

fn data(shape: &impl serde::Serialize) -> Outcome {
    Outcome::data(serde_json::to_value(shape).unwrap_or_default())
}

/// What a confirmation is for. It is a digest and no secret: whoever could make one may as well call the API's own route,
/// which asks for none. It makes a model stop and show what it is about to do.
struct Confirmed<'a> {
    caller: &'a ApiKey,
    delivery: DeliveryId,
    /// The delivery as it was shown: sent again it has changed, so that one confirmation sends it once.
    state: String,
    force: bool,
}

impl Confirmed<'_> {
    fn token(&self, until: i64) -> String {
        let Self { caller, delivery, state, force } = self;
        let text = format!("replay {} {delivery} {force} {until} {state}", caller.id);
        format!("cfm_{until}_{}", hex(&Sha256::digest(text)[..16]))
    }

    fn is_confirmed_by(&self, token: &str, now: Timestamp) -> bool {
        let until = token.strip_prefix("cfm_").and_then(|rest| rest.split('_').next()?.parse().ok());
        until.is_some_and(|until: i64| {
            let holds = (now.as_seconds()..=now.as_seconds() + CONFIRMED_FOR).contains(&until);
            holds && self.token(until) == token
        })
    }
}

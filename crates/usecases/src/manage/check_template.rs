//! Does an endpoint's template make something of the events that will come?
//! It is tried before it is saved: with an event that has no payload, with the examples of its event types, and with the last
//! event of them. The reads are bounded: one page of a list and one event.

use std::time::Duration;

use domain::delivery::render::{Message, body};
use domain::delivery::templated::escape_in;
use domain::endpoint::EndpointSettings;
use domain::event::Event;
use domain::event::document::Facts;
use domain::event::event_type::{EventType, EventTypePattern};
use domain::event::operational::{TEST_EVENT_TYPE, is_posthorns_own};
use domain::id::{DeliveryId, EndpointId, EventId, WorkspaceId};
use domain::problem::{Invalid, Problem};
use domain::timestamp::Timestamp;
use payload::template::Failure;
use serde_json::value::RawValue;
use store::{Listing, Window};

use crate::context::Context;
use crate::error::{Fault, UseCaseError};

/// How far back the last event is looked for.
const LOOK_BACK: Duration = Duration::from_secs(7 * 86_400);
/// How many of the newest events are looked at: some were erased, or are tests.
const LISTED: usize = 5;
/// The most examples that a template is tried with.
const MAX_EXAMPLES: usize = 20;

/// What templates of the same event types are tried with.
#[derive(Debug)]
pub(crate) struct Samples {
    /// When it was read.
    at: Timestamp,
    /// The type of an event of any type.
    test: EventType,
    /// The payload of an event without one.
    empty: Box<RawValue>,
    /// The examples of the types.
    examples: Vec<(EventType, Box<RawValue>)>,
    /// The last event of the types.
    last: Option<Event>,
}

/// Refuses settings whose template fails. Settings without a template need no look.
///
/// # Errors
/// [`Problem::Invalid`] with a pointer to each string of the template that fails.
pub(crate) async fn check_template(
    context: &Context,
    workspace: WorkspaceId,
    settings: &EndpointSettings,
) -> Result<(), UseCaseError> {
    if settings.template.is_none() {
        return Ok(());
    }
    Ok(Samples::of(context, workspace, &settings.events).await?.check(settings)?)
}

impl Samples {
    /// What templates of these event types are tried with.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub(crate) async fn of(
        context: &Context,
        workspace: WorkspaceId,
        types: &[EventTypePattern],
    ) -> Result<Self, Fault> {
        let at = context.clock.now();
        Ok(Self {
            at,
            test: EventType::parse(TEST_EVENT_TYPE).map_err(|error| Fault::Broken(error.to_string()))?,
            empty: raw("{}".to_owned())?,
            examples: examples_for(context, types).await?,
            last: last_event(context, workspace, types, at).await?,
        })
    }

    /// Refuses settings for these event types whose template fails.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer to each string of the template that fails.
    pub(crate) fn check(&self, settings: &EndpointSettings) -> Result<(), Problem> {
        let Some(template) = &settings.template else { return Ok(()) };
        let mut invalid = Invalid::new();

        // 1. An event without payload: every member is missing, and nothing may fail.
        let first = settings.events.iter().find_map(as_type);
        let event_type = first.as_ref().unwrap_or(&self.test);
        if let Err(Failure { pointer, detail }) = tried(settings, event_type, &self.empty, self.at) {
            invalid.push(
                format!("/template{pointer}"),
                format!("fails for an event with the payload {{}}: {detail}; `default` gives what stands for a missing member"),
            );
        }

        // 2. The examples of its types: nothing may be missing.
        for (event_type, example) in &self.examples {
            let facts = Facts::new(EventId::new(self.at, 0), event_type, self.at, example);
            for mistake in template.mistakes_with(facts.document(), escape_in(settings.body)) {
                let detail = format!("{} (in the example of {event_type})", mistake.detail);
                invalid.push(format!("/template{}", mistake.pointer), detail);
            }
        }

        // 3. The last event of its types. Its payload may be read by fewer than may change endpoints, so only the place is
        // said.
        if let Some(event) = &self.last
            && let Err(Failure { pointer, .. }) =
                tried(settings, &event.event_type, &event.payload, event.occurred_at)
        {
            let detail =
                format!("fails for the last event of these types, {}: preview it to see why", event.id);
            invalid.push(format!("/template{pointer}"), detail);
        }
        invalid.into_result()
    }
}

/// The examples of those event types that the catalogue describes with one.
async fn examples_for(
    context: &Context,
    types: &[EventTypePattern],
) -> Result<Vec<(EventType, Box<RawValue>)>, Fault> {
    let names = context.store.recent_event_type_names().await?;
    let mut examples = Vec::new();
    // An endpoint of every type is not tried with the whole catalogue: its template cannot suit all of it.
    for name in
        names.iter().filter(|name| types.iter().any(|pattern| pattern.matches(name))).take(MAX_EXAMPLES)
    {
        let description = context.store.recent_event_type(name).await?;
        if let Some(example) =
            description.as_ref().and_then(|description| description.settings.example.as_ref())
        {
            examples.push((name.clone(), raw(example.to_string())?));
        }
    }
    Ok(examples)
}

/// The one type that a pattern stands for; `None` for a family.
fn as_type(pattern: &EventTypePattern) -> Option<EventType> {
    EventType::parse(pattern.as_str()).ok()
}

fn raw(json: String) -> Result<Box<RawValue>, Fault> {
    RawValue::from_string(json).map_err(|error| Fault::Broken(error.to_string()))
}

/// Renders the body of such an event, and lets it go.
fn tried(
    settings: &EndpointSettings,
    event_type: &EventType,
    payload: &RawValue,
    occurred_at: Timestamp,
) -> Result<(), Failure> {
    let (event_id, endpoint) = (EventId::new(occurred_at, 0), EndpointId::new(occurred_at, 0));
    let delivery_id = DeliveryId::of(event_id, endpoint);
    let message = Message { event_id, event_type, occurred_at, channels: &[], payload, delivery_id };
    body(&message, settings.body, settings.template.as_ref()).map(drop)
}

/// The newest event of one of the types, if there is one in the last days and not too many others are newer.
async fn last_event(
    context: &Context,
    workspace: WorkspaceId,
    types: &[EventTypePattern],
    now: Timestamp,
) -> Result<Option<Event>, Fault> {
    let window = Window { since: now.minus(LOOK_BACK), until: now.plus(Duration::from_secs(1)) };
    let listing = Listing::newest_first(window, types, LISTED);
    let page = context.store.list_events(workspace, &listing, now).await?;
    // Posthorn's own events come only to those that list their types.
    let may_come = |event: &Event| !types.is_empty() || !is_posthorns_own(&event.event_type);
    let mut events = page.rows.into_iter();
    let listed = events.find(|event| event.erased_at.is_none() && !event.is_test && may_come(event));
    let Some(listed) = listed else { return Ok(None) };
    let event = context.store.load_event(workspace, listed.id, now).await?;
    Ok(event.filter(|event| event.erased_at.is_none()))
}

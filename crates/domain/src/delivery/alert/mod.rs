//! What does a notification say?
//! An alert: an operational event in sentences for people, and the commands that help; each chat service has a form of its
//! own for them.
//!
//! It holds no payload. Description and host of the endpoint concerned are the only words that are not ours.

pub mod discord;
pub mod email;
pub mod slack;
pub mod teams;

use serde::Deserialize;

use crate::delivery::render::Message;
use crate::endpoint::DisabledReason;
use crate::event::event_type::EventType;
use crate::event::operational::{self, OperationalEvent};
use crate::id::{DeliveryId, EndpointId, EventId};
use crate::timestamp::Timestamp;

/// The most characters of a description or a host: an alert is a short text.
const MAX_NAME_CHARS: usize = 100;

/// A message to people. Its texts are plain: each service's form escapes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What happened, in a few words.
    pub headline: String,
    /// What happened, what Posthorn does next, and which ids and time it is about: one paragraph each.
    pub paragraphs: Vec<String>,
    /// What a person can do.
    pub steps: Vec<Step>,
}

/// Something that a person can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What the command does.
    pub label: &'static str,
    /// The command, with `$API` and `$KEY` for the address of the API and a key. It holds only words of ours and ids.
    pub command: String,
}

/// What an alert reads of an operational event. An event of an earlier version may lack some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data {
    endpoint_id: Option<EndpointId>,
    endpoint_description: String,
    endpoint_host: String,
    failures: Option<u32>,
    failing_since: Option<Timestamp>,
    percent: Option<u8>,
    reason: Option<DisabledReason>,
    delivery_id: Option<DeliveryId>,
    event_id: Option<EventId>,
    event_type: Option<EventType>,
}

impl Alert {
    /// The alert that `message` is for people.
    pub fn of(message: &Message<'_>) -> Self {
        let text = message.event_type.as_str();
        match OperationalEvent::ALL.into_iter().find(|event| event.name() == text) {
            Some(event) => {
                // A payload of another shape, as of an older version, leaves out details but not the alert.
                let data: Data = serde_json::from_str(message.payload.get()).unwrap_or_default();
                data.alert(event, message.occurred_at)
            }
            None => other(message),
        }
    }
}

/// A test event, or an event that was sent to a notification by hand.
fn other(message: &Message<'_>) -> Alert {
    let (headline, sentence) = if operational::is_test(message.event_type) {
        (
            "This is a test",
            "Someone asked Posthorn to send it. Alerts about failing endpoints will arrive here.".to_owned(),
        )
    } else {
        ("An event", format!("An event of the type {} was sent here by hand.", message.event_type))
    };
    let about = format!("{} · {}", message.event_id, in_utc(message.occurred_at));
    Alert { headline: headline.to_owned(), paragraphs: vec![sentence, about], steps: Vec::new() }
}

impl Data {
    fn alert(&self, event: OperationalEvent, at: Timestamp) -> Alert {
        let name = self.name();
        let headline = match event {
            OperationalEvent::EndpointFailing => format!("{name} is failing"),
            OperationalEvent::EndpointDisabled => format!("{name} was switched off"),
            OperationalEvent::EndpointRecovered => format!("{name} works again"),
            OperationalEvent::DeliveryExhausted => format!("A delivery to {name} failed"),
        };
        let mut paragraphs = self.happened(event);
        paragraphs.push(self.about(at));
        Alert { headline, paragraphs, steps: self.steps(event) }
    }

    /// The endpoint as people know it: its description and host, or else its id.
    fn name(&self) -> String {
        let (description, host) = (shortened(&self.endpoint_description), shortened(&self.endpoint_host));
        match (description.is_empty(), host.is_empty(), self.endpoint_id) {
            (false, false, _) => format!("{description} ({host})"),
            (false, true, _) => description,
            (true, false, _) => host,
            (true, true, Some(id)) => id.to_string(),
            (true, true, None) => "An endpoint".to_owned(),
        }
    }

    /// What happened, and what Posthorn does next.
    fn happened(&self, event: OperationalEvent) -> Vec<String> {
        let sentences = match (event, self.reason) {
            (OperationalEvent::EndpointFailing, _) => [
                format!("{}.{}", self.failed("have"), self.way_to_the_end()),
                "Posthorn keeps its deliveries and goes on trying. If it goes on failing, Posthorn switches it off; its \
                 events are then kept until it is switched on again, or expire."
                    .to_owned(),
            ],
            (OperationalEvent::EndpointDisabled, Some(DisabledReason::Gone)) => [
                "It answered 410 Gone, which means that it wants no more deliveries.".to_owned(),
                "Posthorn sends it nothing while it is off, and does not keep new events for it.".to_owned(),
            ],
            (OperationalEvent::EndpointDisabled, _) => [
                format!("{}, so Posthorn switched it off.", self.failed("have")),
                "Its events are kept until it is switched on again, or expire. It does not come back by itself.".to_owned(),
            ],
            (OperationalEvent::EndpointRecovered, _) => [
                format!("It accepted a delivery. {}.", self.failed("had")),
                "Posthorn now sends what it has kept, oldest first. There is nothing to do.".to_owned(),
            ],
            (OperationalEvent::DeliveryExhausted, _) => [
                format!("{} was given up, and will not be tried again.", self.delivery()),
                "If more deliveries to this endpoint fail within the next hour, there is no further message like this one."
                    .to_owned(),
            ],
        };
        sentences.into()
    }

    /// How many attempts failed, and since when; `have` is the verb of several.
    fn failed(&self, have: &str) -> String {
        let attempts = match self.failures {
            Some(1) => format!("1 attempt {} failed", if have == "have" { "has" } else { have }),
            Some(failures) => format!("{failures} attempts in a row {have} failed"),
            None => format!("Its attempts {have} failed"),
        };
        match self.failing_since {
            Some(since) => format!("{attempts} since {}", in_utc(since)),
            None => attempts,
        }
    }

    fn way_to_the_end(&self) -> String {
        self.percent.map_or_else(String::new, |percent| {
            format!(" That is {percent} % of the way to being switched off.")
        })
    }

    fn delivery(&self) -> String {
        match (self.event_id, &self.event_type) {
            (Some(id), Some(event_type)) => format!("Event {id} of the type {event_type}"),
            (Some(id), None) => format!("Event {id}"),
            (None, _) => "A delivery".to_owned(),
        }
    }

    /// The ids and the time, for those who look it up.
    fn about(&self, at: Timestamp) -> String {
        let ids = [self.endpoint_id.map(|id| id.to_string()), self.delivery_id.map(|id| id.to_string())];
        let parts = ids.into_iter().flatten().chain([in_utc(at)]);
        parts.collect::<Vec<_>>().join(" · ")
    }

    fn steps(&self, event: OperationalEvent) -> Vec<Step> {
        let Some(endpoint) = self.endpoint_id else { return Vec::new() };
        let curl = |options: &str, path: &str| {
            format!("curl{options} \"$API/v1/webhook-endpoints/{endpoint}{path}\" -H \"X-API-Key: $KEY\"")
        };
        match (event, self.delivery_id) {
            (OperationalEvent::EndpointFailing, _) => {
                vec![Step { label: "See its last deliveries:", command: curl("", "/deliveries") }]
            }
            (OperationalEvent::EndpointDisabled, _) => vec![Step {
                label: "When its receiver works again, switch it on:",
                command: format!("{} -d '{{\"active\":true}}'", curl(" -X PATCH", "")),
            }],
            (OperationalEvent::DeliveryExhausted, Some(delivery)) => vec![
                Step { label: "See its attempts:", command: curl("", &format!("/deliveries/{delivery}")) },
                Step {
                    label: "Send it again:",
                    command: curl(" -X POST", &format!("/deliveries/{delivery}/replay")),
                },
            ],
            (OperationalEvent::EndpointRecovered | OperationalEvent::DeliveryExhausted, _) => Vec::new(),
        }
    }
}

/// One line of at most [`MAX_NAME_CHARS`] characters.
fn shortened(text: &str) -> String {
    let line: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let line = line.join(" ");
    match line.char_indices().nth(MAX_NAME_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// To the minute: `2026-11-21 12:33 UTC`.
fn in_utc(at: Timestamp) -> String {
    let text = at.to_string();
    let minute = text.get(..16).unwrap_or(&text);
    format!("{} UTC", minute.replace('T', " "))
}

#[cfg(test)]
mod tests;

//! What do the pure steps of a delivery cost, in time and allocations?
//! Micro-benchmarks; run them with `cargo bench -p bench`.

use std::sync::Arc;
use std::time::Duration;

use divan::{AllocProfiler, Bencher, black_box};
use domain::delivery::render::{Message, Occasion, render};
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::purpose::{Purpose, RuleStep, StepKind};
use domain::endpoint::subscription::{self, Subscription, Switch};
use domain::endpoint::{Endpoint, EndpointSettings};
use domain::event::document::Facts;
use domain::event::event_type::{EventType, EventTypePattern, wants};
use domain::event::ledger::Ledger;
use domain::event::{Event, Payload, PayloadText};
use domain::id::{DeliveryId, EndpointId, EventId, RuleId, WorkspaceId};
use domain::policy::retry::RetryPolicy;
use domain::signing::profile::Profile;
use domain::signing::secret::{ActiveSecret, Secret};
use domain::signing::signature::{self, Signed};
use domain::timestamp::Timestamp;
use payload::{Filter, Template};
use queue::Job;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use store::keys;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const NOW: i64 = 1_767_605_400_000;
const NONCE: [u8; 16] = [7; 16];
const PROFILES: [Profile; 4] =
    [Profile::Standard, Profile::StandardAsymmetric, Profile::Body, Profile::Covered];

fn main() {
    divan::main();
}

/// The signature headers of a body of 1 KB.
#[divan::bench(args = PROFILES)]
fn sign(bencher: Bencher<'_, '_>, profile: Profile) {
    let (endpoint, body) = (endpoint(profile), vec![b'a'; 1_024]);
    let (id, at) = (event().to_string(), now());
    bencher.bench(|| {
        let signed = Signed {
            id: &id,
            at,
            nonce: NONCE,
            path: "/hooks",
            prefix: "X-Webhook",
            body: &body,
            invoked: None,
        };
        signature::headers(profile, endpoint.signing_secrets(at), black_box(&signed))
    });
}

/// A whole request: envelope of 1 KB, headers, standard signature.
#[divan::bench]
fn render_envelope(bencher: Bencher<'_, '_>) {
    let (endpoint, job) = (endpoint(Profile::Standard), job());
    let payload = payload();
    bencher.bench(|| {
        let message = Message {
            event_id: job.event,
            event_type: &job.event_type,
            occurred_at: job.occurred_at,
            channels: &job.channels,
            payload: &payload,
            delivery_id: job.delivery,
        };
        render(black_box(&message), &endpoint, Occasion { number: 1, at: now(), nonce: NONCE, trace: None })
    });
}

/// An endpoint with the largest number of event types, of which only the last matches.
#[divan::bench]
fn match_event_type(bencher: Bencher<'_, '_>) {
    let (patterns, event_type) = (patterns(100), event_type("family99.paid"));
    bencher.bench(|| wants(black_box(&patterns), black_box(&event_type)));
}

/// The fan-out of an event to 1,000 endpoints.
#[divan::bench]
fn fan_out(bencher: Bencher<'_, '_>) {
    let subscriptions: Vec<_> = (0..1_000)
        .map(|number| Subscription {
            id: EndpointId::new(now(), number),
            switch: Switch::On,
            // Half of them subscribe to the event's type.
            events: patterns(if number % 2 == 0 { 10 } else { 5 }),
            channels: Vec::new(),
            public_keys: Vec::new(),
            is_notification: false,
            purpose: Purpose::Subscriber,
            filter: None,
        })
        .collect();
    let (event_type, payload) = (event_type("family9.paid"), payload());
    bencher.bench(|| {
        let facts = Facts::new(event(), black_box(&event_type), now(), &payload);
        subscription::fan_out(&facts, &subscriptions)
    });
}

/// The same with a filter of ten conditions at every endpoint, and an event of 4 KB: the last condition decides. The payload
/// is parsed once.
#[divan::bench]
fn fan_out_filtered(bencher: Bencher<'_, '_>) {
    let conditions = |last: u64| {
        let members = (0..9).map(|n| (format!("data.member{n}"), json!({ "$gte": n })));
        members.chain([("data.number".to_owned(), json!({ "$gt": last }))]).collect::<serde_json::Value>()
    };
    let subscriptions: Vec<_> = (0..1_000)
        // Half of them want the event.
        .map(|number| filtered(number, conditions(if number % 2 == 0 { 1 } else { 100 })))
        .collect();
    let data: serde_json::Value = (0..9)
        .map(|n| (format!("member{n}"), json!(n)))
        .chain([("number".to_owned(), json!(50)), ("text".to_owned(), json!(vec!["a".repeat(95); 38]))])
        .collect();
    let (event_type, payload) = (event_type("family9.paid"), raw(&data));
    let facts = || Facts::new(event(), &event_type, now(), &payload);
    assert_eq!(subscription::fan_out(&facts(), &subscriptions).deliveries.len(), 500);
    bencher.bench(|| subscription::fan_out(black_box(&facts()), &subscriptions));
}

/// The same with ten conditions on a text of 4 KB that ignore its case.
#[divan::bench]
fn fan_out_texts(bencher: Bencher<'_, '_>) {
    let absent =
        |number: u128, n: u32| json!({ "data.text": { "$contains": format!("Absent {number} {n}") } });
    let subscriptions: Vec<_> = (0..1_000)
        .map(|number| {
            let conditions: Vec<_> = (0..10).map(|n| absent(number, n)).collect();
            filtered(number, json!({ "$nor": conditions }))
        })
        .collect();
    let text = "I would like a Refund for my last order, please. ".repeat(84);
    let (event_type, payload) = (event_type("family9.paid"), raw(&json!({ "text": text })));
    let facts = || Facts::new(event(), &event_type, now(), &payload);
    assert_eq!(subscription::fan_out(&facts(), &subscriptions).deliveries.len(), 1_000);
    bencher.bench(|| subscription::fan_out(black_box(&facts()), &subscriptions));
}

/// A rule forwards to each of 1,000 endpoints that do not list the type.
#[divan::bench]
fn fan_out_forwarded(bencher: Bencher<'_, '_>) {
    let targets =
        (0..1_000).map(|number| Subscription { events: patterns(1), ..filtered(number, json!({})) });
    let steps = (0..1_000).map(|number| {
        let rule = RuleId::new(now(), number / 10);
        let does = StepKind::Forward(EndpointId::new(now(), number));
        let step = RuleStep { rule, step: format!("a{}", number % 10), does, watching: false };
        Subscription { purpose: Purpose::Rule(step), ..filtered(1_000 + number, json!({})) }
    });
    let subscriptions: Vec<_> = targets.chain(steps).collect();
    let (event_type, payload) = (event_type("family9.paid"), payload());
    let facts = || Facts::new(event(), &event_type, now(), &payload);
    assert_eq!(subscription::fan_out(&facts(), &subscriptions).deliveries.len(), 1_000);
    bencher.bench(|| subscription::fan_out(black_box(&facts()), &subscriptions));
}

/// An endpoint of every type with this filter.
fn filtered(number: u128, filter: serde_json::Value) -> Subscription {
    Subscription {
        id: EndpointId::new(now(), number),
        switch: Switch::On,
        events: Vec::new(),
        channels: Vec::new(),
        public_keys: Vec::new(),
        is_notification: false,
        purpose: Purpose::Subscriber,
        filter: Some(Filter::of(filter)),
    }
}

/// A whole request with a template of ten expressions, for an event of 1 KB.
#[divan::bench]
fn render_template(bencher: Bencher<'_, '_>) {
    let mut endpoint = endpoint(Profile::Standard);
    let members =
        (0..9).map(|n| (format!("member{n}"), json!(format!("{{{{ data.id }}}} of {{{{ type }}}} {n}"))));
    let template: serde_json::Value = members.chain([("id".to_owned(), json!("{{ id }}"))]).collect();
    endpoint.settings.template = Some(Template::of(template));
    let (job, payload) = (job(), payload());
    bencher.bench(|| {
        let message = Message {
            event_id: job.event,
            event_type: &job.event_type,
            occurred_at: job.occurred_at,
            channels: &job.channels,
            payload: &payload,
            delivery_id: job.delivery,
        };
        let occasion = Occasion { number: 1, at: now(), nonce: NONCE, trace: None };
        render(black_box(&message), &endpoint, occasion)
    });
}

#[divan::bench]
fn retry_delay(bencher: Bencher<'_, '_>) {
    let policy = RetryPolicy::default();
    let retry_after = Some(Duration::from_secs(60));
    bencher.bench(|| black_box(&policy).delay_after(black_box(3), black_box(0.5), black_box(retry_after)));
}

#[divan::bench]
fn delivery_id() -> DeliveryId {
    DeliveryId::of(black_box(event()), black_box(endpoint_id()))
}

#[divan::bench]
fn key_of_delivery(bencher: Bencher<'_, '_>) {
    let delivery = DeliveryId::of(event(), endpoint_id());
    bencher.bench(|| keys::delivery(black_box(endpoint_id()), black_box(delivery)));
}

#[divan::bench]
fn key_of_event() -> keys::Key {
    keys::event(black_box(workspace()), black_box(event()))
}

#[divan::bench]
fn write_job(bencher: Bencher<'_, '_>) {
    let job = job();
    bencher.bench(|| black_box(&job).to_body());
}

#[divan::bench]
fn parse_job(bencher: Bencher<'_, '_>) {
    let body = job_body();
    bencher.bench(|| Job::parse(black_box(&body)));
}

fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

fn workspace() -> WorkspaceId {
    WorkspaceId::new(now(), 1)
}

fn endpoint_id() -> EndpointId {
    EndpointId::new(now(), 2)
}

fn event() -> EventId {
    EventId::new(now(), 3)
}

#[expect(clippy::expect_used, reason = "the names stand in this file")]
fn event_type(name: &str) -> EventType {
    EventType::parse(name).expect("a name of parts and dots")
}

#[expect(clippy::expect_used, reason = "the patterns stand in this file")]
fn patterns(count: usize) -> Vec<EventTypePattern> {
    let families = (0..count).map(|number| format!("family{number}.*"));
    families.map(|family| EventTypePattern::parse(&family).expect("a family")).collect()
}

/// A kilobyte, most of it text.
fn payload() -> Payload {
    let words = "the quick brown fox jumps over the lazy dog ".repeat(22);
    let data = json!({ "n": 42, "customer": "cus_0042", "amount": 1_999, "note": words });
    Arc::new(PayloadText::from(raw(&data)))
}

#[expect(clippy::expect_used, reason = "a value is JSON")]
fn raw(value: &serde_json::Value) -> Box<RawValue> {
    to_raw_value(value).expect("a value is JSON")
}

#[expect(clippy::expect_used, reason = "the settings stand in this file")]
fn endpoint(profile: Profile) -> Endpoint {
    let settings = json!({ "url": "https://example.com/hooks", "signature": { "profile": profile } });
    let settings: EndpointSettings = serde_json::from_value(settings).expect("settings");
    let secret = Secret::for_profile(profile, &[3; 32]);
    Endpoint {
        id: endpoint_id(),
        workspace_id: workspace(),
        purpose: Purpose::Subscriber,
        url: settings.check(&AllowedTargets::public_only()).expect("a public address"),
        settings,
        secrets: vec![ActiveSecret { secret, expires_at: None }],
        disabled: None,
        revision: 1,
        created_at: now(),
        updated_at: now(),
    }
}

fn job() -> Job {
    let event = Event {
        id: event(),
        uid: None,
        workspace_id: workspace(),
        event_type: event_type("invoice.paid"),
        occurred_at: now(),
        payload: payload(),
        erased_at: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        is_test: false,
        caused_by: None,
        ledger: Ledger::default(),
    };
    Job::first(&event, endpoint_id())
}

fn job_body() -> String {
    job().to_body()
}

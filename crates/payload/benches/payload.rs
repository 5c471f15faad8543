//! What do filters and templates cost?
//! Micro-benchmarks over an event of 4 KB; run them with `cargo bench -p payload`.

use divan::{AllocProfiler, Bencher, black_box};
use payload::template::Escape;
use payload::{Document, Filter, Template};
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// The ten conditions of an endpoint of 1,000, none of which ends the evaluation early.
#[divan::bench]
fn filter_ten_conditions(bencher: Bencher<'_, '_>) {
    let (filter, document) = (Filter::of(ten_conditions()), document());
    assert!(filter.matches(&document));
    bencher.bench_local(|| black_box(&filter).matches(black_box(&document)));
}

/// What each of ten conditions says.
#[divan::bench]
fn explain_ten_conditions(bencher: Bencher<'_, '_>) {
    let (filter, document) = (Filter::of(ten_conditions()), document());
    bencher.bench_local(|| black_box(&filter).explain(black_box(&document)));
}

/// Reading a filter, as it is done once for a cached subscription.
#[divan::bench]
fn read_ten_conditions(bencher: Bencher<'_, '_>) {
    let source = ten_conditions();
    bencher.bench(|| Filter::of(black_box(&source).clone()));
}

/// Reading the event, as it is done once an event if some endpoint has a filter.
#[divan::bench]
fn parse_event(bencher: Bencher<'_, '_>) {
    let text = event().to_string();
    bencher.bench(|| serde_json::from_str::<Value>(black_box(&text)));
}

/// Twenty expressions.
#[divan::bench]
fn template_twenty_expressions(bencher: Bencher<'_, '_>) {
    let (template, document) = (Template::of(twenty_expressions()), document());
    let made = template.render(&document, Escape::Slack);
    assert!(made.is_ok_and(|made| made.undefined.is_empty()));
    bencher.bench_local(|| black_box(&template).render(black_box(&document), Escape::Slack));
}

/// Reading a template, as it is done once for a cached endpoint.
#[divan::bench]
fn read_twenty_expressions(bencher: Bencher<'_, '_>) {
    let source = twenty_expressions();
    bencher.bench(|| Template::of(black_box(&source).clone()));
}

fn document() -> Document {
    Document::new([("type", json!("ticket.created")), ("channels", json!(["eu", "vip"])), ("data", event())])
}

/// An event of 4 KB.
fn event() -> Value {
    let items: Vec<Value> = (0..20)
        .map(|place| json!({ "sku": format!("SKU-{place:04}"), "quantity": place, "price": 12.5, "name": "A chair of wood and steel" }))
        .collect();
    let event = json!({
        "id": 4711, "subject": "I would like a Refund for my last order, please", "priority": "urgent", "score": 7.5,
        "customer": { "name": "Ada Lovelace", "tier": "gold", "email": "ada@example.com", "since": "2024-05-01T00:00:00Z" },
        "items": items, "tags": ["billing", "refund", "vip"], "text": "Lorem ipsum dolor sit amet. ".repeat(80),
    });
    assert!((4_000..4_700).contains(&event.to_string().len()), "{}", event.to_string().len());
    event
}

fn ten_conditions() -> Value {
    json!({ "$and": [
        { "data.customer.tier": { "$in": ["gold", "platinum"] } },
        { "$or": [{ "data.priority": "low" }, { "data.subject": { "$contains": ["chargeback", "refund"] } }] },
        { "data.score": { "$gte": 5, "$lt": 10 } },
        { "data.items": { "$elemMatch": { "sku": "SKU-0019" } } },
        { "data.text": { "$contains": "AMET" } },
        { "data.customer.email": { "$endsWith": "@EXAMPLE.com" } },
        { "channels": "vip" },
    ] })
}

fn twenty_expressions() -> Value {
    let one = json!({
        "title": "Ticket {{ data.id }}: {{ data.subject | trim }}",
        "from": "{{ data.customer.name | default('a customer') | slack_escape }}",
        "since": "{{ data.customer.since | date('%d %b %Y') }}",
        "skus": "{{ data.items | map(attribute='sku') | join(', ') }}",
    });
    json!([one, one, one, one])
}

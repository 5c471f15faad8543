//! What is the API's OpenAPI document?
//! OpenAPI 3.1, made of the functions' operations (`#[utoipa::path]` on each handler) and of the schemas of crate `api`.
//!
//! It is committed as `docs/openapi.json`; no function depends on this crate. The steps after utoipa:
//!
//! - [`operations`]: path parameters, security with scopes, headers, and every problem that an operation can answer
//! - [`schemas`]: flattened objects become one object, `PATCH` bodies become merge patches, defaults come from the code
//! - [`examples`]: an example for every request and answer, put together from the examples of the members

mod examples;
mod operations;
mod schemas;

use http_kit::operations::Operation;
use serde_json::{Map, Value, json};

use crate::operations::Described;

/// The whole document.
///
/// # Errors
/// When a schema cannot be written as JSON.
pub fn document() -> serde_json::Result<Value> {
    let operations = every_operation();
    let mut schemas = schemas::collect(&operations)?;
    let mut described = Described::default();
    for operation in &operations {
        described.add(operation)?;
    }
    let Described { mut paths, responses } = described;
    schemas::tidy(&mut schemas, &mut paths)?;
    examples::add(&schemas, &mut paths);
    Ok(json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": servers(),
        "tags": TAGS.map(|(name, description)| json!({ "name": name, "description": description })),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses,
            "headers": operations::headers(),
            "securitySchemes": security_schemes(),
        },
    }))
}

/// Every operation of the API, function by function.
pub fn every_operation() -> Vec<Operation> {
    [
        management::operations(),
        definitions::operations(),
        ingest::operations(),
        actions::operations(),
        inbound::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The nouns of the API, in the order of `docs/api.md`.
const TAGS: [(&str, &str); 15] = [
    ("Events", "Something that happened: type, time and payload. An event never changes."),
    ("Endpoints", "A customer's URL, with its subscription, its delivery settings and its signing secret."),
    ("Deliveries", "One event on its way to one endpoint, with its attempts."),
    ("Replays", "Sending again by hand: a delivery, an event, or a window of time."),
    ("Rules", "When an event of these types comes, if it meets these conditions, then these steps are done."),
    ("Sources", "An address that one provider posts webhooks to, and what it received."),
    ("Event types", "The catalogue: what each type of event means, with its schema and an example."),
    ("Actions", "A signed call into your own system, which people, rules and agents may invoke."),
    ("Statistics", "An endpoint or a workspace in numbers."),
    ("Workspaces", "A tenant: endpoints, events and API keys belong to exactly one."),
    ("API keys", "What a caller authenticates with: scopes, for one workspace or for all."),
    ("Sessions", "A person's login to the console."),
    ("Portal links", "An expiring, narrow way into one workspace, for customers."),
    ("Audit", "Who changed what, when, and from what to what."),
    ("Service", "The API itself."),
];

fn info() -> Value {
    json!({
        "title": "Posthorn",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Posthorn sends your product's webhooks: it signs every event, posts it to every subscribed \
                        endpoint, retries with backoff, and shows every attempt. Refusals are problem details (RFC \
                        9457); act on their `code`. Every answer has an `X-Request-Id`.",
        "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
    })
}

fn servers() -> Value {
    json!([
        { "url": "http://127.0.0.1:8787", "description": "Local mode" },
        {
            "url": "https://{api}",
            "description": "A deployment",
            "variables": {
                "api": {
                    "default": "posthorn.example.com",
                    "description": "The host of the deployed API: the output `ApiUrl` of the stack",
                },
            },
        },
    ])
}

fn security_schemes() -> Map<String, Value> {
    let mut schemes = Map::new();
    let header = json!({
        "type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key, `phk_…`.",
    });
    let bearer =
        json!({ "type": "http", "scheme": "bearer", "description": "The same API key as a bearer token." });
    schemes.insert(operations::API_KEY.to_owned(), header);
    schemes.insert(operations::BEARER.to_owned(), bearer);
    schemes
}

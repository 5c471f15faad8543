//! Is the API's OpenAPI document true?
//! The committed document is the one that the code makes, says of every operation what its callers need, and lists exactly
//! the methods that the API serves. `UPDATE_OPENAPI=1 cargo test -p stories --test stories openapi` writes it again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use api::client::ApiClient;
use domain::access::{login, portal};
use domain::problem::PROBLEMS;
use serde_json::Value;
use stories::Stage;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
/// Set to accept today's document.
const UPDATE: &str = "UPDATE_OPENAPI";
/// Operations that need no API key.
const PUBLIC: [&str; 4] = ["check_health", "read_jwks", "read_openapi", "read_portal_look"];

fn document() -> Value {
    openapi::document().unwrap()
}

/// Each operation with its path and method.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    operations.collect()
}

/// What a reference leads to; any other value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let path = value.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    path.map_or(value, |path| document.pointer(path).unwrap())
}

#[expect(clippy::disallowed_methods, reason = "how somebody accepts the document")]
fn is_accepted() -> bool {
    std::env::var_os(UPDATE).is_some()
}

#[test]
fn the_committed_document_is_the_one_that_the_code_makes() {
    let mut made = serde_json::to_string_pretty(&document()).unwrap();
    made.push('\n');
    if is_accepted() {
        std::fs::write(COMMITTED, &made).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    let differs = made.lines().zip(committed.lines()).find(|(made, committed)| made != committed);
    assert!(
        made == committed,
        "docs/openapi.json is stale: the first difference is {differs:?}. Accept with {UPDATE}=1 cargo test -p stories \
         --test stories openapi, and look at the difference"
    );
}

#[test]
fn every_operation_says_what_its_callers_need() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let codes: BTreeSet<_> = PROBLEMS.iter().map(|kind| kind.code).collect();
    let tags: Vec<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} stands there twice");
        assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{id} has no summary");
        assert!(tags.contains(&operation["tags"][0].as_str().unwrap()), "{id} has an unknown tag");
        let secured = !operation["security"].as_array().unwrap().is_empty();
        assert_eq!(secured, !PUBLIC.contains(&id), "{method} {path}");
        let says_scope = operation["description"].as_str().unwrap_or_default().contains("Scope: ");
        assert_eq!(says_scope, secured, "{id}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{id} has no success");
        assert_eq!(answers.contains_key("401"), secured, "{id}");
        let needs_scope =
            operation["security"][0]["ApiKey"].as_array().is_some_and(|scopes| !scopes.is_empty());
        // Any key opens a session, with the scopes that it has.
        assert_eq!(answers.contains_key("403"), needs_scope || id == "create_session", "{id}");
        for (status, answer) in answers {
            let answer = resolved(&document, answer);
            assert!(answer["headers"]["X-Request-Id"].is_object(), "{id} {status}");
            for (kind, content) in answer["content"].as_object().into_iter().flatten() {
                let shown = content.get("example").or(content.get("examples"));
                assert!(shown.is_some_and(|example| !example.is_null()), "{id} {status} has no example");
                if status.starts_with(['4', '5']) {
                    assert_eq!(kind, "application/problem+json", "{id} {status}");
                    let named =
                        content["schema"]["allOf"][1]["properties"]["code"]["enum"].as_array().unwrap();
                    let mut named = named.iter().map(|code| code.as_str().unwrap());
                    assert!(named.all(|code| status == "500" || codes.contains(code)), "{id} {status}");
                }
            }
        }
        if let Some(body) = operation.get("requestBody") {
            assert!(body["content"]["application/json"]["example"].is_object(), "{id} has no example");
        }
    }
}

/// The document's bounds are literals beside the fields; these are the constants that the code checks.
#[test]
fn the_documents_bounds_are_those_that_the_code_holds() {
    use domain::endpoint::{
        MAX_DELAY_SECONDS, MAX_DESCRIPTION_CHARS, TIMEOUT_SECONDS, endpoint_url::MAX_URL_BYTES,
    };
    use domain::event::{MAX_BATCH_EVENTS, channel::MAX_CHANNELS, event_type::MAX_PATTERNS};
    use domain::policy::{circuit::DisablePolicy, limits::MAX_CONCURRENCY};
    use domain::signing::secret::{DEFAULT_OVERLAP_SECONDS, MAX_OVERLAP_SECONDS};
    let document = document();
    let schemas = &document["components"]["schemas"];
    for (pointer, held) in [
        ("/NewEndpoint/properties/url/maxLength", MAX_URL_BYTES as u64),
        ("/NewEndpoint/properties/events/maxItems", MAX_PATTERNS as u64),
        ("/NewEndpoint/properties/channels/maxItems", MAX_CHANNELS as u64),
        ("/NewEndpoint/properties/description/maxLength", MAX_DESCRIPTION_CHARS as u64),
        ("/NewEndpoint/properties/delay_seconds/maximum", MAX_DELAY_SECONDS),
        ("/NewEndpoint/properties/timeout_seconds/minimum", *TIMEOUT_SECONDS.start()),
        ("/NewEndpoint/properties/timeout_seconds/maximum", *TIMEOUT_SECONDS.end()),
        ("/NewEndpoint/properties/max_concurrency/minimum", u64::from(*MAX_CONCURRENCY.start())),
        ("/NewEndpoint/properties/max_concurrency/maximum", u64::from(*MAX_CONCURRENCY.end())),
        (
            "/DisablePolicy/oneOf/0/properties/consecutive_failures/minimum",
            u64::from(*DisablePolicy::FAILURES.start()),
        ),
        (
            "/DisablePolicy/oneOf/0/properties/consecutive_failures/maximum",
            u64::from(*DisablePolicy::FAILURES.end()),
        ),
        (
            "/DisablePolicy/oneOf/0/properties/window_seconds/minimum",
            u64::from(*DisablePolicy::WINDOW_SECONDS.start()),
        ),
        (
            "/DisablePolicy/oneOf/0/properties/window_seconds/maximum",
            u64::from(*DisablePolicy::WINDOW_SECONDS.end()),
        ),
        ("/NewEvent/properties/channels/maxItems", MAX_CHANNELS as u64),
        ("/Batch_NewEvent/properties/events/maxItems", MAX_BATCH_EVENTS as u64),
        ("/BatchAccepted/properties/deliveries/maxItems", api::events::MAX_LISTED as u64),
        ("/NewSource/properties/secrets/maxItems", domain::source::secret::MAX_SOURCE_SECRETS as u64),
        ("/NewSource/properties/event_type_prefix/maxLength", domain::source::MAX_PREFIX_CHARS as u64),
        ("/NewSource/properties/channels/maxItems", MAX_CHANNELS as u64),
        ("/NewSource/properties/tolerance_seconds/maximum", *domain::source::TOLERANCE_SECONDS.end()),
        ("/SourceOptions/properties/topic_arns/maxItems", domain::source::options::MAX_TOPICS as u64),
        ("/RotateSourceSecret/properties/overlap_seconds/maximum", MAX_OVERLAP_SECONDS),
        ("/RotateSourceSecret/properties/overlap_seconds/default", DEFAULT_OVERLAP_SECONDS),
        ("/RotateSecret/properties/overlap_seconds/maximum", MAX_OVERLAP_SECONDS),
        ("/RotateSecret/properties/overlap_seconds/default", DEFAULT_OVERLAP_SECONDS),
        (
            "/WorkspaceSettings/properties/retention_days/maximum",
            u64::from(domain::access::workspace::MAX_RETENTION_DAYS),
        ),
        ("/PortalLinkSettings/properties/expires_in_seconds/minimum", login::MIN_PORTAL_LINK_SECONDS),
        ("/PortalLinkSettings/properties/expires_in_seconds/maximum", login::MAX_PORTAL_LINK_SECONDS),
        ("/PortalLinkSettings/properties/user/maxLength", login::MAX_USER_CHARS as u64),
        ("/PortalSettings/properties/name/maxLength", portal::MAX_PORTAL_NAME_CHARS as u64),
        ("/PortalSettings/properties/origins/maxItems", portal::MAX_ORIGINS as u64),
        ("/PortalSettings/properties/refresh_url/maxLength", portal::MAX_PORTAL_URL_BYTES as u64),
        ("/WorkspaceSettings/properties/name/maxLength", domain::access::workspace::MAX_NAME_CHARS as u64),
    ] {
        assert_eq!(schemas.pointer(pointer), Some(&held.into()), "{pointer}");
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    for reference in text.split(r##""$ref":"#"##).skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

/// Every method of a path that is documented is served, and no other one: the API says so itself, in `Allow`.
#[tokio::test]
async fn the_api_serves_exactly_the_methods_that_are_documented() {
    let stage = Stage::set().await;
    let document = document();
    let mut documented: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (path, method, _) in operations(&document) {
        let methods = documented.entry(path).or_default();
        methods.insert(method.to_uppercase());
        if method == "get" {
            methods.insert("HEAD".to_owned());
        }
    }
    for (path, methods) in documented {
        let (answer, _) =
            parts(ask(&stage, &format!("TRACE {} HTTP/1.1", path.replace(['{', '}'], ""))).await);
        assert!(answer.starts_with("HTTP/1.1 405"), "{path}: {answer}");
        let allowed = answer.lines().find_map(|line| line.strip_prefix("allow: ")).unwrap();
        assert_eq!(allowed.split(',').map(str::to_owned).collect::<BTreeSet<_>>(), methods, "{path}");
    }
    stage.end().await;
}

/// A key with exactly the documented scopes gets further than `403`; one with all scopes but these does not.
#[tokio::test]
async fn every_operation_needs_the_scopes_that_are_documented() {
    let stage = Stage::set().await;
    let document = document();
    for (path, method, operation) in operations(&document) {
        let needed = operation["security"][0]["ApiKey"].as_array().cloned().unwrap_or_default();
        let needed: Vec<&str> = needed.iter().map(|scope| scope.as_str().unwrap()).collect();
        // A body that may be left out can ask for more than the operation needs without it.
        let body = operation.get("requestBody").filter(|body| body["required"] == true);
        let body = body.map(|body| body["content"]["application/json"]["example"].to_string());
        let path = with_unknown_ids(path) + &required_query(operation, &document);
        let method = method.to_uppercase();
        let status = async |scopes: &[&str]| {
            let client = ApiClient::new(&stage.platform.url(), &key_with(&stage, scopes).await);
            client.call(&method, &path, body.clone().unwrap_or_default(), &[]).await.unwrap().0
        };
        for wanted in &needed {
            let others: Vec<&str> = SCOPES.into_iter().filter(|held| !covers(held, wanted)).collect();
            assert_eq!(status(&others).await, 403, "{method} {path} with {others:?}");
        }
        if !needed.is_empty() {
            assert_ne!(status(&needed).await, 403, "{method} {path} with {needed:?}");
        }
    }
    stage.end().await;
}

/// The query parameters that must be given, with their examples.
fn required_query(operation: &Value, document: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let required = parameters.filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
    let pairs = required.map(|parameter| {
        let schema = &parameter["schema"];
        let named = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
        let examples = &named.unwrap_or(schema)["examples"];
        let example = examples[0].as_str().unwrap_or_else(|| panic!("no example of {parameter}"));
        format!("{}={example}", parameter["name"].as_str().unwrap())
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { query } else { format!("?{query}") }
}

fn with_unknown_ids(path: &str) -> String {
    let prefixes = [
        ("{delivery}", "wd"),
        ("{endpoint}", "we"),
        ("{event}", "evt"),
        ("{invocation}", "inv"),
        ("{key}", "key"),
        ("{link}", "link"),
        ("{replay}", "rep"),
        ("{request}", "rcv"),
        ("{rule}", "rule"),
        ("{source}", "src"),
        ("{workspace}", "ws"),
    ];
    prefixes.iter().fold(
        path.replace("{number}", "0")
            .replace("{version}", "1")
            .replace("{action}", "refund_order")
            .replace("{event_type}", "invoice.paid"),
        |path, (parameter, prefix)| path.replace(parameter, &format!("{prefix}_01M7Z294KETHNPJB3QG0VDG1JA")),
    )
}

const SCOPES: [&str; 18] = [
    "rules",
    "rules:ro",
    "events",
    "events:ro",
    "webhooks",
    "webhooks:ro",
    "deliveries",
    "deliveries:ro",
    "sources",
    "sources:ro",
    "actions",
    "actions:ro",
    "catalogue",
    "catalogue:ro",
    "workspaces",
    "workspaces:ro",
    "admin",
    "admin:ro",
];

fn covers(held: &str, wanted: &str) -> bool {
    held == wanted
        // Who manages actions does not invoke them.
        || (held == "admin" && wanted != "actions")
        || (held == "webhooks" && wanted == "deliveries:ro")
        || wanted.strip_suffix(":ro").is_some_and(|read| held == read || held == "admin:ro")
}

async fn key_with(stage: &Stage, scopes: &[&str]) -> String {
    let key = serde_json::json!({ "name": "story", "scopes": scopes });
    let made = stage.admin.post("/v1/api-keys", &key).await.unwrap();
    made["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_api_serves_the_document_without_a_key_gzipped_for_those_who_accept_it() {
    let stage = Stage::set().await;
    let request = "GET /v1/openapi.json HTTP/1.1";
    let document = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    let committed = document(&std::fs::read(COMMITTED).unwrap());

    let (head, body) = parts(ask(&stage, request).await);
    assert!(head.starts_with("HTTP/1.1 200") && !head.contains("content-encoding"), "{head}");
    // A document that was just accepted is embedded by the next build.
    let served = document(&body);
    assert!(
        is_accepted() || served == committed,
        "the function serves another document than docs/openapi.json"
    );
    let minified = body.len();

    let (head, body) = parts(ask(&stage, &format!("{request}\r\naccept-encoding: br, gzip")).await);
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert!(body.len() * 5 < minified, "{} bytes of {minified}", body.len());
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
    assert!(document(&plain) == served);

    let version = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let (head, body) = parts(ask(&stage, &format!("{request}\r\nif-none-match: {version}")).await);
    assert!(
        head.starts_with("HTTP/1.1 304") && head.contains("cache-control: public") && body.is_empty(),
        "{head}"
    );
    stage.end().await;
}

/// Head and body of an answer with a length.
fn parts(answer: Vec<u8>) -> (String, Vec<u8>) {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end..].to_vec())
}

/// The whole answer, as it comes over the wire.
async fn ask(stage: &Stage, request: &str) -> Vec<u8> {
    let url = stage.platform.url();
    let host = url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(host).await.unwrap();
    let request = format!("{request}\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    answer
}

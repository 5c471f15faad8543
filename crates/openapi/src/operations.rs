//! What does the document say of an operation besides its handler's documentation?
//! What follows from the operation itself: path parameters, security, headers of answers, and problems (RFC 9457).

use std::collections::{BTreeMap, BTreeSet};

use domain::access::api_key::Scope;
use domain::id::{
    ApiKeyId, DeliveryId, EndpointId, EventId, PortalLinkId, ReceivedRequestId, ReplayId, RuleId, SourceId,
    WorkspaceId,
};
use domain::problem::Code;
use http_kit::extract::id::InPath;
use http_kit::operations::Operation;
use serde_json::{Map, Value, json};
use utoipa::IntoParams as _;

use crate::schemas::reference;

/// The security scheme of the header `X-API-Key`.
pub(crate) const API_KEY: &str = "ApiKey";
/// The security scheme of `Authorization: Bearer`.
pub(crate) const BEARER: &str = "Bearer";

/// The id of the request that every answer gives, for the log line of a call.
const REQUEST_ID: &str = "req_affd73f15ac25406aebacf84";

/// The shapes of resources that have a revision.
const REVISED: [&str; 4] = ["Endpoint", "EventTypeDescription", "Source", "Workspace"];

/// The operations of the API, and the refusals that they share.
#[derive(Default)]
pub(crate) struct Described {
    pub paths: Map<String, Value>,
    pub responses: Map<String, Value>,
}

impl Described {
    /// Adds an operation.
    pub(crate) fn add(&mut self, operation: &Operation) -> serde_json::Result<()> {
        let mut described = complete(operation)?;
        for (status, codes) in problems(operation, &described) {
            let (name, response) = refusal(status, &codes);
            described["responses"][status.to_string()] =
                json!({ "$ref": format!("#/components/responses/{name}") });
            self.responses.insert(name, response);
        }
        described["responses"]["500"] = json!({ "$ref": "#/components/responses/internal_error" });
        self.responses.entry("internal_error").or_insert_with(fault);
        let item = self.paths.entry(operation.path.as_str()).or_insert_with(|| json!({}));
        item[operation.method] = described;
        Ok(())
    }
}

/// The headers that several answers have.
pub(crate) fn headers() -> Value {
    json!({ "X-Request-Id": header("The id of the request, to quote when you ask for help.", REQUEST_ID) })
}

fn complete(operation: &Operation) -> serde_json::Result<Value> {
    let mut described = serde_json::to_value(&operation.described)?;
    let own = described.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut parameters = path_parameters(&operation.path);
    // What its handler describes itself is no id.
    parameters.retain(|parameter| own.iter().all(|own| own["name"] != parameter["name"]));
    parameters.extend(own);
    if operation.path.contains("{endpoint}") && !parameters.iter().any(names_workspace) {
        parameters.push(workspace_of_uid());
    }
    if is_repeatable(operation) {
        let header = api::openapi::Idempotency::into_params(|| None);
        let header = serde_json::to_value(header)?;
        parameters.extend(header.as_array().cloned().unwrap_or_default());
    }
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    secure(&mut described, operation.scopes);
    for (status, response) in described["responses"].as_object_mut().into_iter().flatten() {
        response["headers"]["X-Request-Id"] = request_id_header();
        let shown = response["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default();
        if REVISED.iter().any(|name| shown == reference(name)["$ref"]) {
            response["headers"]["ETag"] = header("The revision, for `If-Match` of a change.", "\"3\"");
        }
        if status == "201" {
            let example = format!("{}/…", operation.path);
            response["headers"]["Location"] = header("The path of the new resource.", &example);
        }
        if is_repeatable(operation) {
            response["headers"]["Idempotency-Replayed"] =
                header("`true` if it is the answer to an earlier request with the same key.", "true");
        }
    }
    Ok(described)
}

/// Whether the operation takes an `Idempotency-Key`: every POST does ([`http_kit::idempotency`]), but that of another
/// protocol, and the one whose answer is worth nothing but to log in.
fn is_repeatable(operation: &Operation) -> bool {
    operation.method == "post" && !["/v1/mcp", "/v1/sessions"].contains(&operation.path.as_str())
}

fn names_workspace(parameter: &Value) -> bool {
    parameter["name"] == "workspace_id"
}

/// The parameter of every operation on an endpoint, which may be named by its uid.
fn workspace_of_uid() -> Value {
    json!({
        "name": "workspace_id", "in": "query", "required": false,
        "description": "The workspace of the endpoint. Required with a key for all workspaces that names the endpoint by \
                        its uid.",
        "schema": reference("WorkspaceIdOrUid"),
    })
}

/// The parameters in the braces of a path.
fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let parameter = |name: &str| {
        let (schema, of) = id_of(name);
        json!({
            "name": name, "in": "path", "required": true,
            "description": format!("The {} of the {of}.", if schema.ends_with("OrUid") { "id or uid" } else { "id" }),
            "schema": reference(schema),
        })
    };
    names.map(parameter).collect()
}

/// The schema of the id that a path parameter holds, and what it is an id of.
fn id_of(parameter: &str) -> (&'static str, &'static str) {
    match parameter {
        ApiKeyId::PARAMETER => ("ApiKeyId", ApiKeyId::OF),
        PortalLinkId::PARAMETER => ("PortalLinkId", PortalLinkId::OF),
        DeliveryId::PARAMETER => ("DeliveryId", DeliveryId::OF),
        EndpointId::PARAMETER => ("EndpointIdOrUid", EndpointId::OF),
        ReceivedRequestId::PARAMETER => ("ReceivedRequestId", ReceivedRequestId::OF),
        RuleId::PARAMETER => ("RuleId", RuleId::OF),
        SourceId::PARAMETER => ("SourceId", SourceId::OF),
        ReplayId::PARAMETER => ("ReplayId", ReplayId::OF),
        WorkspaceId::PARAMETER => ("WorkspaceIdOrUid", WorkspaceId::OF),
        _ => ("EventIdOrUid", EventId::OF),
    }
}

/// Either header, with the scopes that the key needs; nothing for an operation that needs no key.
fn secure(described: &mut Value, scopes: Option<&[Scope]>) {
    let Some(scopes) = scopes else {
        described["security"] = json!([]);
        return;
    };
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    described["security"] = json!([{ API_KEY: scopes }, { BEARER: scopes }]);
    let needed = match scopes.is_empty() {
        true => "any".to_owned(),
        false => scopes.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(" and "),
    };
    let text = described["description"].as_str().filter(|text| !text.is_empty());
    let text = text.map(|text| format!("{text}\n\nScope: {needed}.")).unwrap_or(format!("Scope: {needed}."));
    described["description"] = text.into();
}

/// The problems that an operation can answer, by status: those of its row in the function's list, and those that follow
/// from the API key, the ids in the path, the query, the headers and the body.
fn problems(operation: &Operation, described: &Value) -> BTreeMap<u16, Vec<Code>> {
    let mut codes: BTreeSet<Code> = operation.problems.iter().copied().collect();
    if let Some(scopes) = operation.scopes {
        codes.insert(Code::Unauthorized);
        codes.extend((!scopes.is_empty()).then_some(Code::MissingScope));
    }
    if operation.path.contains('{') {
        codes.insert(Code::NotFound);
    }
    if is_repeatable(operation) {
        codes.extend([Code::IdempotencyKeyReused, Code::IdempotencyKeyInProgress]);
    }
    let parameters = described.get("parameters").and_then(Value::as_array).into_iter().flatten();
    for parameter in parameters {
        match parameter["in"].as_str() {
            Some("query") => codes.extend([Code::UnknownField, Code::Invalid]),
            Some("header") => codes.extend([Code::Invalid]),
            _ => {}
        }
    }
    if described["requestBody"].is_object() {
        codes.extend([Code::MalformedJson, Code::TooLarge, Code::UnknownField, Code::Invalid]);
    }
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.kind().status).or_default().push(code);
    }
    by_status
}

/// The name and the response of a refusal with one of these codes.
fn refusal(status: u16, codes: &[Code]) -> (String, Value) {
    let kinds: Vec<_> = codes.iter().map(|code| code.kind()).collect();
    let told =
        kinds.iter().map(|kind| format!("`{}`: {}. {}.", kind.code, kind.meaning, sentence(kind.action)));
    let examples = kinds.iter().map(|kind| {
        let example = json!({
            "code": kind.code, "status": status, "title": kind.title, "detail": sentence(kind.meaning), "errors": [],
            "request_id": REQUEST_ID, "type": format!("/problems/{}", kind.code),
        });
        (kind.code.to_owned(), json!({ "value": example }))
    });
    let examples: Map<String, Value> = examples.collect();
    let names: Vec<_> = kinds.iter().map(|kind| kind.code).collect();
    let mut response =
        problem_response(&told.collect::<Vec<_>>().join("\n"), status, &names, examples.into());
    if codes.contains(&Code::Unauthorized) {
        response["headers"]["WWW-Authenticate"] =
            header("The scheme: an API key as a bearer token.", "Bearer realm=\"posthorn\"");
    }
    if codes.contains(&Code::QuotaExceeded) {
        response["headers"]["Retry-After"] = header("Seconds to the next midnight UTC.", "3600");
    }
    if codes.contains(&Code::IdempotencyKeyInProgress) {
        response["headers"]["Retry-After"] =
            header("Seconds to wait; only with `idempotency_key_in_progress`.", "1");
    }
    (names.join("."), response)
}

/// Posthorn's own failure, which no list names.
fn fault() -> Value {
    let problem = api::problem::Problem::internal_error().of_request(REQUEST_ID);
    let code = problem.code.clone();
    let example = json!({ code.as_ref(): { "value": problem } });
    problem_response(&format!("`{code}`: Posthorn failed. Repeat, backing off."), 500, &[&code], example)
}

fn problem_response(description: &str, status: u16, codes: &[&str], examples: Value) -> Value {
    let narrowed = json!({ "properties": { "code": { "enum": codes }, "status": { "const": status } } });
    json!({
        "description": description,
        "headers": { "X-Request-Id": request_id_header() },
        "content": {
            "application/problem+json": {
                "schema": { "allOf": [reference("Problem"), narrowed] },
                "examples": examples,
            },
        },
    })
}

fn request_id_header() -> Value {
    json!({ "$ref": "#/components/headers/X-Request-Id" })
}

fn header(description: &str, example: &str) -> Value {
    json!({ "description": description, "schema": { "type": "string" }, "example": example })
}

/// A text with a capital letter in front.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

//! What did the caller do wrong?
//! Every problem (RFC 9457, `application/problem+json`) the API can answer, with its stable code and HTTP status.
//!
//! A customer's failing endpoint is no problem (see [`crate::policy::outcome`]), nor is a fault of our own.

use payload::template::Failure as TemplateFailure;
use serde::{Deserialize, Serialize};

/// A value of the request that cannot be taken, with an RFC 6901 pointer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// JSON pointer into the request body, or the name of a query parameter or header.
    pub pointer: String,
    /// What is wrong with the value, readable by the caller; never repeats a secret or an address.
    pub detail: String,
}

/// A mistake of the API's caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The body is not JSON.
    #[error("the body is not valid JSON: {0}")]
    MalformedJson(String),
    /// The body names a field that does not exist.
    #[error("unknown field `{field}`")]
    UnknownField {
        /// JSON pointer to the field.
        pointer: String,
        /// The field's name.
        field: String,
    },
    /// One or more values are out of bounds.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// No API key, or one that is not known or has expired.
    #[error("a valid API key is required in `X-API-Key` or `Authorization: Bearer`")]
    Unauthorized,
    /// The key does not carry the scope.
    #[error("this API key lacks the scope `{0}`")]
    MissingScope(&'static str),
    /// A key of one workspace would raise a quota of its workspace.
    #[error(
        "a key of one workspace may lower `{0}` but not raise it; use an admin key for all workspaces to raise it"
    )]
    RaisesOwnQuota(&'static str),
    /// The key would outlive the key that asks for it.
    #[error("this API key has no end, or a later one than your own; use a key that lives as long")]
    OutlivesOwnKey,
    /// A login asks for what only an API key may ask for.
    #[error("this needs an API key; a session or portal link is not enough")]
    NeedsApiKey,
    /// There is no such thing, or it belongs to another workspace.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The path exists but not with this method.
    #[error("this address does not take this method; the header `Allow` lists those it takes")]
    MethodNotAllowed,
    /// The body did not arrive in time.
    #[error("the body did not arrive within {0} seconds")]
    BodyTooSlow(u64),
    /// The server holds as many request bodies as it may.
    #[error("too many request bodies are being received at this moment; repeat this request in a second")]
    TooBusy,
    /// The body or payload is too large.
    #[error("the {what} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// The `Idempotency-Key` was used with another request.
    #[error("this Idempotency-Key was already used with a different request")]
    IdempotencyKeyReused,
    /// The first request with the same `Idempotency-Key` is in progress.
    #[error("the first request with this Idempotency-Key is still in progress; repeat this one in a second")]
    IdempotencyKeyInProgress,
    /// An event with this id was already accepted: another one, or the same under another key.
    #[error("an event with this id was already accepted with other content")]
    EventExists,
    /// The uid is that of another workspace, endpoint or event.
    #[error("another {0} has this uid already")]
    UidTaken(&'static str),
    /// The workspace has as many endpoints as it may.
    #[error("this workspace may have at most {0} endpoints")]
    TooManyEndpoints(usize),
    /// The workspace has as many sources as it may.
    #[error("this workspace already has {0} sources, which is the most it may have")]
    TooManySources(usize),
    /// The catalogue describes an event type of this name already.
    #[error("the catalogue already describes an event type with this name; change it with `PATCH`")]
    EventTypeExists,
    /// The catalogue describes as many event types as it may.
    #[error("the catalogue cannot describe more than {0} event types")]
    TooManyEventTypes(usize),
    /// The workspace has as many rules as it may.
    #[error("this workspace already has {0} rules, which is the most it may have")]
    TooManyRules(usize),
    /// The endpoint is part of something else, with which it is changed and deleted.
    #[error("this endpoint belongs to {0}; change or delete that instead")]
    BelongsTo(String),
    /// The workspace has an action of this name.
    #[error("this workspace already has an action with this name")]
    ActionExists,
    /// The workspace has as many actions as it may.
    #[error("this workspace already has {0} actions, which is the most it may have")]
    TooManyActions(usize),
    /// The action is switched off.
    #[error("this action is switched off, so it cannot be invoked; who manages it may switch it on")]
    ActionDisabled,
    /// The system that the action calls has failed too often in a row.
    #[error(
        "the system that this action calls has failed repeatedly, so nothing was sent; invoke it again in \
         {retry_after_seconds} seconds"
    )]
    ActionFailing {
        /// When it may be invoked again, in seconds.
        retry_after_seconds: u64,
    },
    /// The action's rate limit or concurrency limit is used up.
    #[error(
        "this action's {limit} is used up, so nothing was sent; invoke it again in {retry_after_seconds} seconds"
    )]
    ActionBusy {
        /// Which limit.
        limit: &'static str,
        /// When it may be invoked again, in seconds.
        retry_after_seconds: u64,
    },
    /// The endpoint or source has as many old secrets that are still in force as it may.
    #[error("{0} old secrets are still in force, which is the most; end their overlap first")]
    TooManySecrets(usize),
    /// The API key has as many old secrets that still authenticate as it may.
    #[error("{0} old secrets of this API key still work, which is the most; wait until one has ended")]
    TooManyKeySecrets(usize),
    /// The endpoint is switched off, so nothing can be sent to it.
    #[error("this endpoint is switched off; switch it on with `PATCH {{\"active\": true}}` first")]
    EndpointDisabled,
    /// The replay has ended.
    #[error("this replay has ended")]
    ReplayOver,
    /// The workspace may accept no more events today.
    #[error("this workspace's quota of {quota} events a day is used up; it starts again at midnight UTC")]
    QuotaExceeded {
        /// Most events of a day.
        quota: u64,
        /// The time to the next midnight UTC, in seconds.
        retry_after_seconds: u64,
    },
    /// Another request changed the same thing at the same time (an optimistic lock failed).
    #[error("another request changed it at the same time; read it again and repeat your change")]
    ChangedMeanwhile,
    /// The change was made for another revision than the current one.
    #[error("it was changed since you read it; read it again and repeat your change with the new `ETag`")]
    PreconditionFailed,
    /// The events of one request have more deliveries together than one request may make.
    #[error(
        "the events of this request have more than {0} deliveries together; send this event in another request"
    )]
    BatchTooWide(usize),
    /// The event's payload was erased, so there is nothing to send.
    #[error("the data of this event was erased; there is nothing to send")]
    EventErased,
    /// The endpoint's template makes nothing of the event.
    #[error("the template of the endpoint fails for this event at `/template{}`: {}", .0.pointer, .0.detail)]
    TemplateFailed(TemplateFailure),
}

/// One kind of problem, the same for every problem of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemKind {
    /// HTTP status.
    pub status: u16,
    /// Stable, machine-readable code.
    pub code: &'static str,
    /// Short title.
    pub title: &'static str,
    /// What happened, for the table in the API's documentation.
    pub meaning: &'static str,
    /// What the caller can do, for the same table.
    pub action: &'static str,
}

/// Declares each kind beside its variant, so that neither exists without the other.
macro_rules! problem_kinds {
    ($(Self::$name:ident $(($any:tt))? $({ $rest:tt })? => $status:literal, $code:literal, $title:literal, $meaning:literal, $action:literal;)*) => {
        /// Every kind of problem, by status.
        pub const PROBLEMS: &[ProblemKind] = &[$(
            ProblemKind { status: $status, code: $code, title: $title, meaning: $meaning, action: $action },
        )*];

        /// The name of a kind of problem, for lists of the problems that an operation can answer: a kind that does not
        /// exist cannot be named.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {$(
            #[doc = $title]
            $name,
        )*}

        impl Code {
            /// The kind.
            pub fn kind(self) -> ProblemKind {
                PROBLEMS[self as usize]
            }
        }

        impl Problem {
            /// The kind of the problem.
            pub fn kind(&self) -> ProblemKind {
                match self {$(
                    Self::$name { .. } => Code::$name.kind(),
                )*}
            }
        }
    };
}

problem_kinds! {
    Self::MalformedJson(_) => 400, "malformed_json", "Malformed JSON", "the body is not JSON; `detail` says where", "correct the body";
    Self::Unauthorized => 401, "unauthorized", "Unauthorized", "no API key, or one that is unknown or has expired", "send a valid key";
    Self::MissingScope(_) => 403, "missing_scope", "Missing scope", "the key lacks the scope that `detail` names", "use a key that has it";
    Self::RaisesOwnQuota(_) => 403, "raises_own_quota", "Raises own quota", "a key of one workspace would raise its own quota; `errors` names it", "use an admin key for all workspaces";
    Self::OutlivesOwnKey => 403, "outlives_own_key", "Outlives own key", "the key to rotate lives longer than your own", "use a key that lives as long";
    Self::NeedsApiKey => 403, "needs_api_key", "Needs an API key", "a session or a portal link may not do this", "use an API key";
    Self::NotFound(_) => 404, "not_found", "Not found", "no such thing or address, or it belongs to another workspace", "check the id; do not repeat";
    Self::MethodNotAllowed => 405, "method_not_allowed", "Method not allowed", "the address takes other methods; see `Allow`", "use one of those";
    Self::BodyTooSlow(_) => 408, "body_too_slow", "Body too slow", "local mode only: the body did not arrive within 60 s", "send it again, faster";
    Self::IdempotencyKeyReused => 409, "idempotency_key_reused", "Idempotency key reused", "the `Idempotency-Key` was used for another request", "use a new key";
    Self::IdempotencyKeyInProgress => 409, "idempotency_key_in_progress", "Idempotency key in progress", "the first request with this key is not finished", "repeat after `Retry-After` (1 s)";
    Self::EventExists => 409, "event_exists", "Event exists", "this event id was accepted with other content", "use another id, or none";
    Self::UidTaken(_) => 409, "uid_taken", "Uid taken", "another workspace, endpoint or event has this `uid`; `errors` names the field", "use another uid, or the thing that has it";
    Self::EventErased => 409, "event_erased", "Event erased", "the event's data was erased, so it cannot be replayed", "nothing";
    Self::TooManyEndpoints(_) => 409, "too_many_endpoints", "Too many endpoints", "the workspace has as many as it may", "delete some, or raise `max_endpoints`";
    Self::TooManySources(_) => 409, "too_many_sources", "Too many sources", "the workspace has as many as it may", "delete some";
    Self::EventTypeExists => 409, "event_type_exists", "Event type exists", "the catalogue has an event type with this name", "change that one";
    Self::TooManyEventTypes(_) => 409, "too_many_event_types", "Too many event types", "the catalogue would have more than 2,000 event types", "delete some";
    Self::TooManyRules(_) => 409, "too_many_rules", "Too many rules", "the workspace has as many as it may", "delete some";
    Self::BelongsTo(_) => 409, "belongs_to_another", "Belongs to another", "the endpoint belongs to a rule or an action, which `detail` names", "change or delete that instead";
    Self::ActionExists => 409, "action_exists", "Action exists", "the workspace has an action of this name", "use another name, or change that action";
    Self::TooManyActions(_) => 409, "too_many_actions", "Too many actions", "the workspace has as many as it may", "delete some";
    Self::ActionDisabled => 409, "action_disabled", "Action disabled", "the action is switched off", "switch it on first";
    Self::TooManySecrets(_) => 409, "too_many_secrets", "Too many secrets", "10 old secrets are still in force", "end their overlap first";
    Self::TooManyKeySecrets(_) => 409, "too_many_key_secrets", "Too many key secrets", "5 old secrets of the API key still work", "wait until one has ended";
    Self::EndpointDisabled => 409, "endpoint_disabled", "Endpoint disabled", "the endpoint is switched off", "switch it on first";
    Self::ReplayOver => 409, "replay_over", "Replay over", "the replay has ended", "nothing";
    Self::ChangedMeanwhile => 409, "changed_meanwhile", "Changed meanwhile", "another request changed the same thing at the same time", "read it again, then repeat the change";
    Self::PreconditionFailed => 412, "precondition_failed", "Precondition failed", "`If-Match` names another revision than the current one", "read it again, then repeat the change";
    Self::TooLarge { .. } => 413, "too_large", "Too large", "body or payload is over the limit in `detail`", "send less";
    Self::BatchTooWide(_) => 413, "batch_too_wide", "Batch too wide", "with this event the batch has too many deliveries", "send the event in another request";
    Self::UnknownField { .. } => 422, "unknown_field", "Unknown field", "a body field or query parameter that does not exist", "remove it";
    Self::TemplateFailed(_) => 422, "template_failed", "Template failed", "the endpoint's template makes nothing of this event; `errors` says where it fails", "change the endpoint's template, or preview another event";
    Self::Invalid(_) => 422, "invalid_request", "Invalid request", "values are out of bounds; `errors` names each", "correct them";
    Self::QuotaExceeded { .. } => 429, "quota_exceeded", "Quota exceeded", "the workspace's events of today are used up", "wait for midnight UTC (`Retry-After`), or raise the quota";
    Self::ActionBusy { .. } => 429, "action_busy", "Action busy", "the rate limit or concurrency limit of the action is used up; nothing was sent", "repeat after `Retry-After`";
    Self::ActionFailing { .. } => 503, "action_failing", "Action failing", "the system that the action calls failed five times in a row; nothing was sent", "repeat after `Retry-After`";
    Self::TooBusy => 503, "too_busy", "Too busy", "local mode only: too many bodies are being received at once", "repeat after `Retry-After` (1 s)";
}

impl Problem {
    /// One bad value.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// The values at fault, for the `errors` member.
    pub fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(errors) => errors.clone(),
            Self::UnknownField { pointer, .. } => {
                vec![FieldError { pointer: pointer.clone(), detail: self.to_string() }]
            }
            Self::RaisesOwnQuota(field) => {
                vec![FieldError { pointer: format!("/{field}"), detail: self.to_string() }]
            }
            Self::TemplateFailed(TemplateFailure { pointer, detail }) => {
                vec![FieldError { pointer: format!("/template{pointer}"), detail: detail.clone() }]
            }
            Self::UidTaken(_) => vec![FieldError { pointer: "/uid".to_owned(), detail: self.to_string() }],
            _ => Vec::new(),
        }
    }
}

/// Collects every bad value of a request, so that the caller can correct them all at once.
#[derive(Debug, Default)]
pub struct Invalid(Vec<FieldError>);

impl Invalid {
    /// Nothing is wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a bad value unless `holds`.
    pub fn require(&mut self, holds: bool, pointer: &str, detail: &str) {
        if !holds {
            self.push(pointer, detail);
        }
    }

    /// Notes a bad value.
    pub fn push(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    /// Keeps the value of `result`, or notes its error and gives nothing.
    pub fn take<T, E: std::fmt::Display>(&mut self, pointer: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.push(pointer, error.to_string())).ok()
    }

    /// The problem, if anything was noted.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with everything noted.
    pub fn into_result(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::Invalid(self.0)) }
    }
}

/// Writes `name` as one step of an RFC 6901 pointer.
pub(crate) fn escape_pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn summary(errors: &[FieldError]) -> String {
    let texts = errors.iter().map(|FieldError { pointer, detail }| match pointer.as_str() {
        "" => format!("the body {detail}"),
        pointer => format!("{pointer}: {detail}"),
    });
    texts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_of_the_whole_body_or_of_a_value() {
        assert_eq!(Problem::invalid("", "must be an object").to_string(), "the body must be an object");
        assert_eq!(Problem::invalid("/url", "is required").to_string(), "/url: is required");
    }

    #[test]
    fn pointers_escape_what_rfc_6901_reserves() {
        assert_eq!(escape_pointer("a/b~c"), "a~1b~0c");
    }

    #[test]
    fn codes_are_unique_and_statuses_are_the_callers_fault() {
        let codes: std::collections::HashSet<_> = PROBLEMS.iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), PROBLEMS.len());
        // Not the caller's fault, and not ours: repeated later, the same request may be carried out.
        let later = |row: &ProblemKind| matches!(row.code, "too_busy" | "action_failing");
        assert!(PROBLEMS.iter().all(|row| (400..500).contains(&row.status) || later(row)));
    }

    /// The table of `docs/api.md`, as this file says it.
    fn documented() -> String {
        let internal = "| 500 | `internal_error` | Posthorn failed | repeat with the same `Idempotency-Key`, backing off |\n";
        let rows = PROBLEMS.iter().map(|ProblemKind { status, code, meaning, action, .. }| {
            format!("| {status} | `{code}` | {meaning} | {action} |\n")
        });
        let (callers, busy): (Vec<_>, Vec<_>) = rows.partition(|row| row.starts_with("| 4"));
        callers.into_iter().chain([internal.to_owned()]).chain(busy).collect()
    }

    #[test]
    fn the_documentation_has_every_problem() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
        let document = std::fs::read_to_string(path).unwrap();
        let documented = documented();
        assert!(document.contains(&documented), "put this table into docs/api.md, \"Errors\":\n{documented}");
    }
}

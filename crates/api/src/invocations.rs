//! How is an action invoked, and what is shown of it? The shapes of `…/invoke` and `/v1/invocations`.

use domain::access::role::Role;
use domain::action::Effect;
use domain::action::invocation::{
    Content, Invocation as DomainInvocation, InvocationStatus, Invoker, Misfit, Response as DomainResponse,
};
use domain::action::name::ActionName;
use domain::id::{EndpointId, InvocationId, WorkspaceId};
use domain::policy::outcome::ErrorClass;
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::deliveries::Attempt;
use crate::previews::Preview;

/// The invocation of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({ "parameters": { "order": "7" }, "actor": "user_81" }))))]
pub struct InvokeAction {
    /// The parameters, which must fit the action's schema. At most 65,536 bytes.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub parameters: Map<String, Value>,
    /// For whom: your own name of a person or a program. The called system gets it, and the audit log has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@+/-]+$", examples("user_81"))
    )]
    pub actor: Option<String>,
    /// Whether the request is only shown, and not sent.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = false))]
    pub dry_run: bool,
    /// The confirmation that the first answer to this request had, for an action that asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
    /// The workspace of the action. Required with a key for all workspaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceIdOrUid>,
}

/// What came of it: an invocation, or the request that was not sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum InvokeAnswer {
    /// The action was called.
    Invocation(Box<InvocationDetail>),
    /// Nothing was sent.
    NotSent(Box<NotSent>),
}

/// A request that was not sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotSent {
    /// Why not.
    pub status: NotSentStatus,
    /// The request, as it would be sent now. The signature and the values of the action's own headers are
    /// `[hidden]`; so is what the query of the action's URL says literally, for a key without `admin`.
    pub request: Preview,
    /// The confirmation to send with the same request and the same `Idempotency-Key`; with `needs_confirmation` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub confirmation: Option<String>,
    /// When the confirmation ends: after 5 minutes; with `needs_confirmation` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub expires_at: Option<Timestamp>,
}

/// Why a request was not sent: `dry_run`, it was only to be shown; `needs_confirmation`, it has to be confirmed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotSentStatus {
    /// It was only to be shown.
    DryRun,
    /// It has to be confirmed first.
    NeedsConfirmation,
}

/// One call of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invocation {
    /// The id of the invocation.
    pub id: InvocationId,
    /// The workspace of the invocation.
    pub workspace_id: WorkspaceId,
    /// The name of the action.
    pub action: ActionName,
    /// The revision of the action then.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, examples(1)))]
    pub revision: u64,
    /// The `endpoint_id` of the action.
    pub endpoint_id: EndpointId,
    /// What the action does to the system that it calls.
    pub effect: Effect,
    /// How the invocation stands.
    pub status: InvocationStatus,
    /// The number of attempts that were made.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub attempts: u32,
    /// The status of the last answer; `null` if none came.
    #[cfg_attr(feature = "openapi", schema(examples(200)))]
    pub response_status: Option<u16>,
    /// Why the last attempt failed; `null` if it did not.
    pub error: Option<ErrorClass>,
    /// Whether the called system may have carried it out: `false` only if nothing reached it, or it says that it has not.
    #[cfg_attr(feature = "openapi", schema(examples(true)))]
    pub may_have_been_carried_out: bool,
    /// Who invoked the action.
    pub invoker: Invoker,
    /// For whom, as the invoker says; `null` if it does not.
    #[cfg_attr(feature = "openapi", schema(examples("user_81")))]
    pub actor: Option<String>,
    /// The program that invoked it, as it says itself; `null` if it does not.
    #[cfg_attr(feature = "openapi", schema(examples("claude-code 2.1")))]
    pub client: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `null` while it runs.
    pub ended_at: Option<Timestamp>,
}

/// One call of an action, with its content for a key that may read it: one with a role that could invoke the action then, the
/// key that invoked it, and one with the scope `admin:ro`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvocationDetail {
    /// The invocation.
    #[serde(flatten)]
    pub invocation: Invocation,
    /// The roles that could invoke the action then.
    pub roles: Vec<Role>,
    /// The parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = Object))]
    pub parameters: Option<Value>,
    /// The `Idempotency-Key` that the called system got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples("refund-of-order-7")))]
    pub idempotency_key: Option<String>,
    /// The called system's answer; left out if none came. Its text is the called system's: take it as data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub response: Option<ActionResponse>,
    /// Every attempt, as of a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub attempt_log: Option<Vec<Attempt>>,
}

/// The answer of a system that an action called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActionResponse {
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(examples(200)))]
    pub status: u16,
    /// Name and value of each header; values of credentials are `[hidden]`.
    pub headers: Vec<(String, String)>,
    /// The body's first 32,768 bytes, cut between two characters; bytes that are not UTF-8 are replaced.
    #[cfg_attr(feature = "openapi", schema(examples("{\"refunded\":true}")))]
    pub body: String,
    /// Whether the body was longer.
    #[cfg_attr(feature = "openapi", schema(examples(false)))]
    pub body_truncated: bool,
    /// The JSON of the body; left out if it is cut, is no JSON, or does not fit the action's `result_schema`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = Object))]
    pub result: Option<Value>,
    /// What of the body does not fit the action's `result_schema`; left out if the body fits, or the action has no such schema.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub result_errors: Vec<Misfit>,
}

/// The parameters of a list of invocations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct InvocationQuery {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only invocations of this action.
    pub action: Option<ActionName>,
    /// Only invocations that stand so.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub status: Option<InvocationStatus>,
}

impl From<DomainInvocation> for Invocation {
    fn from(invocation: DomainInvocation) -> Self {
        Self {
            id: invocation.id,
            workspace_id: invocation.workspace_id,
            action: invocation.action,
            revision: invocation.revision,
            endpoint_id: invocation.endpoint_id,
            effect: invocation.effect,
            status: invocation.status,
            attempts: invocation.attempts,
            response_status: invocation.response_status,
            error: invocation.error,
            may_have_been_carried_out: invocation.may_have_been_carried_out,
            invoker: invocation.invoker,
            actor: invocation.actor,
            client: invocation.client,
            started_at: invocation.started_at,
            ended_at: invocation.ended_at,
        }
    }
}

impl InvocationDetail {
    /// The invocation with its content, for a caller who may read that.
    pub fn of(invocation: DomainInvocation, content: Option<Content>) -> Self {
        let roles = invocation.roles.clone();
        let invocation = Invocation::from(invocation);
        let Some(Content { parameters, idempotency_key, response, attempt_log }) = content else {
            let (parameters, idempotency_key, response, attempt_log) = (None, None, None, None);
            return Self { invocation, roles, parameters, idempotency_key, response, attempt_log };
        };
        Self {
            invocation,
            roles,
            parameters: Some(parameters),
            idempotency_key: Some(idempotency_key),
            response: response.map(ActionResponse::from),
            attempt_log: Some(attempt_log.into_iter().map(Attempt::from).collect()),
        }
    }
}

impl From<DomainResponse> for ActionResponse {
    fn from(response: DomainResponse) -> Self {
        let DomainResponse { status, headers, body, body_truncated, result, result_errors } = response;
        Self { status, headers, body, body_truncated, result, result_errors }
    }
}

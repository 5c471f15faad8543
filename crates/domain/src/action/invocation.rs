//! What is kept of one call of an action?
//! An invocation: who invoked what, when and how it ended. Its content (parameters, answer, attempts) is kept apart.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::api_key::{ApiKey, Scope};
use crate::access::role::Role;
use crate::action::Effect;
use crate::action::name::ActionName;
use crate::action::retrying::LONGEST_INVOCATION;
use crate::delivery::attempt::Attempt;
use crate::endpoint::custom_headers::HIDDEN_VALUE;
use crate::id::{ApiKeyId, EndpointId, InvocationId, RuleId, WorkspaceId};
use crate::policy::outcome::{Answer, ErrorClass, Judgement, Outcome};
use crate::problem::FieldError;
use crate::timestamp::Timestamp;

/// The most bytes of an answer's body that are kept and shown.
pub const MAX_RESULT_BYTES: usize = 32_768;
/// Longest name of whom an invocation is made for.
pub const MAX_ACTOR_CHARS: usize = 128;
/// Longest name of the program that invokes.
pub const MAX_CLIENT_CHARS: usize = 100;
/// Headers of an answer whose values are credentials.
const HIDDEN_HEADERS: [&str; 4] = ["set-cookie", "authorization", "proxy-authenticate", "www-authenticate"];

/// How an invocation stands: `running`; `succeeded` or `failed`, by the called system's answer; `timed_out`, if its time was
/// over before an answer came; `interrupted`, if Posthorn died meanwhile. After the last two the system may have carried it
/// out or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvocationStatus {
    /// Attempts are under way.
    Running,
    /// The system answered with what counts as success.
    Succeeded,
    /// The system failed, or could not be reached.
    Failed,
    /// No answer came in time. The system may have carried it out.
    TimedOut,
    /// Posthorn died while it was under way. The system may have carried it out.
    Interrupted,
}

impl InvocationStatus {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Interrupted => "interrupted",
        }
    }

    /// What the last attempt makes of an invocation.
    pub fn after(judgement: Judgement, outcome: &Outcome) -> Self {
        match (judgement, outcome) {
            (Judgement::Success, _) => Self::Succeeded,
            (_, Outcome::Unreachable(ErrorClass::Timeout)) => Self::TimedOut,
            _ => Self::Failed,
        }
    }
}

/// Who invoked an action: the holder of an API key, or a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Invoker {
    /// The holder of an API key.
    ApiKey {
        /// The id of the key.
        id: ApiKeyId,
        /// The name of the key at the time.
        #[cfg_attr(feature = "openapi", schema(examples("support agent")))]
        name: String,
    },
    /// A rule.
    Rule {
        /// The id of the rule.
        id: RuleId,
    },
}

/// One call of an action, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The id, `inv_` and a ULID.
    pub id: InvocationId,
    /// The tenant it belongs to.
    pub workspace_id: WorkspaceId,
    /// The action.
    pub action: ActionName,
    /// The action's revision then.
    pub revision: u64,
    /// The endpoint of the action.
    pub endpoint_id: EndpointId,
    /// What the action does.
    pub effect: Effect,
    /// The roles that could invoke the action then: they may read the content, too.
    pub roles: Vec<Role>,
    /// Who invoked it.
    pub invoker: Invoker,
    /// For whom, as the invoker says.
    pub actor: Option<String>,
    /// By which program, as it says itself.
    pub client: Option<String>,
    /// How it stands.
    pub status: InvocationStatus,
    /// How many attempts were made.
    pub attempts: u32,
    /// The status of the last answer.
    pub response_status: Option<u16>,
    /// Why the last attempt failed.
    pub error: Option<ErrorClass>,
    /// Whether the called system may have carried it out, as far as its last word says. While it runs, and after it was
    /// interrupted, it may.
    #[serde(default = "maybe")]
    pub may_have_been_carried_out: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// What is to be assumed where nothing is known.
fn maybe() -> bool {
    true
}

/// The content of an invocation. It may hold a customer's data, so `Debug` prints only its size.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The parameters, an object.
    pub parameters: Value,
    /// The `Idempotency-Key` that was sent.
    pub idempotency_key: String,
    /// The answer, if one came.
    pub response: Option<Response>,
    /// Every attempt.
    pub attempt_log: Vec<Attempt>,
}

/// The answer of a called system. Its text is untrusted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Name and value of each header; values of credentials are hidden.
    pub headers: Vec<(String, String)>,
    /// The first bytes of the body, cut between two characters; bytes that are no UTF-8 are replaced.
    pub body: String,
    /// Whether there is more.
    pub body_truncated: bool,
    /// The body's JSON, if it is whole, is JSON and fits the action's `result_schema`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Why there is no `result` although the action has a `result_schema`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub result_errors: Vec<Misfit>,
}

/// What of an answer does not fit the action's `result_schema`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ResultError))]
pub struct Misfit {
    /// The JSON pointer into the body.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

/// What says which parts of a JSON do not fit a schema.
pub type Misfits<'a> = &'a dyn Fn(&Value) -> Vec<FieldError>;

impl From<FieldError> for Misfit {
    fn from(FieldError { pointer, detail }: FieldError) -> Self {
        Self { pointer, detail }
    }
}

impl Invocation {
    /// The same as it is to be shown at `now`: one that runs for longer than any can was interrupted.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        const GRACE: std::time::Duration = std::time::Duration::from_secs(10);
        let is_over = now > self.started_at.plus(LONGEST_INVOCATION + GRACE);
        if self.status == InvocationStatus::Running && is_over {
            self.status = InvocationStatus::Interrupted;
        }
        self
    }

    /// Whether `caller`, who may read invocations, may read the content of this one: with a role that could invoke the
    /// action, or as one who may read everything.
    pub fn content_is_open_to(&self, caller: &ApiKey) -> bool {
        let reads_all = caller.require(Scope::AdminRead).is_ok();
        let is_own = matches!(&self.invoker, Invoker::ApiKey { id, .. } if *id == caller.holder());
        reads_all || is_own || self.roles.iter().any(|role| caller.roles.contains(role))
    }
}

impl Response {
    /// What is kept of an answer. `misfits` says what of a JSON does not fit the action's `result_schema`.
    pub fn of(answer: &Answer, misfits: Option<Misfits<'_>>) -> Self {
        let (body, was_cut) = text(&answer.body);
        let body_truncated = answer.body_truncated || was_cut;
        let json = || serde_json::from_slice::<Value>(&answer.body).ok();
        let json = if body_truncated { None } else { json() };
        let (result, result_errors) = match (json, misfits) {
            (json, None) => (json, Vec::new()),
            (Some(json), Some(misfits)) => {
                let errors: Vec<Misfit> = misfits(&json).into_iter().map(Misfit::from).collect();
                (errors.is_empty().then_some(json), errors)
            }
            (None, Some(_)) => {
                let detail = if body_truncated { "is longer than is kept" } else { "is not JSON" };
                (None, vec![Misfit { pointer: String::new(), detail: detail.to_owned() }])
            }
        };
        let shown = |(name, value): &(String, String)| match HIDDEN_HEADERS.contains(&name.as_str()) {
            true => (name.clone(), HIDDEN_VALUE.to_owned()),
            false => (name.clone(), value.clone()),
        };
        let headers = answer.headers.iter().map(shown).collect();
        Self { status: answer.status, headers, body, body_truncated, result, result_errors }
    }
}

/// The text of a body, at most [`MAX_RESULT_BYTES`], and whether it was cut. A character that a cut goes through is left
/// out; other bytes that are not UTF-8 are replaced.
fn text(body: &[u8]) -> (String, bool) {
    let kept = &body[..body.len().min(MAX_RESULT_BYTES)];
    let whole = match std::str::from_utf8(kept) {
        // The first bytes of a character at the very end.
        Err(error) if error.error_len().is_none() => &kept[..error.valid_up_to()],
        Ok(_) | Err(_) => kept,
    };
    let mut text = String::from_utf8_lossy(whole).into_owned();
    let was_cut = whole.len() < body.len() || text.len() > MAX_RESULT_BYTES;
    // What replaces a byte takes three.
    text.truncate(text.floor_char_boundary(MAX_RESULT_BYTES));
    (text, was_cut)
}

/// The error for a text that names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 characters of A-Z, a-z, 0-9 and `.`, `_`, `-`, `:`, `@`, `+`, `/`")]
pub struct BadActor;

/// Checks for whom an invocation is made: the text goes into a header, and into what is signed.
///
/// # Errors
/// [`BadActor`].
pub fn check_actor(actor: &str) -> Result<(), BadActor> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-:@+/".contains(&b);
    if (1..=MAX_ACTOR_CHARS).contains(&actor.len()) && actor.bytes().all(allowed) {
        Ok(())
    } else {
        Err(BadActor)
    }
}

/// The name of a program as it is kept: visible characters, and not too many.
pub fn shown_client(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(MAX_CLIENT_CHARS).collect()
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} attempts)", self.attempt_log.len())
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn answer(body: &[u8]) -> Answer {
        Answer { status: 200, headers: Vec::new(), body: body.to_vec(), body_truncated: false }
    }

    #[test]
    fn a_long_answer_is_cut_between_two_characters() {
        let body = "é".repeat(MAX_RESULT_BYTES);
        let shown = Response::of(&answer(&[b"a", body.as_bytes()].concat()), None);
        assert!(shown.body_truncated && shown.result.is_none());
        assert_eq!(shown.body.len(), MAX_RESULT_BYTES - 1);
        assert!(shown.body.ends_with('é') && !shown.body.contains('\u{fffd}'));
    }

    #[test]
    fn a_whole_json_answer_is_a_result_if_it_fits() {
        let fits = |_: &Value| Vec::new();
        let misfits =
            |_: &Value| vec![FieldError { pointer: "/a".to_owned(), detail: "is no text".to_owned() }];
        assert_eq!(Response::of(&answer(b"{\"a\":1}"), Some(&fits)).result, Some(json!({ "a": 1 })));
        let shown = Response::of(&answer(b"{\"a\":1}"), Some(&misfits));
        assert_eq!((shown.result, shown.result_errors[0].pointer.as_str()), (None, "/a"));
        assert_eq!(Response::of(&answer(b"ok"), Some(&fits)).result_errors[0].detail, "is not JSON");
        assert_eq!(Response::of(&answer(b""), None).result, None);
        let cookies = Answer { headers: vec![("set-cookie".to_owned(), "s=1".to_owned())], ..answer(b"") };
        assert_eq!(Response::of(&cookies, None).headers[0].1, HIDDEN_VALUE);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_text_of_bounded_size(body in prop::collection::vec(any::<u8>(), 0..200), times in 1..400usize) {
            let body = body.repeat(times);
            let shown = Response::of(&answer(&body), None);
            prop_assert!(shown.body.len() <= MAX_RESULT_BYTES);
            prop_assert!(shown.body_truncated || std::str::from_utf8(&body).map_or(true, |text| text == shown.body));
        }
    }

    #[test]
    fn an_actor_is_a_plain_label() {
        for actor in ["user_81", "ann@example.com", "team:a/b"] {
            assert_eq!(check_actor(actor), Ok(()));
        }
        for actor in ["", "a b", "a\r\nX: y", "é", &"x".repeat(129)] {
            assert_eq!(check_actor(actor), Err(BadActor), "{actor}");
        }
    }
}

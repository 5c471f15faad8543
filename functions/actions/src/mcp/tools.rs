//! Which tools does an API key have, and what does a tool answer?
//! The actions that the key may invoke now, by their names, and those tools about deliveries that its scopes allow. Any other
//! is unknown to it. An action takes precedence over a tool of the same name.

use domain::access::api_key::{ApiKey, Scope};
use domain::action::ActionSettings;
use domain::action::name::ActionName;
use domain::problem::Problem;
use serde_json::{Map, Value, json};
use usecases::UseCaseError;
use usecases::act::actions::Actions;
use usecases::act::invoke_action::{invocable_action, invocable_actions, note_unknown};

use super::{explaining, invoking};

/// What a tool answers.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// Texts for the model.
    pub(super) texts: Vec<String>,
    /// The same for programs.
    pub(super) structured: Option<Value>,
    /// Whether the tool has not done what it was called for.
    pub(super) is_error: bool,
}

impl Outcome {
    /// Data of the API.
    pub(super) fn data(data: Value) -> Self {
        Self { texts: vec![data.to_string()], structured: Some(data), is_error: false }
    }

    /// It was not done, for a reason in words that say what to do.
    pub(super) fn refused(text: impl Into<String>) -> Self {
        Self { texts: vec![text.into()], structured: None, is_error: true }
    }

    /// It was not done, for a problem that the API would answer with. `within` is the JSON pointer of a tool's arguments in
    /// what the use case was asked.
    pub(super) fn problem(problem: &Problem, within: &str) -> Self {
        let mut text = format!("Not done ({}): ", problem.kind().code);
        let errors = problem.errors();
        if errors.is_empty() {
            text.push_str(&problem.to_string());
        } else {
            text.push_str("correct these arguments and call again.");
            for error in errors {
                let pointer = match error.pointer.as_str() {
                    "Idempotency-Key" => "/idempotency_key",
                    pointer => pointer.strip_prefix(within).unwrap_or(pointer),
                };
                let pointer = if pointer.is_empty() { "the arguments" } else { pointer };
                text.push_str(&format!("\n- {pointer}: {}", error.detail));
            }
        }
        Self::refused(text)
    }

    /// The result of `tools/call`.
    pub(super) fn shown(self) -> Value {
        let texts = self.texts.into_iter().map(|text| json!({ "type": "text", "text": text }));
        let mut result = json!({ "content": texts.collect::<Vec<_>>(), "isError": self.is_error });
        if let Some(structured) = self.structured {
            result["structuredContent"] = structured;
        }
        result
    }
}

/// The tools of a key.
pub(super) async fn list(actions: &Actions, caller: &ApiKey) -> Result<Vec<Value>, UseCaseError> {
    let runnable = runnable(actions, caller).await?;
    let own = explaining::TOOLS.iter().filter(|tool| caller.require(tool.scope).is_ok());
    let own = own.filter(|tool| runnable.iter().all(|action| action.name.as_str() != tool.name));
    Ok(runnable.iter().map(invoking::tool).chain(own.map(explaining::Tool::shown)).collect())
}

/// Calls a tool. `None` is one that the key does not have.
pub(super) async fn call(
    actions: &Actions,
    caller: &ApiKey,
    name: &str,
    (arguments, client): (Map<String, Value>, Option<String>),
) -> Result<Option<Outcome>, UseCaseError> {
    let action_name = name.parse::<ActionName>().ok();
    let action = match &action_name {
        Some(name) if caller.require(Scope::Actions).is_ok() => {
            invocable_action(actions, caller, name).await?
        }
        _ => None,
    };
    let called = if let Some(action) = action {
        invoking::call(actions, caller, &action, (arguments, client)).await
    } else {
        let own = explaining::TOOLS.iter().find(|tool| tool.name == name);
        let Some(own) = own.filter(|tool| caller.require(tool.scope).is_ok()) else {
            if let Some(name) = &action_name {
                note_unknown(caller, name);
            }
            return Ok(None);
        };
        own.call(actions, caller, arguments).await
    };
    match called {
        Ok(outcome) => Ok(Some(outcome)),
        Err(UseCaseError::Problem(problem)) => Ok(Some(Outcome::problem(&problem, "/parameters"))),
        Err(fault) => Err(fault),
    }
}

async fn runnable(actions: &Actions, caller: &ApiKey) -> Result<Vec<ActionSettings>, UseCaseError> {
    if caller.require(Scope::Actions).is_err() {
        return Ok(Vec::new());
    }
    let mut runnable = invocable_actions(actions, caller).await?;
    runnable.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
    Ok(runnable)
}

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
use usecases::manage::listing::fitting;

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

/// A page of the tools of a key, by name.
#[derive(Debug)]
pub(super) struct Listed {
    /// The tools.
    pub(super) tools: Vec<Value>,
    /// The name of the last one, if there are more.
    pub(super) next: Option<String>,
}

/// The tools of a key whose names come `after` this one, as many as fit into an answer.
pub(super) async fn list(
    actions: &Actions,
    caller: &ApiKey,
    after: Option<&str>,
) -> Result<Listed, UseCaseError> {
    let runnable = runnable(actions, caller).await?;
    let own = explaining::TOOLS.iter().filter(|tool| caller.require(tool.scope).is_ok());
    let own = own.filter(|tool| runnable.iter().all(|action| action.name.as_str() != tool.name));
    let own = own.map(|tool| (tool.name, tool.shown()));
    let mut tools: Vec<_> =
        runnable.iter().map(|action| (action.name.as_str(), invoking::tool(action))).chain(own).collect();
    tools.retain(|(name, _)| after.is_none_or(|after| *name > after));
    tools.sort_unstable_by_key(|(name, _)| *name);
    let fits = fitting(&tools, |(_, tool)| tool);
    let next = tools.get(..fits).filter(|_| fits < tools.len()).and_then(<[_]>::last);
    let next = next.map(|(name, _)| (*name).to_owned());
    Ok(Listed { tools: tools.into_iter().take(fits).map(|(_, tool)| tool).collect(), next })
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
    invocable_actions(actions, caller).await
}

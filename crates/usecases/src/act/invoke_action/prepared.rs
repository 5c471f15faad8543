//! Does the request to invoke an action fit it, and what would be sent?
//! The parameters are checked by the action's schema; a dry run shows the request itself, without secrets.

use domain::access::api_key::Scope;
use domain::action::invocation::check_actor;
use domain::action::parameters::{MAX_LEVELS, MAX_PARAMETERS_BYTES};
use domain::action::render::Call;
use domain::action::{Action, Effect};
use domain::delivery::render::{Occasion, RenderedRequest};
use domain::endpoint::Endpoint;
use domain::endpoint::custom_headers::HIDDEN_VALUE;
use domain::json_depth::is_deeper_than;
use domain::problem::{Invalid, Problem};
use serde_json::Value;

use crate::act::actions::Actions;
use crate::act::invoke_action::{Caller, InvokeRequest};

/// The longest `Idempotency-Key`, in characters.
const MAX_KEY_CHARS: usize = 255;

/// A request that is not sent. Its headers may hold a signature, so no `Debug` of them.
pub struct Prepared {
    /// The endpoint of the action.
    pub endpoint: Endpoint,
    /// The URL of the call. For a caller who may not read the action's URL whole, what its query says literally is hidden.
    pub url: String,
    /// The request. The values of custom headers are hidden, and the signature: who has it could send the request past
    /// Posthorn, unconfirmed, unlimited and unrecorded.
    pub request: RenderedRequest,
}

impl Prepared {
    pub(super) fn of(
        actions: &Actions,
        (caller, request): (Caller<'_>, &InvokeRequest),
        action: &Action,
        call: &Call,
    ) -> Result<Self, Problem> {
        let url = match caller {
            Caller::Key(key) if key.require(Scope::Admin).is_ok() => call.endpoint.url.as_str().to_owned(),
            Caller::Key(_) | Caller::Rule { .. } => {
                let template = action.settings.url_template();
                let template = template.map_err(|error| Problem::invalid("/url", error.to_string()))?;
                let shown = template.render_shown(&request.parameters);
                shown.map_err(|error| Problem::Invalid(vec![error]))?
            }
        };
        let (at, nonce) = (actions.context.clock.now(), actions.context.randomness.bytes());
        let mut rendered = call.render(Occasion { number: 1, at, nonce, trace: None });
        for (name, value) in &mut rendered.headers {
            let is_signature = name.to_ascii_lowercase().ends_with("-signature");
            if action.settings.headers.contains_key(name) || is_signature {
                HIDDEN_VALUE.clone_into(value);
            }
        }
        Ok(Self { endpoint: call.endpoint.clone(), url, request: rendered })
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("endpoint", &self.endpoint.id).finish_non_exhaustive()
    }
}

/// Checks a request against its action, everything at once.
pub(super) async fn check(
    actions: &Actions,
    action: &Action,
    request: &InvokeRequest,
) -> Result<(), Problem> {
    let mut invalid = Invalid::new();
    let parameters = Value::Object(request.parameters.clone());
    let text = parameters.to_string();
    let fits = text.len() <= MAX_PARAMETERS_BYTES;
    invalid.require(fits, "/parameters", "may have at most 65536 bytes");
    if is_deeper_than(&text, MAX_LEVELS) {
        invalid.push("/parameters", "may be nested 32 levels deep");
    } else if fits {
        for misfit in actions.validators.misfits_of_parameters(action, &parameters).await {
            invalid.push(format!("/parameters{}", misfit.pointer), misfit.detail);
        }
    }
    if let Some(actor) = &request.actor {
        invalid.take("/actor", check_actor(actor));
    }
    match &request.idempotency_key {
        Some(key) => {
            let visible = key.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && key.trim() == key;
            let fits = (1..=MAX_KEY_CHARS).contains(&key.len());
            invalid.require(fits && visible, "Idempotency-Key", "must be 1 to 255 visible ASCII characters");
        }
        None if action.settings.effect != Effect::Read && !request.dry_run => {
            let words = "is required: this action changes something, and without a key a repeated request would do it twice";
            invalid.push("Idempotency-Key", words);
        }
        None if action.settings.asks_for_confirmation() && !request.dry_run => {
            invalid.push("Idempotency-Key", "is required: a confirmation is for one key");
        }
        None => {}
    }
    invalid.into_result()
}

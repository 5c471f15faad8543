//! What is signed, sent or verified at once at a caller's request? Invocations of actions, by a program or by an agent
//! ([`mcp`]), test events, previews, curl commands, samples of providers, and the signature doctor.
//! Only HTTP: requests become calls of use cases, and their results become answers. The decisions are in
//! `usecases::act`.

mod invocations;
mod mcp;
mod previews;
mod rule_tests;
mod samples;
pub mod setup;
mod test_events;
mod verifications;

use axum::Router;
use http_kit::idempotency::idempotent_but;
use usecases::act::actions::Actions;

/// The routes of this function. The template has a route for each of its paths, and gives every other path to another
/// function.
pub fn router(actions: Actions) -> Router {
    idempotent_but(OWN_CLAIMS, routes(), actions.clone()).with_state(actions)
}

/// Routes whose use cases claim the `Idempotency-Key` themselves, and hand it on.
const OWN_CLAIMS: &[&str] = &["/v1/actions/{action}/invoke", "/v1/mcp"];

http_kit::operations! { Actions:
    invocations::invoke [Actions] or ActionDisabled, ActionBusy, ActionFailing;
    invocations::list [ActionsRead] or NotFound;
    invocations::read [ActionsRead];
    mcp::answer [];
    test_events::send [Webhooks];
    previews::preview [WebhooksRead] or TemplateFailed;
    previews::curl [Deliveries, EventsRead] or TemplateFailed;
    verifications::verify [WebhooksRead] or NotFound;
    samples::send [Sources] or ChangedMeanwhile;
    rule_tests::test [Rules, EventsRead] or NotFound;
}

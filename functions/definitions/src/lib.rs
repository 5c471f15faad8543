//! What is defined? The catalogue; rules; actions; sources, and what they received. Which route leads to which handler?
//!
//! Only HTTP is here: [`v1`] has one file a noun, and the decisions are in `usecases`. This function holds no way to the
//! table or the internet; `deny.toml` keeps both out of its dependencies.

pub mod setup;
mod v1;

use axum::Router;
use http_kit::idempotent;
use usecases::manage::management::Management;

use crate::v1::{actions, event_types, received_requests, rules, sources};

/// The routes of this function. The template has a route for each of its nouns, and gives every other path to another
/// function.
pub fn router(management: Management) -> Router {
    idempotent(routes(), management.clone()).with_state(management)
}

http_kit::operations! { Management:
    event_types::create [Catalogue] or EventTypeExists, TooManyEventTypes;
    event_types::list [];
    event_types::read [];
    event_types::update [Catalogue] or ChangedMeanwhile, PreconditionFailed;
    event_types::delete [Catalogue] or ChangedMeanwhile;
    event_types::add_version [Catalogue] or ChangedMeanwhile;
    event_types::versions [];
    event_types::version [];
    event_types::import [Catalogue] or ChangedMeanwhile, TooManyEventTypes;
    event_types::seen [EventsRead] or NotFound;
    event_types::counts [EventsRead] or NotFound;
    event_types::mismatches [EventsRead] or NotFound;

    rules::create [Rules] or NotFound, TooManyRules, TooManyEndpoints, ChangedMeanwhile;
    rules::list [RulesRead] or NotFound;
    rules::read [RulesRead];
    rules::update [Rules] or TooManyEndpoints, ChangedMeanwhile, PreconditionFailed;
    rules::delete [Rules] or ChangedMeanwhile;
    rules::firings [RulesRead, EventsRead];
    rules::statistics [RulesRead, EventsRead];
    rules::fired [RulesRead, EventsRead] or NotFound;

    actions::create [Admin] or NotFound, ActionExists, TooManyActions, TooManyEndpoints;
    actions::list [ActionsRead] or NotFound;
    actions::read [ActionsRead];
    actions::update [Admin] or ChangedMeanwhile, PreconditionFailed;
    actions::delete [Admin] or ChangedMeanwhile;
    actions::rotate [Admin] or TooManySecrets, ChangedMeanwhile;
    actions::end_overlap [Admin] or ChangedMeanwhile;

    sources::create [Sources] or NotFound, TooManySources;
    sources::list [SourcesRead] or NotFound;
    sources::read [SourcesRead];
    sources::update [Sources] or ChangedMeanwhile, PreconditionFailed;
    sources::delete [Sources];
    sources::rotate [Sources] or TooManySecrets, ChangedMeanwhile;
    sources::end_overlap [Sources] or ChangedMeanwhile;
    received_requests::list [SourcesRead];
    received_requests::read [SourcesRead];
    received_requests::body [Sources];
}

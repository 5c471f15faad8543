//! The REST API: endpoints, deliveries, events, workspaces, API keys; and the console. Which route leads to which handler?
//!
//! Only HTTP is here: [`v1`] has one file a noun, [`console`] serves static files, and the decisions are in `usecases`.
//! This function holds no way to the table or the internet; `deny.toml` keeps both out of its dependencies.

mod compressed;
pub mod console;
pub mod setup;
mod v1;

use axum::Router;
use http_kit::idempotency::idempotent_but;
use usecases::manage::management::Management;

use crate::console::{Embedded, Files};
use crate::v1::{
    api_keys, audit, deleted_endpoints, deliveries, endpoints, events, explanations, health, jwks, openapi,
    portal, portal_links, replays, sessions, statistics, undelivered, workspace_deliveries, workspaces,
};

/// The routes of this function.
pub fn router(management: Management) -> Router {
    router_with(management, Embedded)
}

/// The same with the console's files from elsewhere.
pub fn router_with(management: Management, files: impl Files) -> Router {
    // A login that is repeated is another login, and no token of one is kept.
    idempotent_but(&["/v1/sessions"], routes(), management.clone())
        .with_state(management.clone())
        .merge(console::routes(management, files))
}

http_kit::operations! { Management:
    health::health public;
    openapi::read public;

    endpoints::create [Webhooks] or NotFound, TooManyEndpoints, UidTaken;
    endpoints::list [WebhooksRead] or NotFound;
    endpoints::read [WebhooksRead];
    endpoints::update [Webhooks] or BelongsTo, ChangedMeanwhile, PreconditionFailed, UidTaken;
    endpoints::delete [Webhooks] or BelongsTo;
    endpoints::rotate [Webhooks] or TooManySecrets, ChangedMeanwhile;
    endpoints::end_overlap [Webhooks] or ChangedMeanwhile;
    deleted_endpoints::list [WebhooksRead] or NotFound;
    deleted_endpoints::read [WebhooksRead];
    deliveries::list [DeliveriesRead];
    deliveries::read [DeliveriesRead];
    statistics::of_endpoint [DeliveriesRead];
    statistics::of_several [DeliveriesRead] or NotFound;
    undelivered::list [DeliveriesRead] or NotFound;
    workspace_deliveries::list [DeliveriesRead] or NotFound;
    workspace_deliveries::read [DeliveriesRead];

    events::list [EventsRead] or NotFound;
    events::read [EventsRead];
    events::deliveries [EventsRead];
    events::erase [Events];
    explanations::explain [EventsRead];

    replays::one_delivery [Deliveries] or EndpointDisabled, EventErased;
    replays::one_event [Deliveries] or EndpointDisabled, EventErased;
    replays::window [Deliveries] or EndpointDisabled;
    replays::list [DeliveriesRead] or NotFound;
    replays::read [DeliveriesRead];
    replays::cancel [Deliveries] or ReplayOver;

    workspaces::create [Workspaces] or UidTaken;
    workspaces::list [WorkspacesRead];
    workspaces::read [WorkspacesRead];
    workspaces::update [Workspaces] or RaisesOwnQuota, ChangedMeanwhile, PreconditionFailed, UidTaken;
    workspaces::delete [Workspaces];
    statistics::of_workspace [DeliveriesRead];
    jwks::read public;

    api_keys::create [Admin] or NotFound;
    api_keys::list [AdminRead] or NotFound;
    api_keys::read [AdminRead];
    api_keys::rotate [Admin] or OutlivesOwnKey, TooManyKeySecrets, ChangedMeanwhile;
    api_keys::delete [Admin] or ChangedMeanwhile;
    api_keys::me [];

    sessions::create [] or MissingScope, NeedsApiKey, NotFound;
    sessions::delete [] or NotFound;
    portal::look public or NotFound;
    portal_links::create [Webhooks] or NeedsApiKey, NotFound;
    portal_links::list [WebhooksRead] or NeedsApiKey, NotFound;
    portal_links::delete [Webhooks] or NeedsApiKey;

    audit::list [AdminRead] or NotFound;
}

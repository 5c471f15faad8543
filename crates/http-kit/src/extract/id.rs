//! Which thing does the path name?
//! An extractor of ids: the parameter of the route that has the id's own name. A path that holds no such id, or is not
//! even text (`%ff`), names nothing: 404.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::id::{ApiKeyId, DeliveryId, EndpointId, EventId, ReplayId, WorkspaceId};
use domain::problem::Problem;

use crate::error_response::ErrorResponse;

/// An id of the path.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

/// An id that paths name.
pub trait InPath: FromStr {
    /// The parameter's name in a route, as in `{endpoint}`.
    const PARAMETER: &'static str;
    /// What it is an id of, for people.
    const OF: &'static str;
}

macro_rules! in_path {
    ($($id:ty: $parameter:literal, $of:literal;)*) => {
        $(impl InPath for $id {
            const PARAMETER: &'static str = $parameter;
            const OF: &'static str = $of;
        })*
    };
}

in_path! {
    ApiKeyId: "key", "API key";
    DeliveryId: "delivery", "delivery";
    EndpointId: "endpoint", "endpoint";
    EventId: "event", "event";
    ReplayId: "replay", "replay";
    WorkspaceId: "workspace", "workspace";
}

impl<S: Send + Sync, T: InPath> FromRequestParts<S> for Id<T> {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ErrorResponse> {
        let parameters = RawPathParams::from_request_parts(parts, state).await.ok();
        let text = parameters.iter().flatten().find(|(name, _)| *name == T::PARAMETER);
        let id = text.and_then(|(_, text)| text.parse().ok());
        id.map(Self).ok_or_else(|| Problem::NotFound(T::OF).into())
    }
}

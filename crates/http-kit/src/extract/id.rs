//! Which thing does the path name?
//! An extractor of ids: the parameter of the route that has the id's own name, which may be a uid instead. A path that
//! holds neither, or is not even text (`%ff`), names nothing: 404.

use std::future::{Future, ready};
use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::action::name::ActionName;
use domain::event::event_type::{BadEventType, EventType};
use domain::id::{
    ApiKeyId, DeliveryId, EndpointId, EventId, InvocationId, PortalLinkId, ReceivedRequestId, ReplayId,
    RuleId, SourceId, WorkspaceId,
};
use domain::problem::Problem;
use domain::uid::{EventIdOrUid, IdOrUid, Uid, WorkspaceIdOrUid};
use usecases::UseCaseError;

use crate::error_response::ErrorResponse;
use crate::extract::caller::{Caller, HoldsApiKeys};
use crate::extract::query::pairs;

/// An id of the path.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

/// An id that paths name.
pub trait InPath: FromStr {
    /// The parameter's name in a route, as in `{endpoint}`.
    const PARAMETER: &'static str;
    /// What it is an id of, for people.
    const OF: &'static str;

    /// The id of the thing that has the uid; `None` if none has, or things of this kind have no uids.
    ///
    /// Of the uid of an endpoint or event, the caller or the query names the workspace.
    fn of_uid<S: HoldsApiKeys + Sync>(
        _: &Uid,
        _: &mut Parts,
        _: &S,
    ) -> impl Future<Output = Result<Option<Self>, ErrorResponse>> + Send
    where
        Self: Send,
    {
        ready(Ok(None))
    }

    /// The thing with the id, if it is where the query says.
    fn of_id<S: HoldsApiKeys + Sync>(
        self,
        _: &mut Parts,
        _: &S,
    ) -> impl Future<Output = Result<Self, ErrorResponse>> + Send
    where
        Self: Send,
    {
        ready(Ok(self))
    }
}

macro_rules! in_path {
    ($($id:ty: $parameter:literal, $of:literal;)*) => {
        $(impl InPath for $id {
            const PARAMETER: &'static str = $parameter;
            const OF: &'static str = $of;
        })*
    };
}

/// The name of an event type in a path. A `/` of it is written `%2F`, or `~` where something on the way decodes that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTypeName(pub EventType);

impl FromStr for EventTypeName {
    type Err = BadEventType;

    fn from_str(text: &str) -> Result<Self, BadEventType> {
        // What was encoded twice, for a gateway that decodes once, is encoded once where there is none.
        let text = text.replace('~', "/").replace("%2F", "/").replace("%2f", "/");
        EventType::parse(&text.replace("%3A", ":").replace("%3a", ":")).map(Self)
    }
}

/// The number of a version in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionNumber(pub u32);

impl FromStr for VersionNumber {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

in_path! {
    EventTypeName: "event_type", "event type";
    VersionNumber: "version", "version of this schema";
    ActionName: "action", "action";
    InvocationId: "invocation", "invocation";
    ApiKeyId: "key", "API key";
    PortalLinkId: "link", "portal link";
    DeliveryId: "delivery", "delivery";
    ReceivedRequestId: "request", "received request";
    ReplayId: "replay", "replay";
    RuleId: "rule", "rule";
    SourceId: "source", "source";
    // For an event whose workspace the body names: the use case resolves the uid.
    EventIdOrUid: "event", "event";
}

impl InPath for WorkspaceId {
    const PARAMETER: &'static str = "workspace";
    const OF: &'static str = "workspace";

    async fn of_uid<S: HoldsApiKeys + Sync>(
        uid: &Uid,
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, ErrorResponse> {
        // Only for those who may open the workspace: else anybody could find out which uids there are.
        let caller = match Caller::of(parts, state).await {
            Ok(caller) => caller,
            Err(ErrorResponse(UseCaseError::Problem(_))) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let id = state.context().workspace_of_uid(uid).await?;
        Ok(id.filter(|id| caller.workspace(Some(*id)).is_ok()))
    }
}

impl InPath for EndpointId {
    const PARAMETER: &'static str = "endpoint";
    const OF: &'static str = "endpoint";

    async fn of_uid<S: HoldsApiKeys + Sync>(
        uid: &Uid,
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, ErrorResponse> {
        let caller = Caller::of(parts, state).await?;
        let named = IdOrUid::Uid(uid.clone());
        Ok(Some(state.context().endpoint_id(&caller, workspace(parts)?, named).await?))
    }

    async fn of_id<S: HoldsApiKeys + Sync>(
        self,
        parts: &mut Parts,
        state: &S,
    ) -> Result<Self, ErrorResponse> {
        let Some(workspace) = workspace(parts)? else { return Ok(self) };
        let caller = Caller::of(parts, state).await?;
        Ok(state.context().endpoint_in(&caller, Some(workspace), IdOrUid::Id(self)).await?)
    }
}

impl InPath for EventId {
    const PARAMETER: &'static str = "event";
    const OF: &'static str = "event";

    async fn of_uid<S: HoldsApiKeys + Sync>(
        uid: &Uid,
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, ErrorResponse> {
        let (caller, context) = (Caller::of(parts, state).await?, state.context());
        let workspace = context.workspace_id(&caller, workspace(parts)?).await?;
        Ok(Some(context.event_id(workspace, IdOrUid::Uid(uid.clone())).await?))
    }
}

impl<S: HoldsApiKeys + Send + Sync, T: InPath + Send> FromRequestParts<S> for Id<T> {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ErrorResponse> {
        let parameters = RawPathParams::from_request_parts(parts, state).await.ok();
        let text = parameters.iter().flatten().find(|(name, _)| *name == T::PARAMETER);
        let text = text.map(|(_, text)| text.to_owned()).unwrap_or_default();
        let id = text.parse::<T>().ok();
        if let Some(id) = id {
            return id.of_id(parts, state).await.map(Self);
        }
        let id = match text.parse() {
            Ok(uid) => T::of_uid(&uid, parts, state).await?,
            Err(_) => None,
        };
        id.map(Self).ok_or_else(|| Problem::NotFound(T::OF).into())
    }
}

/// The workspace that the query names.
fn workspace(parts: &Parts) -> Result<Option<WorkspaceIdOrUid>, Problem> {
    const NAME: &str = "workspace_id";
    let mut named = pairs(parts).filter(|(name, _)| name == NAME).map(|(_, text)| text);
    let (first, second) = (named.next(), named.next());
    if second.is_some() {
        return Err(Problem::invalid(NAME, "is given more than once"));
    }
    first
        .map(|text| text.parse())
        .transpose()
        .map_err(|error: domain::uid::BadIdOrUid| Problem::invalid(NAME, error.to_string()))
}

//! What surrounds a handler whose request can be repeated?
//! Middleware for `Idempotency-Key`: claim the key, run the handler, keep its answer. Only `POST` is repeatable by a key;
//! the other methods are by themselves. The decisions are in [`usecases::idempotent_request`].

use std::sync::Arc;

use api::verifications::MAX_REQUEST_BYTES;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use usecases::act::actions::Actions;
use usecases::idempotent_request::{AnswerHead, Begun, ClaimedId, IdempotentRequest, KeptAnswer, begin};
use usecases::manage::management::Management;
use usecases::receive::receiving::Receiving;
use usecases::{Context, Fault, UseCaseError};

use crate::error_response::ErrorResponse;
use crate::extract::body::read_body;
use crate::extract::caller::{Caller, HoldsApiKeys};
use crate::http_api::RequestId;
use crate::idempotency_key::{KEY, idempotency_key, replayed_answer};

/// A router's state for one request: with its id, and its claim if it has one.
pub trait HoldsContext: HoldsApiKeys {
    /// The same state with its context changed so.
    #[must_use]
    fn with(self, change: impl FnOnce(Context) -> Context) -> Self;
}

impl HoldsContext for Management {
    fn with(self, change: impl FnOnce(Context) -> Context) -> Self {
        Self { context: change(self.context), ..self }
    }
}

impl HoldsContext for Receiving {
    fn with(mut self, change: impl FnOnce(Context) -> Context) -> Self {
        self.intake.context = change(self.intake.context);
        self
    }
}

impl HoldsContext for Actions {
    fn with(self, change: impl FnOnce(Context) -> Context) -> Self {
        Self { context: change(self.context), ..self }
    }
}

/// A router's state in the request under way, for a handler that changes something: the audit entry names the request.
#[derive(Debug, Clone, Copy)]
pub struct InRequest<S>(pub S);

impl<S: HoldsContext + Clone + Send + Sync> FromRequestParts<S> for InRequest<S> {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ErrorResponse> {
        let id = parts.extensions.get::<RequestId>().map(|RequestId(id)| Arc::clone(id));
        Ok(Self(state.clone().with(|context| context.with_request_id(id))))
    }
}

/// The same under the idempotency claim of the request, for a handler that makes something.
#[derive(Debug, Clone, Copy)]
pub struct UnderClaim<S>(pub S);

impl<S: HoldsContext + Clone + Send + Sync> FromRequestParts<S> for UnderClaim<S> {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ErrorResponse> {
        let claim: Option<ClaimedId> = parts.extensions.get().copied();
        let InRequest(state) = InRequest::from_request_parts(parts, state).await?;
        Ok(Self(state.with(|context| context.with_claim(claim))))
    }
}

/// Lets every POST of the router be repeated under an `Idempotency-Key`.
pub fn idempotent<S>(router: Router<S>, state: S) -> Router<S>
where
    S: HoldsContext + HoldsApiKeys + Clone + Send + Sync + 'static,
{
    idempotent_but(&[], router, state)
}

/// The same, but for the routes with these paths: their use cases claim the key themselves.
pub fn idempotent_but<S>(own_claims: &'static [&'static str], router: Router<S>, state: S) -> Router<S>
where
    S: HoldsContext + HoldsApiKeys + Clone + Send + Sync + 'static,
{
    router.route_layer(from_fn_with_state((state, own_claims), repeatable::<S>))
}

async fn repeatable<S>(
    State((state, own_claims)): State<(S, &'static [&'static str])>,
    request: Request,
    next: Next,
) -> Response
where
    S: HoldsContext + HoldsApiKeys + Clone + Send + Sync + 'static,
{
    let path = request.extensions().get::<MatchedPath>();
    let claims_itself = path.is_some_and(|path| own_claims.contains(&path.as_str()));
    if request.method() != Method::POST || claims_itself {
        return next.run(request).await;
    }
    match repeat(&state, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn repeat<S>(state: &S, request: Request, next: Next) -> Result<Response, ErrorResponse>
where
    S: HoldsContext + HoldsApiKeys + Send + Sync,
{
    let context = state.context();
    // 1. Does its caller want to be able to repeat it?
    let (mut parts, body) = request.into_parts();
    if !parts.headers.contains_key(KEY) {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let caller = Caller::of(&mut parts, state).await?;
    let key = idempotency_key(&parts.headers)?.unwrap_or_default().to_owned();

    // 2. Claim the key for exactly this request.
    // Up to the most that any of them takes: each handler has a bound of its own besides.
    let body = read_body(body, MAX_REQUEST_BYTES).await?;
    let (path, query) = (parts.uri.path().as_bytes(), parts.uri.query().unwrap_or_default().as_bytes());
    let same = IdempotentRequest { key: &key, parts: [path, query, &body] };
    let claim = match begin(context, &caller, &same).await? {
        Begun::Before(answer) => return Ok(replayed_answer(response(answer)?)),
        Begun::Anew(claim) => claim,
    };

    // 3. Carry it out, under the claim.
    parts.extensions.insert(claim.claimed);
    let (parts, body) = next.run(Request::from_parts(parts, Body::from(body))).await.into_parts();
    let body = body.collect().await.map_err(|_| broken("a handler's answer broke off"))?.to_bytes();

    // 4. Keep the answer.
    let headers = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let head = AnswerHead { status: parts.status.as_u16(), headers: headers.collect() };
    let answer = KeptAnswer { head, body: body.to_vec() };
    claim.end(context, &answer).await;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// The kept answer as it was.
fn response(answer: KeptAnswer) -> Result<Response, ErrorResponse> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.head.status).map_err(|_| broken("a kept answer has no HTTP status"))?;
    for (name, value) in answer.head.headers {
        let name = HeaderName::try_from(name).map_err(|_| broken("a kept answer has no header"))?;
        let value = HeaderValue::try_from(value).map_err(|_| broken("a kept answer has no header"))?;
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

fn broken(what: &str) -> UseCaseError {
    Fault::Broken(what.to_owned()).into()
}

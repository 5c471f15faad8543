//! How is a session opened and ended?
//! Login without keeping the key: an API key, or a token that works once, is exchanged for a session of twelve hours.

use std::sync::Arc;

use domain::access::api_key::{ApiKey, ApiKeySecret, Scope};
use domain::access::login::{LoginKind, ONE_TIME_PREFIX, ONE_TIME_TOKEN_LASTS, SESSION_PREFIX};
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, Change};
use domain::id::SessionId;
use domain::problem::Problem;
use domain::uid::WorkspaceIdOrUid;

use crate::context::Context;
use crate::error::{Fault, UseCaseError};
use crate::manage::authenticate::authenticate;
use crate::manage::management::Management;

/// A token that its holder shows once, or that is shown to its holder once.
pub type Token = ApiKeySecret;

/// With what a session is opened.
#[derive(Debug)]
pub struct Opener {
    key: Arc<ApiKey>,
    /// The digest of the key's secret.
    made_with: String,
    /// The digest of the token that works once, if it was one.
    one_time: Option<String>,
}

/// The API key that the caller sent, or the key of the token that works once.
///
/// # Errors
/// [`Problem::Unauthorized`] when it does not work, or no more.
pub async fn session_opener(context: &Context, sent: Option<Token>) -> Result<Opener, UseCaseError> {
    let now = context.clock.now();
    let sent = sent.ok_or(Problem::Unauthorized)?;
    if !sent.reveal().starts_with(ONE_TIME_PREFIX) {
        let made_with = sent.digest();
        return Ok(Opener { key: authenticate(context, Some(sent)).await?, made_with, one_time: None });
    }
    let one_time = sent.digest();
    let made_with = context.store.key_of_session_opener(&one_time, now).await.map_err(Fault::from)?;
    let made_with = made_with.ok_or(Problem::Unauthorized)?;
    let key = context.cache.api_key(&made_with, now).await?;
    let key = key.filter(|key| key.is_valid_at(now)).ok_or(Problem::Unauthorized)?;
    Ok(Opener { key, made_with, one_time: Some(one_time) })
}

/// Opens a session: with all rights of its opener, or with these scopes and for this workspace only.
///
/// # Errors
/// [`Problem::Unauthorized`] when the token that works once was used meanwhile; [`Problem::NeedsApiKey`] for a session or
/// portal link; [`UseCaseError::Problem`] for scopes that the key lacks, or a workspace that it has no access to.
pub async fn open_session(
    management: &Management,
    Opener { key, made_with, one_time }: Opener,
    workspace: Option<WorkspaceIdOrUid>,
    scopes: Option<Vec<Scope>>,
) -> Result<(SessionId, ApiKey, Token), UseCaseError> {
    let context = &management.context;
    let now = context.clock.now();
    // 1. What may the session do, and where?
    let workspace_id = match (key.workspace_id, workspace) {
        (None, None) => None,
        (_, named) => Some(management.workspace(&key, named).await?.id),
    };
    let id = context.new_id(now, SessionId::new);
    let session = key.session(id, (workspace_id, scopes), made_with, now)?;

    // 2. Write it down. A token that works once is used up by that.
    let token = Token::with_prefix(SESSION_PREFIX, &context.randomness.bytes());
    let changes = Changes::created(Snapshot::of_login(&session));
    let entry = context.entry(&*key, Change::of_api_key(Action::SessionCreated, &session, changes));
    let digest = token.digest();
    if !context.store.save_session(&session, &digest, one_time.as_deref(), Some(&entry)).await? {
        return Err(Problem::Unauthorized.into());
    }
    Ok((id, session, token))
}

/// Ends the session of the caller, who sent `token`.
///
/// # Errors
/// [`Problem::NotFound`] when the caller has no session.
pub async fn end_session(
    context: &Context,
    caller: &ApiKey,
    token: Option<Token>,
) -> Result<(), UseCaseError> {
    let is_session =
        matches!(caller.login.as_deref().map(|login| &login.kind), Some(LoginKind::Session { .. }));
    let token = token.filter(|_| is_session).ok_or(Problem::NotFound("session"))?;
    let changes = Changes::deleted(Snapshot::of_login(caller));
    let entry = context.entry(caller, Change::of_api_key(Action::SessionDeleted, caller, changes));
    context.store.delete_session(&token.digest(), Some(&entry)).await?;
    context.cache.forget_api_keys();
    Ok(())
}

/// A token that opens one session with this API key, within an hour. For operators: it checks no caller.
///
/// # Errors
/// [`UseCaseError::Fault`] when the table cannot be written.
pub async fn one_time_token(context: &Context, key: &ApiKeySecret) -> Result<Token, UseCaseError> {
    let token = Token::with_prefix(ONE_TIME_PREFIX, &context.randomness.bytes());
    let ends_at = context.clock.now().plus(ONE_TIME_TOKEN_LASTS);
    context.store.save_session_opener(&token.digest(), &key.digest(), ends_at).await?;
    Ok(token)
}

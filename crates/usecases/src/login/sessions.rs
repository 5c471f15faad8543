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

/// Opens a session with the API key, or the token that works once, that the caller sent: with all its rights, or with these
/// scopes and for this workspace only.
///
/// # Errors
/// [`Problem::Unauthorized`] when it does not work, or no more; [`Problem::NeedsApiKey`] for a session or portal link;
/// [`UseCaseError::Problem`] for scopes that the key lacks, or a workspace that it has no access to.
pub async fn open_session(
    management: &Management,
    sent: Option<Token>,
    workspace: Option<WorkspaceIdOrUid>,
    scopes: Option<Vec<Scope>>,
) -> Result<(SessionId, ApiKey, Token), UseCaseError> {
    let context = &management.context;
    let now = context.clock.now();
    // 1. Which key is it made with?
    let sent = sent.ok_or(Problem::Unauthorized)?;
    let opener = sent.reveal().starts_with(ONE_TIME_PREFIX).then(|| sent.digest());
    let (key, made_with): (Arc<ApiKey>, String) = match &opener {
        None => (authenticate(context, Some(sent.clone())).await?, sent.digest()),
        Some(opener) => {
            let made_with = context.store.key_of_session_opener(opener, now).await.map_err(Fault::from)?;
            let made_with = made_with.ok_or(Problem::Unauthorized)?;
            let key = context.cache.api_key(&made_with, now).await?;
            (key.filter(|key| key.is_valid_at(now)).ok_or(Problem::Unauthorized)?, made_with)
        }
    };

    // 2. What may the session do, and where?
    let workspace_id = match (key.workspace_id, workspace) {
        (None, None) => None,
        (_, named) => Some(management.workspace(&key, named).await?.id),
    };
    let id = context.new_id(now, SessionId::new);
    let session = key.session(id, (workspace_id, scopes), made_with, now)?;

    // 3. Write it down. A token that works once is used up by that.
    let token = Token::with_prefix(SESSION_PREFIX, &context.randomness.bytes());
    let changes = Changes::created(Snapshot::of_login(&session));
    let entry = context.entry(&*key, Change::of_api_key(Action::SessionCreated, &session, changes));
    let digest = token.digest();
    if !context.store.save_session(&session, &digest, opener.as_deref(), Some(&entry)).await? {
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

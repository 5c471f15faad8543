//! How is a portal link made, listed and revoked?
//! An expiring token of one workspace with few rights, in the fragment of a URL, which no log and no referrer ever holds.

use domain::access::api_key::{ApiKey, ApiKeySecret, Scope};
use domain::access::login::{PORTAL_PREFIX, PortalLinkRights};
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, Change};
use domain::id::PortalLinkId;
use domain::problem::Problem;
use domain::uid::WorkspaceIdOrUid;
use store::rows::logins::ListedPortalLink;
use store::{Order, Window};

use crate::error::UseCaseError;
use crate::manage::listing::{ListPage, Rows};
use crate::manage::management::Management;

/// The wishes of the maker of a portal link.
#[derive(Debug, Clone)]
pub struct NewPortalLink {
    /// The workspace that it leads to; that of the maker's key, if left out.
    pub workspace: Option<WorkspaceIdOrUid>,
    /// Its permissions.
    pub scopes: Vec<Scope>,
    /// How long it lasts, in seconds.
    pub expires_in_seconds: u64,
    /// Who it is handed to.
    pub user: Option<String>,
}

/// A portal link that was just made.
#[derive(Debug, Clone)]
pub struct MadePortalLink {
    /// Its id.
    pub id: PortalLinkId,
    /// What it may do.
    pub link: ApiKey,
    /// Where it leads. The token is in the fragment; only this answer has it.
    pub url: String,
}

/// Makes a portal link. `sent` is what the caller authenticated with. A repeated request that takes over puts its link in
/// the place of the one that the first made.
///
/// # Errors
/// [`Problem::NeedsApiKey`] for a portal link, [`UseCaseError::Problem`] for rights out of bounds or that the caller lacks,
/// or an unknown workspace.
pub async fn make_portal_link(
    management: &Management,
    caller: &ApiKey,
    sent: Option<ApiKeySecret>,
    wishes: NewPortalLink,
) -> Result<MadePortalLink, UseCaseError> {
    // 1. What may it do, and where?
    caller.require(Scope::Webhooks)?;
    let made_with = sent.ok_or(Problem::Unauthorized)?.digest();
    let NewPortalLink { workspace, scopes, expires_in_seconds, user } = wishes;
    let workspace = management.workspace(caller, workspace).await?.id;
    let context = &management.context;
    let now = context.clock.now();
    let id = context.new_id(now, PortalLinkId::new);
    let rights = PortalLinkRights { workspace, scopes, expires_in_seconds, user };
    let link = caller.portal_link(id, rights, made_with, now)?;

    // 2. The answer of the first request was lost, and its token with it.
    if context.is_resumed()
        && let Some(made_before) = context.store.load_portal_link(id).await?
    {
        context.store.delete_portal_link(workspace, &made_before, None).await?;
    }

    // 3. Write it down.
    let token = ApiKeySecret::with_prefix(PORTAL_PREFIX, &context.randomness.bytes());
    let changes = Changes::created(Snapshot::of_login(&link));
    let entry = context.entry(caller, Change::of_api_key(Action::PortalLinkCreated, &link, changes));
    context.store.save_portal_link((workspace, id), &link, &token.digest(), Some(&entry)).await?;
    let url = format!("{}/portal/{workspace}#t={}", management.public_url, token.reveal());
    Ok(MadePortalLink { id, link, url })
}

/// The portal links of a workspace that are open, newest first.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope or is one, or the workspace is unknown.
pub async fn list_portal_links(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    rows: Rows<PortalLinkId>,
) -> Result<ListPage<ListedPortalLink, PortalLinkId>, UseCaseError> {
    caller.require(Scope::WebhooksRead)?;
    caller.require_no_portal_link()?;
    let workspace = management.workspace(caller, workspace).await?.id;
    let context = &management.context;
    let listing = rows.listing(Order::NewestFirst, Window::everything(), ());
    let page = context.store.list_portal_links(workspace, context.clock.now(), &listing).await?;
    Ok(rows.page(listing.order, page))
}

/// Revokes a portal link: within a few seconds it opens nothing any more.
///
/// # Errors
/// [`Problem::NotFound`] when there is none that is open, or it is another workspace's.
pub async fn revoke_portal_link(
    management: &Management,
    caller: &ApiKey,
    id: PortalLinkId,
) -> Result<(), UseCaseError> {
    caller.require(Scope::Webhooks)?;
    caller.require_no_portal_link()?;
    let context = &management.context;
    let now = context.clock.now();
    let listed = context.store.load_portal_link(id).await?.filter(|listed| listed.link.is_valid_at(now));
    let listed = listed.ok_or(Problem::NotFound("portal link"))?;
    let workspace = listed.link.workspace_id.filter(|workspace| caller.opens(*workspace));
    let workspace = workspace.ok_or(Problem::NotFound("portal link"))?;
    let changes = Changes::deleted(Snapshot::of_login(&listed.link));
    let entry = context.entry(caller, Change::of_api_key(Action::PortalLinkDeleted, &listed.link, changes));
    context.store.delete_portal_link(workspace, &listed, Some(&entry)).await?;
    context.cache.forget_api_keys();
    Ok(())
}

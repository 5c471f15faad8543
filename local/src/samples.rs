//! What must exist so that the sample events of `events/` are accepted?
//! Fixtures with fixed ids: a workspace, an endpoint and an API key.

use domain::access::api_key::{ApiKey, ApiKeySecret, ApiKeySettings};
use domain::access::workspace::Workspace;
use domain::id::ApiKeyId;
use domain::signing::secret::Secret;
use usecases::Clock;

use crate::first_run::{Receiver, save_key, save_workspace, settings_of_workspace};

/// The workspace of the samples.
pub const WORKSPACE: &str = "ws_01JZZZZZZZZZZZZZZZZZZZZZ01";
/// Its endpoint.
pub const ENDPOINT: &str = "we_01JZZZZZZZZZZZZZZZZZZZZZ02";
/// The API key with access to the workspace. Everybody knows it, so it exists in local mode only.
pub const KEY: &str = "phk_local-development-key-for-sample-events-01";

/// Creates what is missing. The endpoint sends to `receiver`.
///
/// # Errors
/// When the table cannot be used.
pub async fn prepare(receiver: &Receiver<'_>, clock: &Clock) -> anyhow::Result<()> {
    let (store, now) = (receiver.store, clock.now());
    let workspace = WORKSPACE.parse()?;
    if store.load_workspace(workspace).await?.is_none() {
        anyhow::ensure!(
            !store.is_workspace_being_deleted(workspace).await?,
            "the workspace of the samples was deleted, and its rows are still being deleted. Start without --samples, and \
             with it some minutes later."
        );
        save_workspace(store, &Workspace::new(workspace, settings_of_workspace("samples"), now)).await?;
    }
    let secret = ApiKeySecret::parse(KEY)?;
    if store.find_api_key(&secret.digest()).await?.is_none() {
        let settings = ApiKeySettings::admin_of_all("samples");
        let key = ApiKey::new(ApiKeyId::new(now, 1), Some(workspace), settings, now);
        save_key(store, &key, &secret).await?;
    }
    receiver.endpoint(workspace, ENDPOINT.parse()?, Secret::new(&[1; 32]), now).await
}

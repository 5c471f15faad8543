//! What must exist so that the sample events of `events/` are accepted?
//! Fixtures with fixed ids: a workspace, an endpoint and an API key.

use domain::access::api_key::{ApiKey, ApiKeySecret, ApiKeySettings};
use domain::access::workspace::Workspace;
use domain::id::ApiKeyId;
use domain::signing::secret::Secret;
use usecases::Clock;

use crate::first_run::{Receiver, settings_of_workspace};

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
        store.save_workspace(&Workspace::new(workspace, settings_of_workspace("samples"), now)).await?;
    }
    let digest = ApiKeySecret::parse(KEY)?.digest();
    if store.find_api_key(&digest).await?.is_none() {
        let settings = ApiKeySettings::admin_of_all("samples");
        let key = ApiKey::new(ApiKeyId::new(now, 1), Some(workspace), settings, now);
        store.save_api_key(&key, &digest).await?;
    }
    receiver.endpoint(workspace, ENDPOINT.parse()?, Secret::new(&[1; 32]), now).await
}

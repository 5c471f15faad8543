//! What does a newcomer need to begin?
//! Bootstrap data: a workspace and an API key with access to everything, created on the first run and reused later.

use anyhow::Context as _;
use domain::access::api_key::{ApiKey, ApiKeySecret, ApiKeySettings};
use domain::access::workspace::{DEFAULT_RETENTION_DAYS, Workspace, WorkspaceSettings};
use domain::id::{ApiKeyId, WorkspaceId};
use store::Store;
use usecases::{Clock, Randomness};

use crate::data_dir::DataDir;

const KEY_FILE: &str = "admin-key";
const WORKSPACE_FILE: &str = "workspace";

/// The workspace and the key to begin with.
#[derive(Debug)]
pub struct Beginnings {
    /// An API key for all workspaces, with every scope.
    pub admin_key: ApiKeySecret,
    /// The workspace for the first events.
    pub workspace: WorkspaceId,
}

/// Creates or finds the workspace and the key. `admin_key` replaces the key of the data folder.
///
/// # Errors
/// When `admin_key` is not an API key, or the table or folder cannot be used.
pub async fn prepare(
    store: &Store,
    data: Option<&DataDir>,
    admin_key: Option<&str>,
    clock: &Clock,
) -> anyhow::Result<Beginnings> {
    let (now, randomness) = (clock.now(), Randomness::system());
    let kept = |name| data.map_or(Ok(None), |data| data.read(name));

    let kept_key = kept(KEY_FILE)?;
    let admin_key = match admin_key.or(kept_key.as_deref()) {
        Some(text) => ApiKeySecret::parse(text.trim()).context("POSTHORN_ADMIN_KEY is not an API key")?,
        None => {
            let key = ApiKeySecret::new(&randomness.bytes());
            data.map_or(Ok(()), |data| data.write_private(KEY_FILE, key.reveal()))?;
            key
        }
    };
    if store.find_api_key(&admin_key.digest()).await?.is_none() {
        let settings = ApiKeySettings::admin_of_all("local admin");
        let key = ApiKey::new(ApiKeyId::new(now, randomness.id()), settings, now);
        store.save_api_key(&key, &admin_key.digest()).await?;
    }

    let workspace = match kept(WORKSPACE_FILE)? {
        Some(text) => {
            text.trim().parse().context("the file with the workspace's id in the data folder is damaged")?
        }
        None => WorkspaceId::new(now, randomness.id()),
    };
    if store.load_workspace(workspace).await?.is_none() {
        let name = "local".to_owned();
        let settings = WorkspaceSettings {
            name,
            retention_days: DEFAULT_RETENTION_DAYS,
            allow_unsigned: false,
            max_endpoints: None,
            max_events_per_day: None,
        };
        let row = Workspace::new(workspace, settings, now);
        store.save_workspace(&row).await?;
        data.map_or(Ok(()), |data| data.write_private(WORKSPACE_FILE, &workspace.to_string()))?;
    }
    Ok(Beginnings { admin_key, workspace })
}

//! What does a newcomer need to begin? A workspace and a key that opens everything, made on the first run and found
//! again on the next.

use anyhow::Context as _;
use domain::access::api_key::{ApiKey, ApiKeySecret, Scope};
use domain::access::workspace::{DEFAULT_RETENTION_DAYS, Workspace, WorkspaceSettings};
use domain::id::{ApiKeyId, WorkspaceId};
use store::Store;
use usecases::{Clock, Randomness};

use crate::data_dir::DataDir;

const KEY_FILE: &str = "admin-key";
const WORKSPACE_FILE: &str = "workspace";

/// What to begin with.
#[derive(Debug)]
pub struct Beginnings {
    /// A key that opens all workspaces.
    pub admin_key: ApiKeySecret,
    /// A workspace.
    pub workspace: WorkspaceId,
}

/// Makes or finds what to begin with. `admin_key` replaces the key of the data folder.
///
/// # Errors
/// When `admin_key` is no key, or the table or folder cannot be used.
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
        Some(text) => ApiKeySecret::parse(text.trim()).context("POSTHORN_ADMIN_KEY cannot be used")?,
        None => {
            let key = ApiKeySecret::new(&randomness.bytes());
            data.map_or(Ok(()), |data| data.write_private(KEY_FILE, key.reveal()))?;
            key
        }
    };
    if store.find_api_key(&admin_key.digest()).await?.is_none() {
        let key = ApiKey {
            id: ApiKeyId::new(now, randomness.id()),
            name: "local admin".to_owned(),
            workspace_id: None,
            scopes: vec![Scope::Admin],
            created_at: now,
        };
        store.save_api_key(&key, &admin_key.digest()).await?;
    }

    let workspace = match kept(WORKSPACE_FILE)? {
        Some(text) => text.trim().parse().context("the data folder's workspace cannot be read")?,
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

//! What does a newcomer need to begin?
//! Bootstrap data: a workspace and an API key with access to everything, created on the first run and reused later.

use std::path::PathBuf;

use anyhow::anyhow;
use domain::access::actor::Actor;
use domain::access::api_key::{ApiKey, ApiKeySecret, ApiKeySettings};
use domain::access::portal::PortalSettings;
use domain::access::workspace::{DEFAULT_RETENTION_DAYS, Workspace, WorkspaceSettings};
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, AuditEntry, Change};
use domain::catalogue::strictness::Strictness;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::defaults::EndpointDefaults;
use domain::endpoint::purpose::Purpose;
use domain::endpoint::{Endpoint, EndpointSettings};
use domain::id::{ApiKeyId, AuditEntryId, EndpointId, EndpointKey, WorkspaceId};
use domain::metadata::Metadata;
use domain::signing::secret::{ActiveSecret, Secret};
use domain::timestamp::Timestamp;
use serde_json::json;
use store::rows::api_keys::ListedApiKey;
use store::{Listing, Store};
use usecases::{Clock, Randomness};

use crate::catalogues;
use crate::data_dir::DataDir;
use crate::http::RECEIVER_PATH;

const KEY_FILE: &str = "admin-key";
const WORKSPACE_FILE: &str = "workspace";
/// The most endpoints that are searched for those of the built-in receiver.
const MOST_LOOKED_AT: usize = 100;

/// The workspace and the key to begin with.
#[derive(Debug)]
pub struct Beginnings {
    /// An API key for all workspaces, with every scope.
    pub admin_key: ApiKeySecret,
    /// The workspace for the first events.
    pub workspace: WorkspaceId,
    /// Whether the workspace was created just now.
    pub is_new: bool,
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

    let admin_key = match (admin_key, kept(KEY_FILE)?) {
        (Some(text), _) => ApiKeySecret::parse(text.trim()).map_err(|error| {
            anyhow!("the API key of POSTHORN_ADMIN_KEY or --admin-key {error}. Correct it, or leave it out.")
        })?,
        (None, Some(text)) => {
            ApiKeySecret::parse(text.trim()).map_err(|_| damaged(data, KEY_FILE, "a new key"))?
        }
        (None, None) => {
            let key = ApiKeySecret::new(&randomness.bytes());
            data.map_or(Ok(()), |data| data.write_private(KEY_FILE, key.reveal()))?;
            key
        }
    };
    if store.find_api_key(&admin_key.digest()).await?.is_none() {
        let settings = ApiKeySettings::admin_of_all("local admin");
        let key = ApiKey::new(ApiKeyId::new(now, randomness.id()), None, settings, now);
        save_key(store, &key, &admin_key).await?;
    }

    let known = match kept(WORKSPACE_FILE)? {
        Some(text) => {
            let id = text.trim().parse();
            store.load_workspace(id.map_err(|_| damaged(data, WORKSPACE_FILE, "a new workspace"))?).await?
        }
        None => None,
    };
    let is_new = known.is_none();
    // One that was deleted is not made again under its id: its rows may still be being deleted.
    let workspace = known.map_or_else(|| WorkspaceId::new(now, randomness.id()), |known| known.id);
    if is_new {
        data.map_or(Ok(()), catalogues::want)?;
        save_workspace(store, &Workspace::new(workspace, settings_of_workspace("local"), now)).await?;
        data.map_or(Ok(()), |data| data.write_private(WORKSPACE_FILE, &workspace.to_string()))?;
    }
    Ok(Beginnings { admin_key, workspace, is_new })
}

/// Writes a new key, with its audit entry: the operator makes it, by starting local mode.
pub(crate) async fn save_key(store: &Store, key: &ApiKey, secret: &ApiKeySecret) -> anyhow::Result<()> {
    let changes = Changes::created(ListedApiKey::new(key.clone(), secret.digest()).snapshot());
    let change = Change::of_api_key(Action::ApiKeyCreated, key, changes);
    store.save_api_key(key, &secret.digest(), Some(&by_operator(change, key.created_at))).await?;
    Ok(())
}

/// The same for a workspace.
pub(crate) async fn save_workspace(store: &Store, workspace: &Workspace) -> anyhow::Result<()> {
    let changes = Changes::created(Snapshot::of_workspace(workspace));
    let change = Change::of_workspace(Action::WorkspaceCreated, workspace.id, changes);
    store.save_workspace(workspace, Some(&by_operator(change, workspace.created_at))).await?;
    Ok(())
}

fn by_operator(change: Change, now: Timestamp) -> AuditEntry {
    let id = AuditEntryId::new(now, Randomness::system().id());
    AuditEntry::new(id, Actor::Operator, change, None)
}

/// The settings of a workspace that has nothing but a name.
pub(crate) fn settings_of_workspace(name: &str) -> WorkspaceSettings {
    WorkspaceSettings {
        name: name.to_owned(),
        retention_days: DEFAULT_RETENTION_DAYS,
        allow_unsigned: false,
        max_endpoints: None,
        max_events_per_day: None,
        uid: None,
        metadata: Metadata::default(),
        endpoint_defaults: EndpointDefaults::default(),
        portal: PortalSettings::default(),
        strict: Strictness::Off,
    }
}

/// The error for a file of the data folder that does not hold what it must. `instead` is what its deletion brings.
fn damaged(data: Option<&DataDir>, file: &str, instead: &str) -> anyhow::Error {
    let path = data.map_or_else(|| PathBuf::from(file), |data| data.path(file));
    anyhow!(
        "the file {} is damaged. Put back a copy of it, or delete it to begin with {instead}.",
        path.display()
    )
}

/// The built-in receiver, as the target of endpoints.
#[derive(Debug, Clone, Copy)]
pub struct Receiver<'a> {
    /// The table.
    pub store: &'a Store,
    /// The URL of the receiver.
    pub url: &'a str,
    /// The targets that endpoints may have.
    pub targets: &'a AllowedTargets,
}

impl Receiver<'_> {
    /// Creates an endpoint that sends every event to the receiver, unless there is one with this id. Old endpoints of
    /// the built-in receiver get its new URL: its port may have been another in the last run.
    ///
    /// # Errors
    /// When the table cannot be used.
    pub async fn endpoint(
        &self,
        workspace: WorkspaceId,
        id: EndpointId,
        secret: Secret,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        if self.store.load_endpoint(EndpointKey::new(workspace, id)).await?.is_none() {
            let settings = json!({ "url": self.url, "description": "built-in receiver" });
            let settings: EndpointSettings = serde_json::from_value(settings)?;
            let endpoint = Endpoint {
                id,
                workspace_id: workspace,
                purpose: Purpose::Subscriber,
                url: settings.check(self.targets)?,
                settings,
                secrets: vec![ActiveSecret { secret, expires_at: None }],
                disabled: None,
                revision: 1,
                created_at: now,
                updated_at: now,
            };
            let changes = Changes::created(Snapshot::of_endpoint(&endpoint, now));
            let change = Change::of_endpoint(Action::EndpointCreated, &endpoint, changes);
            self.store.save_endpoint(&endpoint, Some(&by_operator(change, now))).await?;
        }
        self.follow(workspace, now).await?;
        Ok(())
    }

    /// Gives the endpoints of the built-in receiver its URL; whether the workspace has such an endpoint.
    ///
    /// # Errors
    /// When the table cannot be used.
    pub async fn follow(&self, workspace: WorkspaceId, now: Timestamp) -> anyhow::Result<bool> {
        let (mut any, listing) =
            (false, Listing::all(|_, _: &Purpose, _: &EndpointSettings| true, MOST_LOOKED_AT));
        for mut endpoint in self.store.list_endpoints(workspace, &listing).await?.rows {
            let url = endpoint.url.as_url();
            let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]"));
            let built_in = loopback && url.path() == RECEIVER_PATH;
            any |= built_in;
            if built_in && url.as_str() != self.url {
                let before = Snapshot::of_endpoint(&endpoint, now);
                self.url.clone_into(&mut endpoint.settings.url);
                endpoint.url = endpoint.settings.check(self.targets)?;
                endpoint.revision += 1;
                let changes = Changes::between(&before, &Snapshot::of_endpoint(&endpoint, now));
                let change =
                    changes.map(|changes| Change::of_endpoint(Action::EndpointUpdated, &endpoint, changes));
                let entry = change.map(|change| by_operator(change, now));
                self.store.save_endpoint(&endpoint, entry.as_ref()).await?;
            }
        }
        Ok(any)
    }
}

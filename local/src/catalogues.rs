//! Which event types does local mode describe on its first run?
//! The starter catalogues of `catalogues/`, imported through the API as anybody would.

use anyhow::Context as _;
use api::client::ApiClient;

use crate::data_dir::DataDir;

/// The starter catalogues, each with its file.
pub const STARTERS: [(&str, &str); 3] = [
    ("support.json", include_str!("../../catalogues/support.json")),
    ("billing.json", include_str!("../../catalogues/billing.json")),
    ("research.json", include_str!("../../catalogues/research.json")),
];

/// The file that stands in the data folder from before the first import until it has succeeded.
const PENDING_FILE: &str = "starters-pending";

/// Notes that the starter catalogues are to be imported, before anything is there by which a second run is known.
///
/// # Errors
/// When the folder cannot be written.
pub fn want(data: &DataDir) -> anyhow::Result<()> {
    data.write_private(PENDING_FILE, "")
}

/// Imports the starter catalogues if that is still to be done. What is said of one that cannot be imported: local mode
/// serves without it, and tries again at its next start.
///
/// # Errors
/// When the folder cannot be read or written.
pub async fn import_if_wanted(
    data: Option<&DataDir>,
    is_new: bool,
    api: &ApiClient,
) -> anyhow::Result<Option<String>> {
    let is_wanted = is_new || data.map_or(Ok(false), |data| data.has(PENDING_FILE))?;
    if !is_wanted {
        return Ok(None);
    }
    match import(api).await {
        Ok(()) => data.map_or(Ok(None), |data| data.remove(PENDING_FILE).map(|()| None)),
        Err(error) => {
            let next = if data.is_some() { " The next start tries it again." } else { "" };
            Ok(Some(format!("warning: {error:#}.{next}")))
        }
    }
}

/// Imports the starter catalogues.
///
/// # Errors
/// When the API refuses one.
pub async fn import(api: &ApiClient) -> anyhow::Result<()> {
    for (file, document) in STARTERS {
        let imported = api.post_text("/v1/event-types/import", document.to_owned()).await;
        imported.with_context(|| format!("the catalogue {file} cannot be imported"))?;
    }
    Ok(())
}

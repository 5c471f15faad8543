//! Which event types does local mode describe on its first run?
//! The starter catalogues of `catalogues/`, imported through the API as anybody would.

use anyhow::Context as _;
use api::client::ApiClient;

/// The starter catalogues, each with its file.
pub const STARTERS: [(&str, &str); 3] = [
    ("support.json", include_str!("../../catalogues/support.json")),
    ("billing.json", include_str!("../../catalogues/billing.json")),
    ("research.json", include_str!("../../catalogues/research.json")),
];

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

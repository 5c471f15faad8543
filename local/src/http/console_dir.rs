//! How does local mode serve the console while it is being written?
//! Straight from a folder, and nothing is cached: a reload shows what was saved.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use management::console::content_types::content_type;
use management::console::{Files, PLACEHOLDER};

/// What stands in place of the hash.
const HASH: &str = "dev";

/// The folder `console/` of somebody who writes it.
#[derive(Debug, Clone)]
pub(crate) struct ConsoleDir(pub Arc<Path>);

impl Files for ConsoleDir {
    fn page(&self) -> Option<Cow<'static, str>> {
        let page = std::fs::read_to_string(self.0.join("index.html")).ok()?;
        Some(page.replace(PLACEHOLDER, &format!("/console/assets/{HASH}")).into())
    }

    fn file(&self, hash: &str, path: &str, _: &HeaderMap) -> Option<Response> {
        // Names only: no way leads out of the folder.
        let is_name =
            |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains(['\\', ':', '\0']);
        if hash != HASH || !path.split('/').all(is_name) {
            return None;
        }
        let content_type = content_type(path)?;
        let content = std::fs::read(self.0.join(path)).ok()?;
        Some(([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")], content).into_response())
    }
}

//! How do people get the console and the portal?
//! Static files (a single-page application): one page for every address, and the files it is made of under a path with
//! their hash, which browsers may keep for ever.
//!
//! Only the page is asked for again each time, so a new version is there at once. See docs/adr/0035-console-files.md.

pub mod content_types;
mod embedded;
mod headers;

use std::borrow::Cow;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::problem::Problem;
use http_kit::ErrorResponse;

pub use embedded::Embedded;

use crate::console::headers::protected;

/// What stands in the page for the path of its files.
pub const PLACEHOLDER: &str = "%ASSETS%";

/// Where the console's files come from.
pub trait Files: Clone + Send + Sync + 'static {
    /// The page, which names the files with their path.
    fn page(&self) -> Option<Cow<'static, str>>;

    /// The answer to a request for a file, if there is one under this hash.
    fn file(&self, hash: &str, path: &str, request: &HeaderMap) -> Option<Response>;
}

/// The routes of the console and the portal.
#[expect(clippy::disallowed_methods, reason = "they are no part of the API: browsers use them")]
pub(crate) fn routes<F: Files>(files: F) -> Router {
    Router::new()
        .route("/console", get(console::<F>))
        .route("/console/", get(console::<F>))
        .route("/console/{*page}", get(console::<F>))
        .route("/console/assets/{hash}/{*path}", get(asset::<F>))
        .route("/portal/{workspace}", get(portal::<F>))
        .route("/portal/{workspace}/", get(portal::<F>))
        .route("/portal/{workspace}/{*page}", get(portal::<F>))
        .with_state(files)
}

async fn console<F: Files>(State(files): State<F>) -> Response {
    page(&files, &[])
}

async fn portal<F: Files>(State(files): State<F>) -> Response {
    page(&files, &[])
}

async fn asset<F: Files>(
    State(files): State<F>,
    Path((hash, path)): Path<(String, String)>,
    request: HeaderMap,
) -> Response {
    let found = files.file(&hash, &path, &request);
    protected(found.unwrap_or_else(not_found), &[])
}

/// The page. It is asked for each time, as it names the files of the version that runs.
fn page(files: &impl Files, framed_by: &[String]) -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    let found = files.page().map(|page| (headers, page).into_response());
    protected(found.unwrap_or_else(not_found), framed_by)
}

fn not_found() -> Response {
    ErrorResponse::from(Problem::NotFound("file")).into_response()
}

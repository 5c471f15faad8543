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
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::problem::Problem;
use http_kit::ErrorResponse;
use usecases::login::portal_look::{framed_by, portal_logo};
use usecases::manage::management::Management;

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

/// What the routes need.
#[derive(Debug, Clone)]
struct Served<F> {
    management: Management,
    files: F,
}

/// The routes of the console and the portal.
#[expect(clippy::disallowed_methods, reason = "they are no part of the API: browsers use them")]
pub(crate) fn routes<F: Files>(management: Management, files: F) -> Router {
    Router::new()
        .route("/console", get(console::<F>))
        .route("/console/", get(console::<F>))
        .route("/console/{*page}", get(console::<F>))
        .route("/console/assets/{hash}/{*path}", get(asset::<F>))
        .route("/portal/{workspace}", get(portal::<F>))
        .route("/portal/{workspace}/", get(portal::<F>))
        .route("/portal/{workspace}/logo", get(logo::<F>))
        .route("/portal/{workspace}/{*page}", get(portal::<F>))
        .with_state(Served { management, files })
}

async fn console<F: Files>(State(files): State<Served<F>>) -> Response {
    page(&files.files, &[])
}

/// The page in frames of the origins that the workspace names. One that does not exist names none.
async fn portal<F: Files>(State(served): State<Served<F>>, request: Request) -> Response {
    let workspace = request.uri().path().split('/').nth(2).and_then(|id| id.parse().ok());
    let framed_by = match workspace {
        Some(workspace) => framed_by(&served.management, workspace).await,
        None => Ok(Vec::new()),
    };
    match framed_by {
        Ok(framed_by) => page(&served.files, &framed_by),
        Err(fault) => protected(ErrorResponse::from(fault).into_response(), &[]),
    }
}

/// The logo of a workspace's portal. It is one that somebody uploaded: it was checked to be a PNG image, and browsers take it
/// for nothing else.
async fn logo<F: Files>(State(served): State<Served<F>>, Path(workspace): Path<String>) -> Response {
    let Ok(workspace) = workspace.parse() else { return protected(not_found(), &[]) };
    let answer = match portal_logo(&served.management, workspace).await {
        Ok(image) => {
            let headers = [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "public, max-age=300")];
            (headers, image).into_response()
        }
        Err(error) => ErrorResponse::from(error).into_response(),
    };
    protected(answer, &[])
}

async fn asset<F: Files>(
    State(files): State<Served<F>>,
    Path((hash, path)): Path<(String, String)>,
    request: HeaderMap,
) -> Response {
    let found = files.files.file(&hash, &path, &request);
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

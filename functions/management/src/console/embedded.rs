//! Where are the console's files in the function?
//! In its binary, gzipped when it was built; found under the hash of all of them.

use std::borrow::Cow;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::compressed::{encoded, is_known};
use crate::console::Files;

// `PAGE`, `HASH`, `VERSION`, and `FILES` in the order of their paths: path, content type, and the gzipped bytes.
include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// The files that were built into the function.
#[derive(Debug, Clone, Copy)]
pub struct Embedded;

impl Files for Embedded {
    fn page(&self) -> Option<Cow<'static, str>> {
        Some(PAGE.into())
    }

    fn file(&self, hash: &str, path: &str, request: &HeaderMap) -> Option<Response> {
        if hash != HASH {
            return None;
        }
        let place = FILES.binary_search_by_key(&path, |(path, ..)| path).ok()?;
        let (_, content_type, gzipped) = FILES.get(place)?;
        let cached = [(ETAG, VERSION), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
        if is_known(VERSION, request) {
            return Some((StatusCode::NOT_MODIFIED, cached).into_response());
        }
        Some(([(CONTENT_TYPE, *content_type)], cached, encoded(gzipped, request)).into_response())
    }
}

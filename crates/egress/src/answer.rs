//! How much of an answer is read and kept?
//! Bounded response reading: enough to show the customer what the endpoint answered, and never so much that an endpoint
//! could fill our memory or occupy us longer than the request's timeout.
//!
//! Rule: once status and headers have arrived, the endpoint has answered. A body that breaks off or trickles past the
//! timeout does not change that; the part that came is kept.

use domain::policy::outcome::Answer;
use http::{HeaderMap, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

/// How many bytes of an endpoint's response body are kept; reading stops there.
pub const MAX_BODY_BYTES: usize = 4_096;

/// How many response headers are kept. An answer with more than 100 is refused as a whole (hyper's limit).
pub const MAX_HEADERS: usize = 64;

/// How many bytes of response headers are kept, names and values together.
pub const MAX_HEADER_BYTES: usize = 8_192;

/// Reads the part of `response` that is kept, of its body at most `most_bytes`, until `deadline` at the latest.
pub(crate) async fn read(mut response: Response<Incoming>, most_bytes: usize, deadline: Instant) -> Answer {
    let status = response.status().as_u16();
    let headers = kept_headers(response.headers());
    let (body, body_truncated) = read_body(response.body_mut(), most_bytes, deadline).await;
    Answer { status, headers, body, body_truncated }
}

/// Reads a short body to its end, because only then can the connection be used again. A longer body is dropped together
/// with its connection: the rest is never read.
async fn read_body(body: &mut Incoming, most_bytes: usize, deadline: Instant) -> (Vec<u8>, bool) {
    let mut kept = Vec::new();
    loop {
        let frame = match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => return (kept, false),
            Ok(Some(Err(_broken_off))) => return (kept, true),
            Err(_elapsed) => return (kept, true),
        };
        let Ok(chunk) = frame.into_data() else {
            continue; // trailers, which are not kept
        };
        let room = most_bytes - kept.len();
        if chunk.len() > room {
            kept.extend_from_slice(&chunk[..room]);
            return (kept, true);
        }
        kept.extend_from_slice(&chunk);
    }
}

/// Keeps headers in the order they came. A header that is too long for the bytes left is skipped, so that a huge cookie
/// does not hide the `Retry-After` after it.
fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut kept = Vec::with_capacity(headers.len().min(MAX_HEADERS));
    let mut room = MAX_HEADER_BYTES;
    for (name, value) in headers {
        if kept.len() == MAX_HEADERS {
            break;
        }
        let value = String::from_utf8_lossy(value.as_bytes());
        let bytes = name.as_str().len() + value.len();
        if bytes <= room {
            room -= bytes;
            kept.push((name.as_str().to_owned(), value.into_owned()));
        }
    }
    kept
}

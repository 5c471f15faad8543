//! How long may a request's body take, and how much memory may all bodies under way have?
//! Timeout and memory bound of request bodies. What passes them ends the body with a problem, which the handler's
//! extractor answers: `408` or `503`.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use domain::problem::Problem;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

/// The time for a whole body.
const TIME: Duration = Duration::from_secs(60);
/// The memory for all bodies, each from its first byte until its request is answered: twelve of the largest batches.
const MEMORY_BYTES: usize = 64 * 1024 * 1024;

/// The bounds of all requests.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    time: Duration,
    memory: Arc<Memory>,
}

/// The memory of all bodies under way.
#[derive(Debug)]
struct Memory {
    used: AtomicUsize,
    most: usize,
}

/// One request's share of the memory; released when the request is answered.
#[derive(Debug)]
struct Share {
    memory: Arc<Memory>,
    bytes: AtomicUsize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self::new(TIME, MEMORY_BYTES)
    }
}

impl Bounds {
    fn new(time: Duration, memory_bytes: usize) -> Self {
        Self { time, memory: Arc::new(Memory { used: AtomicUsize::new(0), most: memory_bytes }) }
    }
}

impl Share {
    /// Takes memory for some more bytes; whether there was enough.
    fn grow(&self, bytes: usize) -> bool {
        let used = self.memory.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        used + bytes <= self.memory.most
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Bounds the body of a request.
pub(super) async fn bound(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let share = Arc::new(Share { memory: bounds.memory, bytes: AtomicUsize::new(0) });
    let of_body = Arc::clone(&share);
    let request = request.map(|body| {
        if body.is_end_stream() {
            return body;
        }
        let (time, deadline) = (bounds.time, Instant::now() + bounds.time);
        Body::new(Bounded { body, share: of_body, time, deadline, sleep: None })
    });
    let response = next.run(request).await;
    drop(share);
    response
}

/// A body within the bounds.
struct Bounded {
    body: Body,
    share: Arc<Share>,
    time: Duration,
    deadline: Instant,
    /// Made when the body is waited for.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let Some(Ok(frame)) = frame else { return Poll::Ready(frame) };
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            let fits = self.share.grow(bytes);
            return Poll::Ready(Some(if fits { Ok(frame) } else { Err(axum::Error::new(Problem::TooBusy)) }));
        }
        let deadline = self.deadline;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        ready!(sleep.as_mut().poll(context));
        let seconds = self.time.as_secs();
        Poll::Ready(Some(Err(axum::Error::new(Problem::BodyTooSlow(seconds)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use futures_util::{StreamExt as _, stream};
    use http_kit::http_api::finish;
    use lambda_kit::metrics::Metrics;
    use serde_json::Value;
    use std::convert::Infallible;
    use tower::ServiceExt as _;

    #[expect(clippy::disallowed_methods, reason = "it is no part of the API")]
    fn api(bounds: &Bounds) -> Router {
        let take = |_: http_kit::Body<Value>| async {};
        let routes = Router::new().route("/", post(take)).layer(from_fn_with_state(bounds.clone(), bound));
        finish(routes, Metrics::none())
    }

    async fn send(api: Router, body: Body) -> Response {
        api.oneshot(Request::post("/").body(body).unwrap()).await.unwrap()
    }

    /// `{`, `bytes` spaces a second, and `}`.
    fn slow(seconds: u64, bytes: usize) -> Body {
        let pieces = stream::iter(0..seconds).then(move |_| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok::<_, Infallible>(Bytes::from(vec![b' '; bytes]))
        });
        let piece = |text: &'static str| stream::once(async move { Ok(Bytes::from_static(text.as_bytes())) });
        Body::from_stream(piece("{").chain(pieces).chain(piece("}")))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_a_minute() {
        let bounds = Bounds::default();
        assert_eq!(send(api(&bounds), slow(59, 1)).await.status(), 200);
        let late = send(api(&bounds), slow(61, 1)).await;
        assert_eq!(late.status(), 408);
        assert_eq!(late.headers()["content-type"], "application/problem+json");
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_under_way_share_a_bounded_memory_and_give_it_back() {
        let bounds = Bounds::new(TIME, 1_000);
        let under_way = tokio::spawn(send(api(&bounds), slow(10, 90)));
        tokio::time::sleep(Duration::from_millis(9_500)).await;
        let full = format!("{{{}}}", " ".repeat(300));
        let refused = send(api(&bounds), full.clone().into()).await;
        assert_eq!(
            (refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()),
            (503, "1")
        );
        assert_eq!(send(api(&bounds), "{}".into()).await.status(), 200, "a small one still fits");
        assert_eq!(under_way.await.unwrap().status(), 200);
        assert_eq!(send(api(&bounds), full.into()).await.status(), 200);
        assert_eq!(bounds.memory.used.load(Ordering::Relaxed), 0);
    }
}

//! A customer's endpoint whose answers a story can change at any time.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// What a receiver answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// This status.
    Status(u16),
    /// 503 with `Retry-After`, in seconds.
    RetryAfter(u64),
    /// 200 after a while.
    Slowly(Duration),
}

/// One request as the receiver saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its method.
    pub method: Method,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its exact body.
    pub body: Bytes,
    /// When it arrived.
    pub at: Instant,
}

impl Seen {
    /// A header as text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Whether the reference library accepts the signature with this secret.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        standardwebhooks::Webhook::new(secret).unwrap().verify(&self.body, &self.headers).is_ok()
    }
}

/// A receiver on a port of its own.
#[derive(Debug)]
pub struct Receiver {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    script: Mutex<Script>,
    arrived: Notify,
}

#[derive(Debug)]
struct Script {
    next: VecDeque<Answer>,
    then: Answer,
    seen: Vec<Seen>,
    at_once: usize,
    most_at_once: usize,
}

impl Receiver {
    /// A receiver that answers 200.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let script = Script {
            next: VecDeque::new(),
            then: Answer::Status(200),
            seen: Vec::new(),
            at_once: 0,
            most_at_once: 0,
        };
        let shared = Arc::new(Shared { script: Mutex::new(script), arrived: Notify::new() });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers these first, one request each.
    pub fn answer_first(&self, answers: &[Answer]) {
        self.script().next.extend(answers);
    }

    /// Answers this from now on.
    pub fn answer(&self, answer: Answer) {
        self.script().then = answer;
    }

    /// What has arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.script().seen.clone()
    }

    /// Most requests that were under way at the same time.
    pub fn most_at_once(&self) -> usize {
        self.script().most_at_once
    }

    /// Waits until `count` requests have arrived, and gives them.
    ///
    /// # Panics
    /// When they do not arrive in time.
    pub async fn wait_for(&self, count: usize) -> Vec<Seen> {
        let arrived = async {
            loop {
                let notified = self.shared.arrived.notified();
                let seen = self.seen();
                if seen.len() >= count {
                    return seen;
                }
                notified.await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), arrived).await;
        waited.unwrap_or_else(|_| panic!("{} of {count} requests arrived", self.seen().len()))
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.shared.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = {
        let mut script = shared.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.seen.push(Seen { method, headers, body, at: Instant::now() });
        script.at_once += 1;
        script.most_at_once = script.most_at_once.max(script.at_once);
        script.next.pop_front().unwrap_or(script.then)
    };
    shared.arrived.notify_waiters();
    if let Answer::Slowly(duration) = answer {
        tokio::time::sleep(duration).await;
    }
    shared.script.lock().unwrap_or_else(PoisonError::into_inner).at_once -= 1;
    match answer {
        Answer::Slowly(_) => StatusCode::OK.into_response(),
        Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::RetryAfter(seconds) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, HeaderValue::from(seconds))]).into_response()
        }
    }
}

//! How does a story play a customer's endpoint?
//! A programmable webhook receiver: its answers can be changed at any time, and its requests are recorded.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// The answer of a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// An empty answer with this status.
    Status(u16),
    /// 503 with `Retry-After`, in seconds.
    RetryAfter(u64),
    /// 200 after a while.
    Slowly(Duration),
    /// 200 with this text.
    Text(&'static str),
    /// 200 with a body of so many bytes, two to a character.
    Long(usize),
}

/// One request as the receiver saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The method of the request.
    pub method: Method,
    /// The path of the request, with its query.
    pub path: String,
    /// The headers of the request.
    pub headers: HeaderMap,
    /// The exact bytes of the body.
    pub body: Bytes,
    /// When the request arrived.
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

/// A receiver on a free port.
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
    secret: Option<String>,
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
            secret: None,
            seen: Vec::new(),
            at_once: 0,
            most_at_once: 0,
        };
        let shared = Arc::new(Shared { script: Mutex::new(script), arrived: Notify::new() });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared }
    }

    /// The URL on which it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gives these answers first, one to each request.
    pub fn answer_first(&self, answers: &[Answer]) {
        self.script().next.extend(answers);
    }

    /// Gives this answer from now on.
    pub fn answer(&self, answer: Answer) {
        self.script().then = answer;
    }

    /// Answers 401 from now on to what is not signed with this secret.
    pub fn check_with(&self, secret: &str) {
        self.script().secret = Some(secret.to_owned());
    }

    /// The requests that have arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.script().seen.clone()
    }

    /// The largest number of requests that were under way at the same time.
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
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = {
        let mut script = shared.script.lock().unwrap_or_else(PoisonError::into_inner);
        let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let seen = Seen { method, path, headers, body, at: Instant::now() };
        let is_refused = script.secret.as_ref().is_some_and(|secret| !seen.is_signed_with(secret));
        script.seen.push(seen);
        script.at_once += 1;
        script.most_at_once = script.most_at_once.max(script.at_once);
        if is_refused { Answer::Status(401) } else { script.next.pop_front().unwrap_or(script.then) }
    };
    shared.arrived.notify_waiters();
    if let Answer::Slowly(duration) = answer {
        tokio::time::sleep(duration).await;
    }
    shared.script.lock().unwrap_or_else(PoisonError::into_inner).at_once -= 1;
    match answer {
        Answer::Slowly(_) => StatusCode::OK.into_response(),
        Answer::Text(text) => text.into_response(),
        Answer::Long(bytes) => "é".repeat(bytes / 2).into_response(),
        Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::RetryAfter(seconds) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, HeaderValue::from(seconds))]).into_response()
        }
    }
}

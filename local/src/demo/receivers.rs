//! Who receives the demo's events?
//! Three webhook receivers: one healthy, one flaky, one that answers 410 Gone. Each verifies every signature with the
//! independent `standardwebhooks` crate.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

/// How a receiver answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Healthy,
    Flaky,
    Gone,
}

impl Behaviour {
    pub(crate) const ALL: [Self; 3] = [Self::Healthy, Self::Flaky, Self::Gone];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Flaky => "flaky",
            Self::Gone => "gone",
        }
    }

    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Healthy => "answers 200",
            Self::Flaky => "answers each event with 500, then 503 and Retry-After: 3, then 200",
            Self::Gone => "answers 410, which switches the endpoint off",
        }
    }

    /// The answer to the `request`-th request (from 1) of one event.
    fn answer(self, request: usize) -> Response {
        match (self, request) {
            (Self::Gone, _) => StatusCode::GONE.into_response(),
            (Self::Flaky, 1) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            (Self::Flaky, 2) => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "3")]).into_response(),
            _ => StatusCode::OK.into_response(),
        }
    }
}

/// One request as a receiver saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) event_id: String,
    pub(crate) signed: bool,
    /// The payload's exact text; `None` when the body is not an envelope.
    pub(crate) data: Option<String>,
    pub(crate) event_type: Option<String>,
    /// The status that it was answered with.
    pub(crate) answer: StatusCode,
}

#[derive(Debug)]
pub(crate) struct Receiver {
    behaviour: Behaviour,
    url: String,
    log: Arc<Mutex<Log>>,
}

#[derive(Debug)]
struct Log {
    behaviour: Behaviour,
    endpoint_id: String,
    secret: Option<String>,
    seen: Vec<Seen>,
    requests: HashMap<String, usize>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    event_type: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

impl Receiver {
    pub(crate) async fn start(behaviour: Behaviour) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/hooks", listener.local_addr()?);
        let log = Log {
            behaviour,
            endpoint_id: String::new(),
            secret: None,
            seen: Vec::new(),
            requests: HashMap::new(),
        };
        let log = Arc::new(Mutex::new(log));
        let router = Router::new().fallback(receive).with_state(Arc::clone(&log));
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "a receiver of the demo stopped");
            }
        });
        Ok(Self { behaviour, url, log })
    }

    pub(crate) fn behaviour(&self) -> Behaviour {
        self.behaviour
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Gives the receiver its endpoint's id and the secret that signs its deliveries.
    pub(crate) fn expect(&self, endpoint_id: &str, secret: &str) -> anyhow::Result<()> {
        Webhook::new(secret)?;
        let mut log = lock(&self.log);
        log.endpoint_id = endpoint_id.to_owned();
        log.secret = Some(secret.to_owned());
        Ok(())
    }

    pub(crate) fn endpoint_id(&self) -> String {
        lock(&self.log).endpoint_id.clone()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.log).seen.clone()
    }
}

async fn receive(State(log): State<Arc<Mutex<Log>>>, headers: HeaderMap, body: Bytes) -> Response {
    let event_id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let mut log = lock(&log);
    let judge = log.secret.as_deref().and_then(|secret| Webhook::new(secret).ok());
    let signed = judge.is_some_and(|judge| judge.verify(&body, &headers).is_ok());
    let envelope: Option<Envelope<'_>> = serde_json::from_slice(&body).ok();
    let requests = log.requests.entry(event_id.clone()).or_default();
    *requests += 1;
    let request = *requests;
    let answer = log.behaviour.answer(request);
    log.seen.push(Seen {
        event_id,
        signed,
        data: envelope.as_ref().map(|envelope| envelope.data.get().to_owned()),
        event_type: envelope.map(|envelope| envelope.event_type),
        answer: answer.status(),
    });
    answer
}

/// Locks the list, even if a receiver panicked: its recorded requests are still valid.
fn lock(log: &Mutex<Log>) -> std::sync::MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

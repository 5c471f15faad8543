//! How does SQS speak? The JSON protocol: `X-Amz-Target` names the action, a body of JSON either way. Long polls
//! wait here, and wake when something is sent or becomes visible.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::errors::SqsError;
use super::operations::Look;
use super::storage::Storage;
use super::{Service, operations};

/// A request of ten full messages, each byte escaped in JSON.
const MAX_REQUEST_BYTES: usize = 8 * 1_048_576;

#[derive(Clone)]
struct Server {
    service: Arc<Service>,
    url: String,
}

pub(super) fn router(service: Arc<Service>, url: String) -> Router {
    Router::new()
        .fallback(handle)
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(Server { service, url })
}

async fn handle(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let action = target.strip_prefix("AmazonSQS.").unwrap_or_default().to_owned();
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return SqsError::invalid_value("The request is not JSON.").into_response();
    };
    match server.act(&action, request).await {
        Ok(answer) => ([("content-type", "application/x-amz-json-1.0")], answer.to_string()).into_response(),
        Err(error) => error.into_response(),
    }
}

/// A long poll that ends, however it does, wakes another: to take what is left, and to wait for what is delayed.
struct PassOn<'a>(&'a Notify);

impl Drop for PassOn<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Server {
    async fn act(&self, action: &str, request: Value) -> Result<Value, SqsError> {
        let now = self.service.clock.now();
        match action {
            "CreateQueue" => {
                let name = self.run(move |s| operations::create_queue(s, &request, now)).await?;
                Ok(json!({ "QueueUrl": self.queue_url(&name) }))
            }
            "GetQueueUrl" => {
                let name = self.run(move |s| operations::queue_name(s, &request)).await?;
                Ok(json!({ "QueueUrl": self.queue_url(&name) }))
            }
            "GetQueueAttributes" => self.run(move |s| operations::queue_attributes(s, &request, now)).await,
            "SetQueueAttributes" => self.run(move |s| operations::set_queue_attributes(s, &request)).await,
            "PurgeQueue" => self.run(move |s| operations::purge_queue(s, &request)).await,
            "SendMessage" => {
                self.waking(request, move |s, request| operations::send_message(s, request, now)).await
            }
            "SendMessageBatch" => {
                self.waking(request, move |s, request| operations::send_message_batch(s, request, now)).await
            }
            "ReceiveMessage" => self.receive(request).await,
            "DeleteMessage" => self.run(move |s| operations::delete_message(s, &request)).await,
            "DeleteMessageBatch" => self.run(move |s| operations::delete_message_batch(s, &request)).await,
            "ChangeMessageVisibility" => {
                self.waking(request, move |s, request| operations::change_visibility(s, request, now)).await
            }
            "ChangeMessageVisibilityBatch" => {
                self.waking(request, move |s, request| operations::change_visibility_batch(s, request, now))
                    .await
            }
            "StartMessageMoveTask" => self.move_messages(request, now).await,
            "ListMessageMoveTasks" => Ok(json!({ "Results": [] })),
            other => Err(SqsError::unsupported(other)),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Storage) -> Result<T, SqsError> + Send + 'static,
    ) -> Result<T, SqsError> {
        self.service.actor.run(work).await?
    }

    /// Runs what may make messages visible, then wakes the queue's long polls.
    async fn waking(
        &self,
        request: Value,
        work: impl FnOnce(&mut Storage, &Value) -> Result<Value, SqsError> + Send + 'static,
    ) -> Result<Value, SqsError> {
        let waker = self.service.waker(operations::name(&request)?);
        let answer = self.run(move |storage| work(storage, &request)).await?;
        // One of them is enough: it wakes the next when it leaves.
        waker.notify_one();
        Ok(answer)
    }

    async fn receive(&self, request: Value) -> Result<Value, SqsError> {
        let (request, began) = (Arc::new(request), Instant::now());
        let waker = self.service.waker(operations::name(&request)?);
        loop {
            let leaving = PassOn(&waker);
            let Look { received, next_visible_at, wait_seconds } = self.look(&request).await?;
            let deadline = began + Duration::from_secs(wait_seconds.unsigned_abs());
            let left = deadline.saturating_duration_since(Instant::now());
            if !received.is_empty() || left.is_zero() {
                let messages: Vec<_> = received.iter().map(|r| operations::message(r, &request)).collect();
                return Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) });
            }
            let until_next = next_visible_at.map_or(left, |at| {
                let millis = at.saturating_sub(self.service.clock.now()).max(1);
                Duration::from_millis(millis.unsigned_abs())
            });
            // What was sent since the look is remembered by the waker.
            std::mem::forget(leaving);
            tokio::select! {
                () = waker.notified() => {}
                () = tokio::time::sleep(left.min(until_next)) => {}
            }
        }
    }

    /// What is visible now.
    async fn look(&self, request: &Arc<Value>) -> Result<Look, SqsError> {
        let (request, now) = (Arc::clone(request), self.service.clock.now());
        let limit = self.service.in_flight_limit.load(Ordering::Relaxed);
        self.run(move |storage| operations::receive_message(storage, &request, now, limit)).await
    }

    async fn move_messages(&self, request: Value, now: i64) -> Result<Value, SqsError> {
        let source = request["SourceArn"].as_str().ok_or_else(|| SqsError::missing("SourceArn"))?.to_owned();
        let target = request["DestinationArn"].as_str().map(str::to_owned);
        self.run(move |storage| {
            operations::move_messages(storage, &source, target.as_deref(), now, operations::new_message_id)
        })
        .await?;
        let wakers = self.service.wakers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        wakers.values().for_each(|waker| waker.notify_one());
        Ok(json!({ "TaskHandle": operations::new_message_id() }))
    }

    fn queue_url(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.url, operations::ACCOUNT)
    }
}

//! How does the embedded SQS speak HTTP?
//! A server of AWS's JSON protocol: `X-Amz-Target` names the action, request and answer have JSON bodies.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde_json::{Value, json};

use super::errors::SqsError;
use super::storage::Storage;
use super::{Service, long_poll, operations};
use crate::in_process::{self, Answer};

/// The largest request body: ten full messages, with each byte escaped in JSON.
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
    let action = target.strip_prefix("AmazonSQS.").unwrap_or_default();
    let answer = server.answer(action, &body).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, AppendHeaders(answer.headers), Body::from(answer.body)).into_response()
}

/// The HTTP client of an SDK in this process.
pub(super) fn http_client(service: Arc<Service>, url: String) -> SharedHttpClient {
    let server = Server { service, url };
    in_process::http_client(move |action, body| {
        let server = server.clone();
        async move { server.answer(&action, body.bytes().unwrap_or_default()).await }
    })
}

impl Server {
    async fn answer(&self, action: &str, body: &[u8]) -> Answer {
        let answered = match serde_json::from_slice(body) {
            Ok(request) => self.act(action, request).await,
            Err(_) => Err(SqsError::invalid_value("The request is not JSON.")),
        };
        match answered {
            Ok(answer) => Answer { status: 200, headers: vec![in_process::json()], body: answer.to_string() },
            Err(error) => error.into_answer(),
        }
    }

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
            "GetQueueAttributes" => {
                self.run_unsynced(move |s| operations::queue_attributes(s, &request, now)).await
            }
            "SetQueueAttributes" => self.run(move |s| operations::set_queue_attributes(s, &request)).await,
            "PurgeQueue" => self.run(move |s| operations::purge_queue(s, &request)).await,
            "SendMessage" => {
                self.waking(request, move |s, request| operations::send_message(s, request, now)).await
            }
            "SendMessageBatch" => {
                self.waking(request, move |s, request| operations::send_message_batch(s, request, now)).await
            }
            "ReceiveMessage" => self.receive(request).await,
            "DeleteMessage" => self.run_unsynced(move |s| operations::delete_message(s, &request)).await,
            "DeleteMessageBatch" => {
                self.run_unsynced(move |s| operations::delete_message_batch(s, &request)).await
            }
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

    /// Runs an action that a power cut may undo.
    async fn run_unsynced<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Storage) -> Result<T, SqsError> + Send + 'static,
    ) -> Result<T, SqsError> {
        self.service.actor.run_unsynced(work).await?
    }

    /// Runs an action that may make messages visible, then wakes the queue's long polls.
    async fn waking(
        &self,
        request: Value,
        work: impl FnOnce(&mut Storage, &Value) -> Result<Value, SqsError> + Send + 'static,
    ) -> Result<Value, SqsError> {
        let waker = self.service.waker(operations::name(&request)?);
        let answer = self.run(move |storage| work(storage, &request)).await?;
        // Waking one poll is enough: it wakes the next poll when it ends.
        waker.notify_one();
        Ok(answer)
    }

    async fn receive(&self, request: Value) -> Result<Value, SqsError> {
        let request = Arc::new(request);
        let asked = Arc::clone(&request);
        let look =
            move |storage: &mut _, now, limit| operations::receive_message(storage, &asked, now, limit);
        let received = long_poll::receive(&self.service, operations::name(&request)?, look).await?;
        let messages: Vec<_> = received.iter().map(|r| operations::message(r, &request)).collect();
        Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) })
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

//! How does a developer see deliveries arrive?
//! `cargo local receive`: a webhook receiver that prints every delivery and verifies its signature with the reference
//! library, as a customer would.

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use bytes::Bytes;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

use crate::options::ReceiveOptions;

struct Receiver {
    answer: StatusCode,
    secret: Option<Webhook>,
}

/// Receives until Ctrl-C.
///
/// # Errors
/// When the secret is not valid or the port is taken.
pub async fn run(options: &ReceiveOptions) -> anyhow::Result<ExitCode> {
    let answer = StatusCode::from_u16(options.answer).context("--answer must be an HTTP status")?;
    let secret = options.secret.as_deref().map(Webhook::new).transpose();
    let secret = secret.context("--secret must be the `whsec_…` shown when the endpoint was created")?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.with_context(|| {
        format!("port {} of 127.0.0.1 is taken. Choose another with --port PORT.", options.port)
    })?;
    println!("Receiving on http://{}, answering {answer}. Ctrl-C stops.\n", listener.local_addr()?);
    let router = Router::new().fallback(receive).with_state(Arc::new(Receiver { answer, secret }));
    let stop = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "the receiver cannot be stopped by Ctrl-C");
        }
    };
    axum::serve(listener, router).with_graceful_shutdown(stop).await?;
    Ok(ExitCode::SUCCESS)
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-");
    let signature = match &receiver.secret {
        None => "not checked",
        Some(secret) if secret.verify(&body, &headers).is_ok() => "good",
        Some(_) => "BAD",
    };
    println!(
        "{}  {}  attempt {}  {} bytes  signature {signature}\n  {} {}",
        header("webhook-id"),
        header("x-webhook-event"),
        header("x-webhook-attempt"),
        body.len(),
        uri.path(),
        String::from_utf8_lossy(&body),
    );
    receiver.answer
}

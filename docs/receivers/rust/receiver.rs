//! A webhook receiver with axum 0.8: verify, then work, then remember. Run: cargo run

mod verify;

use std::collections::HashSet;
use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};

use verify::{Refused, verify_body, verify_covered, verify_standard};

type Failure = Box<dyn Error + Send + Sync>;

/// Which events are done. In earnest this is a table with a unique key, written in the transaction of the work.
type Done = Arc<tokio::sync::Mutex<HashSet<String>>>;

fn setting(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

fn verify(headers: &HeaderMap, body: &[u8], path: &str) -> Result<(), Refused> {
    let (secret, prefix) = (setting("WEBHOOK_SECRET", ""), setting("WEBHOOK_PREFIX", "X-Webhook"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    match setting("WEBHOOK_PROFILE", "standard").as_str() {
        "body" => verify_body(headers, body, &secret, &prefix),
        "covered" => verify_covered(headers, body, path, (&secret, &prefix), now),
        _ => verify_standard(headers, body, &secret, now),
    }
}

/// Your work. It may fail: then the webhook comes again.
fn work(event: &serde_json::Value) -> Result<(), Failure> {
    let path = format!("{}/events.jsonl", setting("INBOX", "."));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    Ok(writeln!(file, "{event}")?)
}

async fn work_once(done: &Done, body: &[u8]) -> Result<(), Failure> {
    let event: serde_json::Value = serde_json::from_slice(body)?;
    let id = event["id"].as_str().ok_or("the event has no id")?.to_owned();
    let mut done = done.lock().await; // one event at a time
    if !done.contains(&id) {
        work(&event)?;
        done.insert(id);
    }
    Ok(())
}

async fn receive(
    State(done): State<Done>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    if let Err(why) = verify(&headers, &body, uri.path()) {
        return (StatusCode::UNAUTHORIZED, format!("{why:?}"));
    }
    match work_once(&done, &body).await {
        Ok(()) => (StatusCode::OK, String::new()),
        Err(failed) => (StatusCode::INTERNAL_SERVER_ERROR, failed.to_string()),
    }
}

#[tokio::main]
pub async fn main() -> Result<(), Failure> {
    let port: u16 = setting("PORT", "9000").parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let router = Router::new().fallback(receive).with_state(Done::default());
    Ok(axum::serve(listener, router).await?)
}

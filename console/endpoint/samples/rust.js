// How is a signature verified in Rust?
// Made from docs/receivers/rust by samples/make.mjs.
export const verifyName = 'verify.rs';
export const receiverName = 'receiver.rs';
export const verify = `//! Verifies webhook signatures, with the crates \`hmac\` 0.13, \`sha2\` 0.11 and \`base64\` 0.23.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Why a request is not genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    MissingHeader,
    BadTimestamp,
    BadSecret,
    NoMatch,
}

/// \`body\` are the raw bytes, \`now\` is in unix seconds.
pub fn verify_standard(headers: &HeaderMap, body: &[u8], secret: &str, now: u64) -> Result<(), Refused> {
    let id = required(headers, "webhook-id")?;
    let timestamp = required(headers, "webhook-timestamp")?;
    let signatures = required(headers, "webhook-signature")?;
    check_time(timestamp, now)?;
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    let key = STANDARD.decode(encoded).map_err(|_| Refused::BadSecret)?;
    let mac = hmac(&key, &format!("{id}.{timestamp}."), body)?;
    let tags = signatures.split(' ').filter_map(|entry| STANDARD.decode(entry.strip_prefix("v1,")?).ok());
    check_any(&mac, tags)
}

/// \`prefix\` is \`X-Webhook\` unless the sender chose another.
pub fn verify_body(headers: &HeaderMap, body: &[u8], secret: &str, prefix: &str) -> Result<(), Refused> {
    let signatures = required(headers, &format!("{prefix}-signature"))?;
    let mac = hmac(secret.as_bytes(), "", body)?;
    check_any(&mac, signatures.split(' ').filter_map(|entry| unhex(entry.strip_prefix("sha256=")?)))
}

/// \`path\` is as it is in the URL that is called, percent-encoded, without the query.
pub fn verify_covered(
    headers: &HeaderMap,
    body: &[u8],
    path: &str,
    (secret, prefix): (&str, &str),
    now: u64,
) -> Result<(), Refused> {
    let timestamp = required(headers, &format!("{prefix}-timestamp"))?;
    let nonce = required(headers, &format!("{prefix}-nonce"))?;
    let signatures = required(headers, &format!("{prefix}-signature"))?;
    check_time(timestamp, now)?;
    let mac = hmac(secret.as_bytes(), &format!("{timestamp}.{nonce}.{path}."), body)?;
    check_any(&mac, signatures.split(' ').filter_map(|entry| unhex(entry.strip_prefix("sha256=")?)))
}

fn required<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Refused> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.filter(|value| !value.is_empty()).ok_or(Refused::MissingHeader)
}

fn check_time(timestamp: &str, now: u64) -> Result<(), Refused> {
    let digits = timestamp.len() <= 12 && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: u64 = timestamp.parse().map_err(|_| Refused::BadTimestamp)?;
    if digits && now.abs_diff(seconds) <= 300 { Ok(()) } else { Err(Refused::BadTimestamp) }
}

fn hmac(key: &[u8], head: &str, body: &[u8]) -> Result<Hmac<Sha256>, Refused> {
    if key.len() < 16 {
        return Err(Refused::BadSecret);
    }
    let mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Refused::BadSecret)?;
    Ok(mac.chain_update(head).chain_update(body))
}

fn check_any(mac: &Hmac<Sha256>, mut tags: impl Iterator<Item = Vec<u8>>) -> Result<(), Refused> {
    let matches = tags.any(|tag| mac.clone().verify_slice(&tag).is_ok());
    if matches { Ok(()) } else { Err(Refused::NoMatch) }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}
`;
export const receiver = `//! A webhook receiver with axum 0.8: verify, then work, then remember. Run: cargo run

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
`;

//! Verifies webhook signatures, with the crates `hmac` 0.13, `sha2` 0.11 and `base64` 0.23.

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

/// `body` are the raw bytes, `now` is in unix seconds.
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

/// `prefix` is `X-Webhook` unless the sender chose another.
pub fn verify_body(headers: &HeaderMap, body: &[u8], secret: &str, prefix: &str) -> Result<(), Refused> {
    let signatures = required(headers, &format!("{prefix}-signature"))?;
    let mac = hmac(secret.as_bytes(), "", body)?;
    check_any(&mac, signatures.split(' ').filter_map(|entry| unhex(entry.strip_prefix("sha256=")?)))
}

/// `path` is as it is in the URL that is called, percent-encoded, without the query.
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

//! Is a delivery signed as its customer expects? Every signature profile, by libraries that Posthorn does not sign with.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use stories::Seen;

fn hmac_hex(key: &str, parts: &[&[u8]]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()));
    parts.iter().for_each(|part| context.update(part));
    hex(context.sign().as_ref())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a request is signed as its endpoint's customer expects: with each secret of the manifest, in their order.
pub(super) fn is_signed(seen: &Seen, endpoint: &Value) -> bool {
    let texts = |name: &str| -> Vec<String> {
        endpoint[name].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let (secrets, prefix) = (texts("secrets"), endpoint["prefix"].as_str().unwrap().to_lowercase());
    let own = |name: &str| seen.header(&format!("{prefix}-{name}")).to_owned();
    let listed = |signatures: Vec<String>| !signatures.is_empty() && own("signature") == signatures.join(" ");
    let (id, at) = (seen.header("webhook-id"), seen.header("webhook-timestamp"));
    match endpoint["profile"].as_str().unwrap() {
        "standard" => {
            let sign = |secret: &String| {
                let library = standardwebhooks::Webhook::new(secret).unwrap();
                library.sign(id, at.parse().unwrap(), &seen.body).unwrap()
            };
            !secrets.is_empty()
                && seen.header("webhook-signature") == secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
        }
        "standard-asymmetric" => {
            let key = endpoint["public_key"].as_str().unwrap().strip_prefix("whpk_").unwrap();
            let key = UnparsedPublicKey::new(&ED25519, STANDARD.decode(key).unwrap());
            let signature = seen.header("webhook-signature").strip_prefix("v1a,").unwrap_or_default();
            let message = [id.as_bytes(), b".", at.as_bytes(), b".", &seen.body].concat();
            key.verify(&message, &STANDARD.decode(signature).unwrap()).is_ok()
        }
        "body" => listed(secrets.iter().map(|s| format!("sha256={}", hmac_hex(s, &[&seen.body]))).collect()),
        "covered" => {
            let (at, nonce, path) = (own("timestamp"), own("nonce"), endpoint["path"].as_str().unwrap());
            let head = format!("{at}.{nonce}.{path}.");
            let sign = |s: &String| format!("sha256={}", hmac_hex(s, &[head.as_bytes(), &seen.body]));
            listed(secrets.iter().map(sign).collect())
        }
        "none" => seen.headers.keys().all(|name| !name.as_str().contains("signature")),
        other => panic!("the manifest has an endpoint of the profile {other}"),
    }
}

//! How are tokens signed?
//! Schemes whose signature covers a token, which may hold digests of the request: JWTs, and Mailgun's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Signed, Signer, digest, hex, time};
use crate::NOW;
use crate::input::{Input, Switch};

fn jwt(claims: &Value, signer: Signer<'_>) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = format!("{}.{}", encode(&json!({ "alg": "HS256", "typ": "JWT" })), encode(claims));
    let signature = signer.sha256(&[head.as_bytes()]);
    format!("{head}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(super) fn messagebird(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let mut claims = json!({
        "iss": "MessageBird", "nbf": NOW, "exp": NOW + 60, "jti": "d5f3e0f2",
        "url_hash": hex(&digest(Input::url(&input.query).as_bytes())),
    });
    if !body.is_empty() {
        claims["payload_hash"] = hex(&digest(&body)).into();
    }
    Signed::of(input, body).with("messagebird-signature-jwt", jwt(&claims, signer))
}

pub(super) fn vonage(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let claims = json!({
        "iss": "Vonage", "iat": NOW, "jti": "c5ba8f24", "api_key": "a1b2c3d", "payload_hash": hex(&digest(&body)),
    });
    Signed::of(input, body).with("authorization", format!("Bearer {}", jwt(&claims, signer)))
}

/// JSON, a form, or multipart. The input is the event, further parameters, or further parts.
pub(super) fn mailgun(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let (time, token) = (time(), "5egbgr1vjgqxtrnp65xfznchgdccwh5d6i09vijqi3whgowmn6");
    let signature = hex(&signer.sha256(&[time.as_bytes(), token.as_bytes()]));
    let fields = [("timestamp", time.as_str()), ("token", token), ("signature", &signature)];
    let (start, end, content_type) = if input.is(Switch::ThirdForm) {
        let part = |(name, value)| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        (fields.map(part).concat(), "\r\n--b--\r\n", "multipart/form-data; boundary=b")
    } else if input.is(Switch::OtherForm) {
        let pair = |(name, value)| format!("{name}={value}&");
        (fields.map(pair).concat(), "", "application/x-www-form-urlencoded")
    } else {
        let object: serde_json::Map<_, _> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        (format!("{{\"signature\":{},\"event-data\":", Value::Object(object)), "}", "application/json")
    };
    let whole = [start.as_bytes(), &body, end.as_bytes()].concat();
    // An event that ends early could bring another signature.
    let is_event = [&body[..], &whole].iter().all(|text| serde_json::from_slice::<Value>(text).is_ok());
    Signed::of(input, whole).with("content-type", content_type).must_be_valid_if(is_event)
}

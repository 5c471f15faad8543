//! How are raw bodies signed?
//! Schemes that sign the body as it is, with a time or an address beside it.

use domain::source::provider::Provider;
use serde_json::json;

use super::{Signed, Signer, base64, digest, hex, time};
use crate::TOPIC;
use crate::input::{Input, Switch};

pub(super) fn ecdsa(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let time = time();
    let signature = signer.keys.sign_p256(&[time.as_bytes(), &body].concat());
    Signed::of(input, body)
        .with("x-twilio-email-event-webhook-signature", base64(&signature))
        .with("x-twilio-email-event-webhook-timestamp", time)
}

pub(super) fn hub(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let signature = format!("sha256={}", hex(&signer.sha256(&[&body])));
    let signed = Signed::of(input, body).with("x-hub-signature-256", signature);
    // Meta's GET is a handshake without a signature.
    let is_handshake = input.provider == Provider::MetaWhatsapp && input.is(Switch::Get);
    signed.must_be_valid_if(!is_handshake)
}

pub(super) fn bird(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let (time, url) = (time(), Input::url(&input.query));
    let signature = signer.sha256(&[time.as_bytes(), b"\n", url.as_bytes(), b"\n", &digest(&body)]);
    Signed::of(input, body)
        .with("messagebird-signature", base64(&signature))
        .with("messagebird-request-timestamp", time)
}

pub(super) fn standard(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let (id, time) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", time());
    let signature = signer.sha256(&[id.as_bytes(), b".", time.as_bytes(), b".", &body]);
    let is_svix = input.provider == Provider::Svix && !input.is(Switch::OtherForm);
    let prefix = if is_svix { "svix" } else { "webhook" };
    let mut signed = Signed::of(input, body);
    signed.headers.retain(|(name, _)| !name.starts_with("svix-") && !name.starts_with("webhook-"));
    signed
        .with(&format!("{prefix}-id"), id)
        .with(&format!("{prefix}-timestamp"), time)
        .with(&format!("{prefix}-signature"), format!("v1,{}", base64(&signature)))
}

pub(super) fn stripe(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let time = time();
    let signature = hex(&signer.sha256(&[time.as_bytes(), b".", &body]));
    Signed::of(input, body).with("stripe-signature", format!("t={time},v1={signature}"))
}

pub(super) fn shopify(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let signature = base64(&signer.sha256(&[&body]));
    let mut signed = Signed::of(input, body);
    signed.headers.retain(|(name, _)| name != "shopify-hmac-sha256");
    signed.with("x-shopify-hmac-sha256", signature)
}

pub(super) fn slack(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let time = time();
    let signature = format!("v0={}", hex(&signer.sha256(&[b"v0:", time.as_bytes(), b":", &body])));
    Signed::of(input, body).with("x-slack-signature", signature).with("x-slack-request-timestamp", time)
}

pub(super) fn generic(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let time = time();
    if input.is(Switch::OtherForm) {
        let signature = hex(&signer.sha256(&[&body]));
        return Signed::of(input, body).with("x-signature", signature);
    }
    let signature = hex(&signer.sha256(&[time.as_bytes(), b".", &body]));
    Signed::of(input, body).with("x-signature", signature).with("x-timestamp", time)
}

/// The body is the text of the message, or the address that confirms a subscription.
pub(super) fn sns(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let text = String::from_utf8_lossy(&body).into_owned();
    let (id, at) = ("c0e5a280-53c9-5a98-93bb-c0a560b3d192", "2026-09-21T14:13:20.000Z");
    let (fields, kind) = if input.is(Switch::ThirdForm) {
        (vec![("SubscribeURL", text.as_str()), ("Token", "token")], "SubscriptionConfirmation")
    } else if input.is(Switch::OtherForm) {
        (vec![("SubscribeURL", text.as_str()), ("Token", "token")], "UnsubscribeConfirmation")
    } else {
        (Vec::new(), "Notification")
    };
    let common =
        [("Message", &*text), ("MessageId", id), ("Timestamp", at), ("TopicArn", TOPIC), ("Type", kind)];
    let mut fields: Vec<_> = fields.into_iter().chain(common).collect();
    fields.sort_unstable();
    let signed: String = fields.iter().map(|(name, value)| format!("{name}\n{value}\n")).collect();
    let mut message = json!({
        "SignatureVersion": "2",
        "Signature": base64(&signer.keys.sign_rsa(signed.as_bytes())),
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
    });
    for (name, value) in fields {
        message[name] = value.into();
    }
    let mut signed = Signed::of(input, message.to_string().into_bytes());
    signed.headers.retain(|(name, _)| name != "x-amz-sns-rawdelivery");
    signed
}

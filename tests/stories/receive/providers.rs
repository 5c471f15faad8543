//! How does a request of each provider reach a customer?
//! For each provider and scheme: a source, a request signed as the provider would, and the customer's signed delivery.

use serde_json::{Value, json};
use stories::{Receiver, Stage};

/// The settings of a source of this provider.
fn settings(provider: &str, scheme: &str) -> Value {
    let secrets = match scheme {
        "ecdsa_p256" => {
            json!([
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
            ])
        }
        "sns" | "address_only" => json!([]),
        "standard_webhooks" => json!(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]),
        "static_header" => json!(["Bearer 0123456789abcdef0123456789abcdef"]),
        _ => json!(["a secret that nobody can guess"]),
    };
    let options = match (provider, scheme) {
        ("aws_ses", _) => json!({ "topic_arns": ["arn:aws:sns:eu-central-1:123456789012:ses-events"] }),
        ("meta_whatsapp", _) => json!({ "verify_token": "meatyhamhock" }),
        (_, "vonage_legacy") => json!({ "algorithm": "sha256" }),
        ("generic", _) => {
            json!({ "header": "X-Signature", "prefix": "sha256=", "type_from": "/type", "dedupe_from": "/id" })
        }
        _ => json!({}),
    };
    json!({ "provider": provider, "scheme": scheme, "secrets": secrets, "options": options })
}

/// One provider's request, from its address to a customer.
async fn reaches_a_customer(provider: &str, scheme: &str, strength: &str, types: &[&str]) {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let source = stage.source(settings(provider, scheme)).await;

    let sample = format!("/v1/sources/{}/sample", source.id);
    let sent = stage.admin.post(&sample, &Value::Null).await.unwrap();
    let request = stage.received(&source).await.remove(0);
    assert_eq!(
        (&request["verdict"], &request["reason"]),
        (&json!("valid"), &Value::Null),
        "{request} {sent}"
    );
    assert!((200..300).contains(&sent["status"].as_u64().unwrap()), "{sent}");
    assert_eq!(sent["received_request_id"], request["id"]);

    let count = usize::try_from(request["accepted"].as_u64().unwrap()).unwrap();
    assert!(count > 0, "{request}");
    for seen in receiver.wait_for(count).await {
        assert!(seen.is_signed_with(&endpoint.secret));
        let event: Value = serde_json::from_slice(&seen.body).unwrap();
        assert!(types.contains(&event["type"].as_str().unwrap()), "{} {types:?}", event["type"]);
        let data = &event["data"];
        assert_eq!((&data["provider"], &data["request_id"]), (&json!(provider), &request["id"]));
        assert_eq!(data["auth_strength"], strength);
        assert!(!data["raw"].is_null() && data["provider_type"].is_string(), "{data}");
    }

    // The same request from somebody who does not know the secret.
    if strength != "address_only" {
        let headers = [("content-type", "application/json")];
        let body = sent["request"]["body"].as_str().unwrap().to_owned();
        let forged = stage.admin.exchange("POST", &source.path, body, &headers).await.unwrap();
        // Where the signature is in the body, it is the same request again.
        let in_body = matches!(scheme, "mailgun" | "sns" | "vonage_legacy");
        assert_eq!(forged.status().is_success(), in_body, "{forged:?}");
    }
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), count);
}

macro_rules! stories {
    ($($name:ident: $provider:literal $scheme:literal $strength:literal $types:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            reaches_a_customer($provider, $scheme, $strength, &$types).await;
        })*

        #[test]
        fn every_provider_and_scheme_has_its_story() {
            let told = [$(($provider, $scheme)),*];
            for provider in domain::source::provider::Provider::ALL {
                for scheme in provider.schemes() {
                    assert!(told.contains(&(provider.as_str(), scheme.as_str())), "{provider} {scheme}");
                }
            }
        }
    };
}

stories! {
    sendgrid: "sendgrid" "ecdsa_p256" "signed" ["email.delivered", "email.bounced", "email.processed", "email.opened"];
    sendgrid_inbound_parse: "sendgrid_inbound_parse" "ecdsa_p256" "signed" ["email.received"];
    sendgrid_inbound_parse_unsigned: "sendgrid_inbound_parse" "address_only" "address_only" ["email.received"];
    twilio_sms: "twilio_sms" "twilio" "signed" ["sms.delivered"];
    twilio_whatsapp: "twilio_whatsapp" "twilio" "signed" ["whatsapp.delivered", "whatsapp.read"];
    meta_whatsapp: "meta_whatsapp" "hub_signature_256" "signed" ["whatsapp.message.received", "whatsapp.delivered"];
    messagebird_jwt: "messagebird" "messagebird_jwt" "signed" ["sms.delivered"];
    messagebird_legacy: "messagebird" "messagebird_legacy" "signed" ["sms.delivered"];
    bird: "bird" "standard_webhooks" "signed" ["sms.delivered"];
    bird_notifications: "bird" "bird_notifications" "signed" ["sms.delivered"];
    aws_ses: "aws_ses" "sns" "signed" ["email.bounced", "email.delivered"];
    gupshup: "gupshup" "static_header" "static" ["whatsapp.sent", "whatsapp.delivered"];
    gupshup_unsigned: "gupshup" "address_only" "address_only" ["whatsapp.sent", "whatsapp.delivered"];
    vonage_jwt: "vonage" "vonage_jwt" "signed" ["sms.delivered", "whatsapp.delivered", "sms.sent"];
    vonage_legacy: "vonage" "vonage_legacy" "signed" ["sms.delivered"];
    plivo_v3: "plivo" "plivo_v3" "signed" ["sms.delivered"];
    plivo_v2: "plivo" "plivo_v2" "sender_only" ["sms.delivered"];
    mailgun: "mailgun" "mailgun" "sender_only" ["email.bounced"];
    stripe: "stripe" "stripe" "signed" ["stripe.invoice.paid"];
    github: "github" "hub_signature_256" "signed" ["github.issues.opened"];
    shopify: "shopify" "shopify" "signed" ["shopify.orders.paid"];
    slack: "slack" "slack_v0" "signed" ["slack.message", "slack.app_mention"];
    standard_webhooks: "standard_webhooks" "standard_webhooks" "signed" ["invoice.paid"];
    svix: "svix" "standard_webhooks" "signed" ["invoice.paid"];
    generic: "generic" "hmac" "signed" ["order.created"];
}

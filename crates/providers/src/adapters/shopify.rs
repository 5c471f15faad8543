//! How are Shopify's webhooks verified and read?
//! `X-Shopify-Hmac-Sha256`: HMAC-SHA256 of the raw body with the app's client secret, in base64.
//!
//! Only the body is signed: the topic, the shop, the ids and the time are in headers that are not. Newer versions send the
//! same headers without `X-`. A body may be XML. Source: shopify.dev, "Webhooks delivery structure" and "Ignore duplicate
//! webhooks"; the library shopify-api-ruby.

use domain::timestamp::Timestamp;

use crate::adapter::{Adapter, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at};
use crate::body::payload::{self, Payload};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

const SIGNATURE: &str = "x-shopify-hmac-sha256";

/// Shopify's adapter.
#[derive(Debug)]
pub(crate) struct Shopify;

impl Adapter for Shopify {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let request = verified.request();
        let Payload { value, raw } = payload::any(request)?;
        let topic = header(request, "topic");
        let action = header(request, "action");
        let words = [topic, action].into_iter().flatten().collect::<Vec<_>>();
        let provider_type = if words.is_empty() { "unknown".to_owned() } else { words.join("/") };
        let event = header(request, "event-id");
        let delivery = header(request, "webhook-id");
        let part = Part {
            event_type: provider_type.replace('/', ".").to_ascii_lowercase(),
            dedupe_key: dedupe_key(event, delivery, &provider_type, request.body),
            provider_type,
            occurred_at: triggered_at(request),
            data: Data::new()
                .with("id", event.or(delivery))
                .with("shop", header(request, "shop-domain"))
                .with("api_version", header(request, "api-version"))
                .with("sub_topic", header(request, "sub-topic"))
                .with(
                    "object_id",
                    text_at(&value, "/admin_graphql_api_id").or_else(|| text_at(&value, "/id")),
                )
                .build(),
            raw,
        };
        Ok(Split::of(vec![part]))
    }
}

fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let signature =
        header(request, "hmac-sha256").ok_or_else(|| Refusal::missing("X-Shopify-Hmac-Sha256"))?;
    mac::require_match(Hash::Sha256, &setup.secrets, &[request.body], &[mac::from_base64(signature)?])
}

/// The header `X-Shopify-…`, or `Shopify-…`.
fn header<'a>(request: &Request<'a>, name: &str) -> Option<&'a str> {
    let found = request.header(&format!("x-shopify-{name}"));
    found.or_else(|| request.header(&format!("shopify-{name}"))).filter(|text| !text.is_empty())
}

/// The event's id is the same in the webhooks of all subscriptions to a topic. One action in a shop may cause events of
/// several topics.
fn dedupe_key(event: Option<&str>, delivery: Option<&str>, topic: &str, body: &[u8]) -> String {
    match (event, delivery) {
        (Some(event), _) => format!("{event}:{topic}"),
        (None, Some(delivery)) => delivery.to_owned(),
        (None, None) => data::digest(body),
    }
}

fn triggered_at(request: &Request<'_>) -> Option<Timestamp> {
    data::rfc3339(header(request, "triggered-at")?)
}

/// A paid order.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let at = draft.now.to_string();
    let body = serde_json::json!({
        "id": 820_982_911_946_154_508_u64, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
        "name": "#9999", "email": "jon@example.com", "created_at": at, "currency": "EUR", "total_price": "42.00",
        "financial_status": "paid",
        "line_items": [{ "id": 866_550_311_766_439_020_u64, "title": "Sample", "quantity": 1, "price": "42.00" }],
    });
    let body = body.to_string();
    let signature = mac::sign(Hash::Sha256, draft.secret().as_bytes(), &[body.as_bytes()]);
    Sample::json(body)
        .with("x-shopify-topic", "orders/paid")
        .with("x-shopify-shop-domain", "sample-shop.myshopify.com")
        .with("x-shopify-api-version", "2026-07")
        .with("x-shopify-webhook-id", format!("webhook-{}", draft.id()))
        .with("x-shopify-event-id", draft.id())
        .with("x-shopify-triggered-at", at)
        .with(SIGNATURE, data::base64(&signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, part, refusal, split};
    use domain::source::received::Reason;
    use domain::source::scheme::Scheme;

    const KEY: &str = "hush-hush-hush";

    fn signature(body: &[u8]) -> String {
        data::base64(&mac::sign(Hash::Sha256, KEY.as_bytes(), &[body]))
    }

    fn case(body: &[u8]) -> Case {
        Case::new(Scheme::Shopify, KEY).body(body).header(SIGNATURE, &signature(body))
    }

    #[test]
    fn the_type_is_the_topic_with_dots() {
        let order = case(br#"{"id":7}"#)
            .header("x-shopify-topic", "orders/create")
            .header("x-shopify-shop-domain", "shop.myshopify.com");
        let found = part(&Shopify, &order);
        assert_eq!(
            (found.event_type.as_str(), found.provider_type.as_str()),
            ("orders.create", "orders/create")
        );
        assert_eq!(
            (&found.data["shop"], &found.data["object_id"]),
            (&"shop.myshopify.com".into(), &"7".into())
        );
        assert_eq!(part(&Shopify, &case(b"{}")).event_type, "unknown");
    }

    #[test]
    fn the_headers_without_x_count_too() {
        let body = br#"{"topic":"Product","action":"update"}"#;
        let bare = Case::new(Scheme::Shopify, KEY).body(body);
        let event = bare
            .header("shopify-hmac-sha256", &signature(body))
            .header("shopify-topic", "Product")
            .header("shopify-action", "update")
            .header("shopify-webhook-id", "delivery-1");
        let found = part(&Shopify, &event);
        assert_eq!((found.event_type.as_str(), found.dedupe_key.as_str()), ("product.update", "delivery-1"));
        let wrong = event.header("shopify-hmac-sha256", &signature(b"other"));
        assert_eq!(refusal(&Shopify, &wrong), Some(Reason::SignatureMismatch));
    }

    #[test]
    fn an_event_is_the_same_in_all_subscriptions_to_its_topic() {
        let key = |topic: &str, event: &str, delivery: &str| {
            let case = case(b"{}").header("x-shopify-topic", topic).header("x-shopify-event-id", event);
            part(&Shopify, &case.header("x-shopify-webhook-id", delivery)).dedupe_key
        };
        assert_eq!(key("products/update", "e1", "d1"), key("products/update", "e1", "d2"));
        assert_ne!(key("products/update", "e1", "d1"), key("inventory/update", "e1", "d1"));
        assert_ne!(key("products/update", "e1", "d1"), key("products/update", "e2", "d1"));
        assert_eq!(key("products/update", "", "d1"), "d1");
        assert_eq!(key("products/update", "", ""), data::digest(b"{}"));
    }

    #[test]
    fn the_old_secret_counts_while_it_is_in_force() {
        let mut both = case(b"{}");
        both.secrets.insert(0, "the new secret".to_owned());
        assert_eq!(refusal(&Shopify, &both), None);
        both.secrets.truncate(1);
        assert_eq!(refusal(&Shopify, &both), Some(Reason::SignatureMismatch));
        let other = case(b"{}").header(SIGNATURE, "!");
        assert_eq!(refusal(&Shopify, &other), Some(Reason::SignatureMalformed));
        assert_eq!(refusal(&Shopify, &Case::new(Scheme::Shopify, KEY)), Some(Reason::SignatureMissing));
    }

    #[test]
    fn xml_is_kept_as_a_text() {
        let body = "<order><id>7</id></order>".as_bytes();
        let xml =
            case(body).header("content-type", "application/xml").header("x-shopify-topic", "orders/create");
        let found = part(&Shopify, &xml);
        assert_eq!(
            (found.event_type.as_str(), found.raw.get()),
            ("orders.create", "\"<order><id>7</id></order>\"")
        );
        let broken = case(body).header("content-type", "application/json");
        assert_eq!(split(&Shopify, &broken).unwrap_err().reason, Reason::BodyMalformed);
    }

    #[test]
    fn the_time_is_that_of_the_event() {
        let at = case(b"{}").header("x-shopify-triggered-at", "2026-09-21T14:13:20.5+02:00");
        let found = part(&Shopify, &at).occurred_at.unwrap();
        assert_eq!(found.to_string(), "2026-09-21T12:13:20.500Z");
        assert_eq!(part(&Shopify, &at.header("x-shopify-triggered-at", "soon")).occurred_at, None);
    }
}

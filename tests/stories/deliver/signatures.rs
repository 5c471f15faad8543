//! Can a customer verify every delivery?
//! Every signature profile, verified as a customer does; secret rotation; which secrets are shown and which are not.

use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Receiver, Seen, Stage};

/// HMAC-SHA256 in hex, by a library that does not sign in Posthorn.
fn hmac_hex(key: &str, parts: &[&[u8]]) -> String {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()));
    parts.iter().for_each(|part| mac.update(part));
    mac.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn covered(seen: &Seen, path: &str, secret: &str) -> String {
    let (at, nonce) = (seen.header("x-webhook-timestamp"), seen.header("x-webhook-nonce"));
    let parts: [&[u8]; 7] = [at.as_bytes(), b".", nonce.as_bytes(), b".", path.as_bytes(), b".", &seen.body];
    format!("sha256={}", hmac_hex(secret, &parts))
}

async fn rotate(stage: &Stage, endpoint: &Endpoint, body: Value) -> (u16, Value) {
    let path = format!("/v1/webhook-endpoints/{}/secret/rotate", endpoint.id);
    stage.admin.call("POST", &path, body.to_string(), &[]).await.unwrap()
}

#[tokio::test]
async fn the_body_profile_signs_the_body_with_the_secret_as_it_was_shown() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let settings = json!({ "signature": { "profile": "body" }, "header_prefix": "X-OWC", "body": "data" });
    let endpoint = stage.endpoint(&receiver, settings).await;
    stage.send("invoice.paid", json!({ "amount": 1 })).await;
    let seen = receiver.wait_for(1).await.remove(0);
    let expected = format!("sha256={}", hmac_hex(&endpoint.secret, &[&seen.body]));
    assert_eq!(seen.header("x-owc-signature"), expected);
    assert_eq!((&seen.body[..], seen.header("webhook-signature")), (&br#"{"amount":1}"#[..], ""));
    stage.end().await;
}

#[tokio::test]
async fn the_covered_profile_signs_timestamp_nonce_path_and_body_and_no_nonce_comes_twice() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let url = format!("{}/42%20a?token=of-the-customer", receiver.url());
    let settings = json!({ "signature": { "profile": "covered" }, "url": url });
    let endpoint = stage.endpoint(&receiver, settings).await;
    for _ in 0..3 {
        stage.send("invoice.paid", json!({})).await;
    }
    let seen = receiver.wait_for(3).await;
    for seen in &seen {
        assert_eq!(seen.header("x-webhook-signature"), covered(seen, "/hooks/42%20a", &endpoint.secret));
    }
    let nonces: std::collections::HashSet<_> =
        seen.iter().map(|seen| seen.header("x-webhook-nonce").to_owned()).collect();
    assert_eq!(nonces.len(), 3);
    stage.end().await;
}

#[tokio::test]
async fn the_asymmetric_profile_shows_its_public_key_and_never_the_private_one() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let body = json!({
        "workspace_id": stage.workspace, "url": receiver.url(), "signature": { "profile": "standard-asymmetric" },
    });
    let made = stage.admin.post("/v1/webhook-endpoints", &body).await.unwrap();
    assert!(made["secret"].is_null() && !made.to_string().contains("whsk_"));
    stage.send("invoice.paid", json!({})).await;
    let seen = receiver.wait_for(1).await.remove(0);
    let message = [
        seen.header("webhook-id").as_bytes(),
        b".",
        seen.header("webhook-timestamp").as_bytes(),
        b".",
        &seen.body,
    ]
    .concat();
    let signature = STANDARD.decode(seen.header("webhook-signature").strip_prefix("v1a,").unwrap()).unwrap();

    // The key the API shows and the one at the JWKS address, which needs no key to be read.
    let shown = made["public_key"].as_str().unwrap().strip_prefix("whpk_").unwrap();
    let path = format!("/v1/workspaces/{}/jwks.json", stage.workspace);
    let without_key = api::client::ApiClient::new(&stage.platform.url(), "");
    let keys = without_key.get(&path).await.unwrap();
    let listed = keys["keys"][0]["x"].as_str().unwrap();
    for key in [STANDARD.decode(shown).unwrap(), URL_SAFE_NO_PAD.decode(listed).unwrap()] {
        let key = UnparsedPublicKey::new(&ED25519, key);
        assert!(key.verify(&message, &signature).is_ok());
        assert!(key.verify(b"something else", &signature).is_err());
    }
    stage.end().await;
}

#[tokio::test]
async fn unsigned_deliveries_need_the_workspaces_leave() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let settings = json!({ "signature": { "profile": "none" } });
    let mut body = json!({ "workspace_id": stage.workspace, "url": receiver.url() });
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let create =
        async || stage.admin.call("POST", "/v1/webhook-endpoints", body.to_string(), &[]).await.unwrap();
    let (status, refused) = create().await;
    assert_eq!((status, refused["errors"][0]["pointer"].as_str()), (422, Some("/signature/profile")));
    let path = format!("/v1/workspaces/{}", stage.workspace);
    stage.admin.call("PATCH", &path, r#"{"allow_unsigned":true}"#, &[]).await.unwrap();
    let (status, made) = create().await;
    assert_eq!(status, 201);
    stage.send("invoice.paid", json!({})).await;
    let seen = receiver.wait_for(1).await.remove(0);
    assert!(seen.headers.keys().all(|name| !name.as_str().contains("signature")));

    // Without the leave none is made any more; one that there is can still be changed and switched off.
    stage.admin.call("PATCH", &path, r#"{"allow_unsigned":false}"#, &[]).await.unwrap();
    assert_eq!(create().await.0, 422);
    let endpoint = format!("/v1/webhook-endpoints/{}", made["id"].as_str().unwrap());
    let patch = async |body: &'static str| stage.admin.call("PATCH", &endpoint, body, &[]).await.unwrap().0;
    assert_eq!(patch(r#"{"active":false,"description":"unsigned"}"#).await, 200);
    assert_eq!(patch(r#"{"signature":{"profile":"standard"}}"#).await, 200);
    assert_eq!(patch(r#"{"signature":{"profile":"none"}}"#).await, 422, "there is no way back");
    stage.end().await;
}

#[tokio::test]
async fn while_a_secret_is_rotated_old_and_new_both_sign_until_the_overlap_ends() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let (status, rotated) = rotate(&stage, &endpoint, json!({ "overlap_seconds": 3600 })).await;
    let new = rotated["secret"].as_str().unwrap();
    assert!(status == 200 && new != endpoint.secret);
    assert!(rotated["old_secrets"][0]["expires_at"].is_string());
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    assert!(stage.read(&path).await["secret"].is_null(), "shown on creation and rotation only");

    stage.send("invoice.paid", json!({})).await;
    let seen = receiver.wait_for(1).await.remove(0);
    assert!(seen.is_signed_with(&endpoint.secret) && seen.is_signed_with(new));

    stage.advance(Duration::from_secs(3_601));
    stage.send("invoice.paid", json!({})).await;
    let seen = receiver.wait_for(2).await.remove(1);
    assert_eq!(seen.header("webhook-signature").split(' ').count(), 1);
    assert_eq!(stage.read(&path).await["old_secrets"], json!([]));
    stage.end().await;
}

#[tokio::test]
async fn an_overlap_can_be_ended_early_or_be_none_and_own_secrets_can_be_brought() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let settings = json!({ "signature": { "profile": "body" }, "secret": "a-secret-from-the-old-system" });
    let endpoint = stage.endpoint(&receiver, settings).await;
    let (_, rotated) = rotate(&stage, &endpoint, json!({ "secret": "the-next-secret-of-that-system" })).await;
    assert_eq!(rotated["secret"], "the-next-secret-of-that-system");
    stage.send("invoice.paid", json!({})).await;
    let seen = receiver.wait_for(1).await.remove(0);
    let signature = |secret: &str| format!("sha256={}", hmac_hex(secret, &[&seen.body]));
    let both = [signature("the-next-secret-of-that-system"), signature("a-secret-from-the-old-system")];
    assert_eq!(seen.header("x-webhook-signature"), both.join(" "));

    let path = format!("/v1/webhook-endpoints/{}/secret/end-overlap", endpoint.id);
    let ended = stage.admin.post(&path, &json!({})).await.unwrap();
    assert_eq!(ended["old_secrets"], json!([]));
    let (_, rotated) = rotate(&stage, &endpoint, json!({ "overlap_seconds": 0 })).await;
    assert_eq!(rotated["old_secrets"], json!([]));
    stage.end().await;
}

#[tokio::test]
async fn a_rotation_is_taken_back_while_the_old_secret_signs() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let (_, new) = rotate(&stage, &endpoint, json!({ "overlap_seconds": 3600 })).await;
    let new = new["secret"].as_str().unwrap().to_owned();
    let back = json!({ "secret": endpoint.secret, "overlap_seconds": 60 });
    let (status, rotated) = rotate(&stage, &endpoint, back.clone()).await;
    assert_eq!((status, &rotated["secret"]), (200, &json!(endpoint.secret)));
    assert_eq!(rotated["old_secrets"].as_array().unwrap().len(), 1);

    // Carried out again, as after an answer that was lost, it changes nothing.
    let (status, again) = rotate(&stage, &endpoint, back).await;
    assert_eq!((status, &again), (200, &rotated));
    stage.send("invoice.paid", json!({})).await;
    let seen = receiver.wait_for(1).await.remove(0);
    assert!(seen.is_signed_with(&endpoint.secret) && seen.is_signed_with(&new));
    assert_eq!(seen.header("webhook-signature").split(' ').count(), 2);

    // The other one has the overlap of the rotation back, not of the first. Then it is gone, and a new one may be that.
    stage.advance(Duration::from_secs(61));
    stage.send("invoice.paid", json!({})).await;
    assert!(!receiver.wait_for(2).await.remove(1).is_signed_with(&new));
    let (status, rotated) = rotate(&stage, &endpoint, json!({ "secret": new })).await;
    assert_eq!((status, &rotated["secret"]), (200, &json!(new)));
    stage.end().await;
}

#[tokio::test]
async fn rotation_has_bounds() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let (status, refused) = rotate(&stage, &endpoint, json!({ "overlap_seconds": 604_801 })).await;
    assert_eq!((status, refused["errors"][0]["pointer"].as_str()), (422, Some("/overlap_seconds")));
    let (status, refused) =
        rotate(&stage, &endpoint, json!({ "secret": "plain-text-does-not-fit-standard" })).await;
    assert_eq!((status, refused["errors"][0]["pointer"].as_str()), (422, Some("/secret")));
    for _ in 0..10 {
        assert_eq!(rotate(&stage, &endpoint, json!({})).await.0, 200);
    }
    let (status, refused) = rotate(&stage, &endpoint, json!({})).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("too_many_secrets")));
    // One that comes back makes no more of them.
    let (status, back) = rotate(&stage, &endpoint, json!({ "secret": endpoint.secret })).await;
    assert_eq!((status, back["old_secrets"].as_array().unwrap().len()), (200, 10));
    stage.end().await;
}

#[tokio::test]
async fn another_profile_gets_a_secret_that_fits_it() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let patch = async |body: &'static str| stage.admin.call("PATCH", &path, body, &[]).await.unwrap().1;
    let covered = patch(r#"{"signature":{"profile":"covered"}}"#).await;
    assert!(covered["secret"].is_null(), "the same secret still fits");
    let asymmetric = patch(r#"{"signature":{"profile":"standard-asymmetric"}}"#).await;
    assert!(asymmetric["public_key"].is_string());
    let back = patch(r#"{"signature":{"profile":"standard"}}"#).await;
    stage.send("invoice.paid", json!({})).await;
    let seen = receiver.wait_for(1).await.remove(0);
    assert!(seen.is_signed_with(back["secret"].as_str().unwrap()));
    stage.end().await;
}

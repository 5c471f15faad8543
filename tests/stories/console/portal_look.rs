//! How does a workspace's portal look, and whose pages may show it?
//! The setting `portal` of a workspace: branding, and the origins that may embed it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stories::Stage;

use super::get;
use super::sessions::{call, key};

/// The beginning of a PNG image, which is all that is looked at.
fn png(length: usize) -> Vec<u8> {
    let mut image = b"\x89PNG\r\n\x1a\n".to_vec();
    image.resize(length, 7);
    image
}

async fn set(stage: &Stage, portal: Value) -> (u16, Value) {
    let path = format!("/v1/workspaces/{}", stage.workspace);
    call(&stage.admin, "PATCH", &path, json!({ "portal": portal })).await
}

async fn look(stage: &Stage) -> Value {
    let path = format!("/v1/portal/look?workspace_id={}", stage.workspace);
    let got = get(stage, &path, &[]).await;
    assert_eq!(got.status, 200, "{}", got.text());
    serde_json::from_slice(&got.body).unwrap()
}

#[tokio::test]
async fn the_portal_is_framed_by_the_origins_of_its_workspace_only() {
    let stage = Stage::set().await;
    let portal = format!("/portal/{}/endpoints", stage.workspace);
    let ancestors = async |path: &str| {
        let policy = get(&stage, path, &[]).await.header("content-security-policy").to_owned();
        policy.split("; ").find_map(|one| one.strip_prefix("frame-ancestors ").map(str::to_owned)).unwrap()
    };
    assert_eq!(ancestors(&portal).await, "'none'");
    let origins = json!(["https://app.example.com", "http://localhost:3000"]);
    assert_eq!(set(&stage, json!({ "origins": origins })).await.0, 200);
    for path in
        [portal.clone(), format!("/portal/{}", stage.workspace), format!("/portal/{}/", stage.workspace)]
    {
        assert_eq!(ancestors(&path).await, "https://app.example.com http://localhost:3000", "{path}");
    }
    let elsewhere = format!("/console/{}", stage.workspace);
    for path in [&elsewhere, "/portal/ws_01M7Z294KETHNPJB3QG0VDG1JA", "/portal/nonsense/a", "/portal/%00"] {
        assert_eq!(ancestors(path).await, "'none'", "{path}");
        assert_eq!(get(&stage, path, &[]).await.status, 200, "whether it exists is not told: {path}");
    }
    stage.end().await;
}

#[tokio::test]
async fn the_look_is_what_the_workspace_says_and_public() {
    let stage = Stage::set().await;
    assert_eq!(look(&stage).await["name"], Value::Null);
    let settings = json!({
        "name": "Acme", "accent": "#0a7d4f", "theme": "dark", "origins": ["https://app.example.com"],
        "refresh_url": "https://app.example.com/webhooks?from=portal", "return_url": "https://app.example.com",
        "hide_branding": true, "pages": ["endpoints", "deliveries"], "lang": "en",
    });
    let (status, workspace) = set(&stage, settings.clone()).await;
    assert_eq!((status, &workspace["portal"]), (200, &settings));
    let mut shown = settings;
    shown["logo"] = Value::Null;
    assert_eq!(look(&stage).await, shown);

    // A merge: what is not named stays.
    let (_, workspace) = set(&stage, json!({ "name": null, "theme": "light" })).await;
    assert_eq!((workspace["portal"].get("name"), &workspace["portal"]["accent"]), (None, &json!("#0a7d4f")));
    let other = "/v1/portal/look?workspace_id=ws_01M7Z294KETHNPJB3QG0VDG1JA";
    assert_eq!(get(&stage, other, &[]).await.status, 404);
    assert_eq!(get(&stage, "/v1/portal/look", &[]).await.status, 422);

    // The rest of the workspace is not for the portal.
    let link = json!({ "workspace_id": stage.workspace, "scopes": ["webhooks"] });
    let link = call(&stage.admin, "POST", "/v1/portal-links", link).await.1;
    let token = link["url"].as_str().unwrap().split_once("#t=").unwrap().1;
    let header = format!("authorization: Bearer {token}");
    assert_eq!(get(&stage, &format!("/v1/workspaces/{}", stage.workspace), &[&header]).await.status, 403);
    stage.end().await;
}

#[tokio::test]
async fn a_logo_is_served_from_here_as_an_image() {
    let stage = Stage::set().await;
    let logo = format!("/portal/{}/logo", stage.workspace);
    assert_eq!(get(&stage, &logo, &[]).await.status, 404);
    let (status, workspace) = set(&stage, json!({ "logo": STANDARD.encode(png(32 * 1024)) })).await;
    assert_eq!(status, 200, "{workspace}");
    let name = workspace["portal"]["logo"].as_str().unwrap();
    assert!(name.starts_with("png_"), "{name}");
    let path = look(&stage).await["logo"].as_str().unwrap().to_owned();
    assert_eq!(path, format!("{logo}?v={name}"));
    let got = get(&stage, &path, &[]).await;
    assert_eq!((got.status, &got.body), (200, &png(32 * 1024)));
    assert_eq!(got.header("content-type"), "image/png");
    assert_eq!(got.header("x-content-type-options"), "nosniff");
    assert!(got.header("content-security-policy").contains("default-src 'none'"));

    // Sent back as it was read, it stays; and so it does in a change of something else.
    let (status, same) = set(&stage, json!({ "logo": name, "name": "Acme" })).await;
    assert_eq!((status, &same["portal"]["logo"]), (200, &json!(name)));
    assert_eq!(get(&stage, &logo, &[]).await.body.len(), 32 * 1024);

    let (_, other) = set(&stage, json!({ "logo": STANDARD.encode(png(9)) })).await;
    assert_ne!(other["portal"]["logo"], json!(name));
    assert_eq!(get(&stage, &logo, &[]).await.body, png(9));
    // The one before is gone.
    let (status, problem) = set(&stage, json!({ "logo": name })).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/portal/logo")));
    assert_eq!(set(&stage, json!({ "logo": null })).await.0, 200);
    assert_eq!(get(&stage, &logo, &[]).await.status, 404);
    stage.end().await;
}

#[tokio::test]
async fn what_cannot_be_shown_is_refused_with_a_pointer() {
    let stage = Stage::set().await;
    for (wrong, pointer) in [
        (json!({ "origins": ["http://app.example.com"] }), "/portal/origins/0"),
        (json!({ "origins": ["https://a", "https://b;script-src *"] }), "/portal/origins/1"),
        (json!({ "origins": vec!["https://a"; 11] }), "/portal/origins"),
        (json!({ "logo": STANDARD.encode(b"<svg onload='alert(1)'/>") }), "/portal/logo"),
        (json!({ "logo": STANDARD.encode(png(32 * 1024 + 1)) }), "/portal/logo"),
        (json!({ "logo": "png_1_0000000000000000" }), "/portal/logo"),
        (json!({ "accent": "red; background: url(x)" }), "/portal/accent"),
        (json!({ "refresh_url": "javascript:alert(1)" }), "/portal/refresh_url"),
        (json!({ "return_url": "http://example.com" }), "/portal/return_url"),
        (json!({ "theme": "sepia" }), "/portal/theme"),
        (json!({ "pages": ["rules"] }), "/portal/pages/0"),
        (json!({ "pages": [] }), "/portal/pages"),
        (json!({ "lang": "english language" }), "/portal/lang"),
        (json!({ "name": "" }), "/portal/name"),
        (json!({ "css": "" }), "/portal/css"),
    ] {
        let (status, problem) = set(&stage, wrong.clone()).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{wrong}: {problem}");
    }
    let (reader, _) = key(&stage, json!({ "scopes": ["workspaces:ro"] })).await;
    let path = format!("/v1/workspaces/{}", stage.workspace);
    assert_eq!(call(&reader, "PATCH", &path, json!({ "portal": {} })).await.0, 403);
    stage.end().await;
}

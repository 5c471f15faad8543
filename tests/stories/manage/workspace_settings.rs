//! What does a workspace set for its endpoints, and what does it keep for its owner?
//! Default settings of endpoints, of the workspace and of the installation; metadata.

use api::client::ApiClient;
use domain::endpoint::defaults::EndpointDefaults;
use local::first_run::prepare;
use local::platform::{Platform, Setup};
use serde_json::{Value, json};
use stories::Stage;
use usecases::Clock;

const ENDPOINTS: &str = "/v1/webhook-endpoints";

async fn call(client: &ApiClient, method: &str, path: &str, body: Value) -> (u16, Value) {
    client.call(method, path, body.to_string(), &[]).await.unwrap()
}

fn new(workspace: &str, settings: Value) -> Value {
    let mut body = json!({ "workspace_id": workspace, "url": "https://example.com/hooks" });
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn an_endpoint_takes_the_defaults_of_its_workspace_when_it_is_made() {
    let stage = Stage::set().await;
    let defaults = json!({
        "timeout_seconds": 20, "retry": { "preset": "three-tries" }, "disable": "strict-5",
        "signature": { "profile": "covered" }, "body": "data",
    });
    let body = json!({ "name": "Acme", "uid": "acme", "endpoint_defaults": defaults });
    let (status, made) = call(&stage.admin, "POST", "/v1/workspaces", body).await;
    assert_eq!(status, 201, "{made}");
    let shown = &made["endpoint_defaults"];
    assert_eq!(shown["disable"], json!({ "consecutive_failures": 5, "window_seconds": 0 }));

    let (_, plain) = call(&stage.admin, "POST", ENDPOINTS, new("acme", json!({}))).await;
    for name in ["timeout_seconds", "retry", "disable", "signature", "body"] {
        assert_eq!(plain[name], shown[name], "{name}");
    }
    let own = json!({ "timeout_seconds": 5, "signature": { "profile": "standard" } });
    let (_, own) = call(&stage.admin, "POST", ENDPOINTS, new("acme", own)).await;
    assert_eq!((&own["timeout_seconds"], &own["signature"]["profile"]), (&json!(5), &json!("standard")));
    assert_eq!(own["retry"], shown["retry"]);

    // A change concerns later endpoints, and settings that are set to their default.
    let patch = json!({ "endpoint_defaults": {
        "timeout_seconds": 25, "retry": { "schedule_seconds": [1] }, "disable": { "window_seconds": 60 }, "body": null,
    }});
    let (status, changed) = call(&stage.admin, "PATCH", "/v1/workspaces/acme", patch).await;
    let expected = json!({
        "timeout_seconds": 25, "retry": { "schedule_seconds": [1] }, "signature": { "profile": "covered" },
        "disable": { "consecutive_failures": 5, "window_seconds": 60 },
    });
    assert_eq!((status, &changed["endpoint_defaults"]), (200, &expected));
    let path = format!("{ENDPOINTS}/{}", plain["id"].as_str().unwrap());
    assert_eq!(stage.read(&path).await["timeout_seconds"], 20);
    let nulls = json!({ "timeout_seconds": null, "retry": null, "body": null });
    let (_, reset) = call(&stage.admin, "PATCH", &path, nulls).await;
    assert_eq!((&reset["timeout_seconds"], &reset["retry"]), (&json!(25), &expected["retry"]));
    assert_eq!((&reset["body"], &reset["disable"]), (&json!("envelope"), &shown["disable"]));

    let none = json!({ "endpoint_defaults": null });
    let (_, none) = call(&stage.admin, "PATCH", "/v1/workspaces/acme", none).await;
    assert_eq!(none["endpoint_defaults"], json!({}));
    let (_, plain) = call(&stage.admin, "POST", ENDPOINTS, new("acme", json!({}))).await;
    assert_eq!((&plain["timeout_seconds"], &plain["signature"]["profile"]), (&json!(10), &json!("standard")));
    stage.end().await;
}

#[tokio::test]
async fn defaults_and_metadata_are_checked_as_those_of_an_endpoint_are() {
    let stage = Stage::set().await;
    let long = "x".repeat(513);
    for (settings, pointer) in [
        (json!({ "endpoint_defaults": { "timeout_seconds": 31 } }), "/endpoint_defaults/timeout_seconds"),
        (json!({ "endpoint_defaults": { "timeout_seconds": "5" } }), "/endpoint_defaults/timeout_seconds"),
        (json!({ "endpoint_defaults": { "rate_limit": null } }), "/endpoint_defaults/rate_limit"),
        (
            json!({ "endpoint_defaults": { "retry": { "schedule_seconds": [0] } } }),
            "/endpoint_defaults/retry",
        ),
        (json!({ "endpoint_defaults": { "retry": [] } }), "/endpoint_defaults/retry"),
        (
            json!({ "endpoint_defaults": { "disable": { "consecutive_failures": 0 } } }),
            "/endpoint_defaults/disable/consecutive_failures",
        ),
        (
            json!({ "endpoint_defaults": { "signature": { "profile": "none" } } }),
            "/endpoint_defaults/signature/profile",
        ),
        (json!({ "endpoint_defaults": [] }), "/endpoint_defaults"),
        (json!({ "metadata": { "plan": long } }), "/metadata/plan"),
        (json!({ "metadata": { "plan": 1 } }), "/metadata/plan"),
    ] {
        let mut body = json!({ "name": "a" });
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let (status, refused) = call(&stage.admin, "POST", "/v1/workspaces", body).await;
        assert_eq!((status, &refused["errors"][0]["pointer"]), (422, &json!(pointer)), "{refused}");
    }
    let path = format!("/v1/workspaces/{}", stage.workspace);
    let patch = async |metadata: Value| {
        call(&stage.admin, "PATCH", &path, json!({ "metadata": metadata })).await.1["metadata"].clone()
    };
    assert_eq!(
        patch(json!({ "plan": "gold", "region": "eu" })).await,
        json!({ "plan": "gold", "region": "eu" })
    );
    assert_eq!(patch(json!({ "plan": null })).await, json!({ "region": "eu" }));
    assert_eq!(patch(json!(null)).await, json!({}));
    stage.end().await;
}

#[tokio::test]
async fn the_installations_defaults_stand_behind_those_of_the_workspace() {
    let endpoint_defaults =
        EndpointDefaults::of_installation(r#"{"timeout_seconds":15,"body":"data"}"#).unwrap();
    let platform = Platform::start(Setup { endpoint_defaults, ..Setup::default() }).await.unwrap();
    let beginnings = prepare(&platform.store, None, None, &Clock::system()).await.unwrap();
    let admin = ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
    let workspace = beginnings.workspace.to_string();
    let path = format!("/v1/workspaces/{workspace}");
    call(&admin, "PATCH", &path, json!({ "endpoint_defaults": { "timeout_seconds": 20 } })).await;
    let (status, endpoint) = call(&admin, "POST", ENDPOINTS, new(&workspace, json!({}))).await;
    let taken = (&endpoint["timeout_seconds"], &endpoint["body"], &endpoint["retry"]["preset"]);
    assert_eq!((status, taken), (201, (&json!(20), &json!("data"), &json!("default"))));
    platform.stop().await;
}

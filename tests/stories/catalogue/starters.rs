//! Are the starter catalogues sound?

use std::collections::BTreeMap;

use api::client::ApiClient;
use local::catalogues::{STARTERS, import, import_if_wanted, want};
use local::data_dir::DataDir;
use serde_json::{Value, json};
use stories::Stage;

use super::call;

/// The families that each starter describes.
const FAMILIES: [(&str, &[&str]); 3] = [
    ("support.json", &["chat", "conversation", "message", "offline_message", "survey", "ticket", "visitor"]),
    ("billing.json", &["customer", "invoice", "license", "subscription"]),
    ("research.json", &["campaign", "interview", "synthesis"]),
];

#[test]
fn each_event_type_has_a_group_a_title_a_description_a_schema_and_an_example() {
    for ((file, text), (expected, families)) in STARTERS.into_iter().zip(FAMILIES) {
        let document: Value = serde_json::from_str(text).unwrap();
        let mut found = BTreeMap::new();
        for row in document["event_types"].as_array().unwrap() {
            let name = row["name"].as_str().unwrap();
            *found.entry(name.split('.').next().unwrap()).or_insert(0) += 1;
            for member in ["group", "title", "description"] {
                assert!(!row[member].as_str().unwrap_or_default().is_empty(), "{name} has no {member}");
            }
            assert!(row["schema"].is_object() && row["example"].is_object(), "{name}");
        }
        assert_eq!((file, found.keys().copied().collect::<Vec<_>>()), (expected, families.to_vec()));
        assert!(found.values().all(|count| *count >= 2), "{found:?}");
    }
}

/// The examples fit their schemas, or the import would be refused.
#[tokio::test]
async fn the_starters_are_imported_and_the_sample_events_fit_them() {
    let stage = Stage::set().await;
    import(&stage.admin).await.unwrap();
    let listed = stage.read("/v1/event-types").await;
    assert!(listed["data"].as_array().unwrap().len() >= 45, "{listed}");
    import(&stage.admin).await.unwrap();
    assert_eq!(stage.read("/v1/event-types").await, listed, "a second import changes nothing");

    let path = format!("/v1/workspaces/{}", stage.workspace);
    call(&stage.admin, "PATCH", &path, json!({ "strict": "refuse" })).await;
    let names: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/payloads");
    let mut sent = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let mut event: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        if names.contains(&event["type"].as_str().unwrap()) {
            event["workspace_id"] = json!(stage.workspace);
            let (status, answer) = call(&stage.admin, "POST", "/v1/events", event).await;
            assert_eq!(status, 202, "{}: {answer}", file.display());
            sent += 1;
        }
    }
    assert!(sent >= 8, "{sent}");
    stage.end().await;
}

#[tokio::test]
async fn starters_that_cannot_be_imported_are_named_and_stay_wanted() {
    let stage = Stage::set().await;
    let folder = std::env::temp_dir().join(format!("posthorn-starters-{}", std::process::id()));
    let data = DataDir::open(&folder).unwrap();
    want(&data).unwrap();
    let nobody = ApiClient::new(&stage.platform.url(), "phk_00000000000000000000000000000000");
    for _ in 0..2 {
        let warning = import_if_wanted(Some(&data), false, &nobody).await.unwrap().unwrap();
        let named = warning.starts_with("warning: the catalogue support.json cannot be imported");
        assert!(named && warning.ends_with("The next start tries it again."), "{warning}");
    }
    assert_eq!(import_if_wanted(Some(&data), false, &stage.admin).await.unwrap(), None);
    assert!(stage.read("/v1/event-types").await["data"].as_array().unwrap().len() >= 45);
    // Now it is done, and not even asked.
    assert_eq!(import_if_wanted(Some(&data), false, &nobody).await.unwrap(), None);
    drop(data);
    std::fs::remove_dir_all(&folder).unwrap();
    stage.end().await;
}

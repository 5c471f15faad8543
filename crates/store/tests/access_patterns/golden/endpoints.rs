//! Is an endpoint of an older version the same, what is sealed in its row too, and can it be changed?

use domain::endpoint::purpose::Purpose;
use domain::endpoint::subscription::Switch;
use domain::endpoint::{Endpoint, EndpointSettings};
use domain::id::{EndpointId, EndpointKey, WorkspaceId};
use serde_json::{Value, json};
use store::Listing;

use super::{OLD_DATA, answers, document, id, item, number, table_with, text};

/// Each file, and the endpoint's name in the manifest.
pub(super) const ENDPOINTS: [(&str, &str); 8] = [
    ("endpoint-asymmetric", "asymmetric"),
    ("endpoint-body", "body"),
    ("endpoint-covered", "covered"),
    ("endpoint-gone", "gone"),
    ("endpoint-limited", "concurrent"),
    ("endpoint-rated", "probed"),
    ("endpoint-rotated", "standard"),
    ("endpoint-unsigned", "unsigned"),
];

/// Its document and secrets, as the row and the manifest have them.
fn assert_is_the_golden_endpoint(endpoint: &Endpoint, file: &str, name: &str) {
    let (item, manifest) = (item(file), document(OLD_DATA, "manifest.json"));
    let mut document: Value = serde_json::from_str(text(&item, "document")).unwrap();
    let headers = &answers()[&format!("/v1/webhook-endpoints/{}", endpoint.id)]["headers"];
    document["settings"]["headers"] = headers.clone();
    // What that version did not know, an endpoint of it does not have.
    for unknown in ["uid", "filter", "template"] {
        document["settings"][unknown] = Value::Null;
    }
    document["settings"]["delay_seconds"] = json!(0);
    assert_eq!(json!(endpoint.settings), document["settings"], "{file}");
    assert_eq!(
        json!([endpoint.id, endpoint.workspace_id]),
        json!([document["id"], document["workspace_id"]]),
        "{file}"
    );
    assert_eq!(json!(endpoint.disabled_reason()), document["disabled_reason"], "{file}");
    let known = endpoint.disabled.as_ref().map(|disabled| (disabled.at, &disabled.by));
    assert!(known.is_none_or(|known| known == (None, &None)), "{file}: what was not recorded stays unknown");
    assert_eq!(
        json!([endpoint.created_at, endpoint.updated_at]),
        json!([document["created_at"], document["updated_at"]])
    );
    assert_eq!(i64::try_from(endpoint.revision).unwrap(), number(&item, "revision"), "{file}");
    let manifest = &manifest["endpoints"][name];
    if let Some(public_key) = manifest["public_key"].as_str() {
        assert_eq!(endpoint.secrets[0].secret.public_key().unwrap().to_string(), public_key, "{file}");
        assert_eq!(document["public_keys"][0][0], public_key, "{file}");
    } else {
        let secrets: Vec<_> = endpoint.secrets.iter().map(|active| active.secret.reveal()).collect();
        assert_eq!(json!(secrets), manifest["secrets"], "{file}");
    }
}

#[tokio::test]
async fn endpoints_and_what_is_sealed_in_their_rows() {
    let names: Vec<_> = ENDPOINTS.iter().map(|(file, _)| *file).chain(["data-key"]).collect();
    let table = table_with(&names).await;
    let workspace: WorkspaceId = id(&item("endpoint-body"), "PK", 1);
    for (file, name) in ENDPOINTS {
        let endpoint: EndpointId = id(&item(file), "SK", 1);
        let loaded = table.store.load_endpoint(EndpointKey::new(workspace, endpoint)).await.unwrap().unwrap();
        assert_is_the_golden_endpoint(&loaded, file, name);
        assert_eq!(table.store.find_endpoint(endpoint).await.unwrap().as_ref(), Some(&loaded), "{file}");

        // It can be changed: the condition is on the revision it was written with.
        let changed = Endpoint { revision: loaded.revision + 1, ..loaded };
        assert!(table.store.save_endpoint(&changed, None).await.unwrap(), "{file}");
        assert!(!table.store.save_endpoint(&changed, None).await.unwrap(), "{file}");
        assert_eq!(
            table.store.load_endpoint(EndpointKey::new(workspace, endpoint)).await.unwrap(),
            Some(changed),
            "{file}"
        );
    }
    let listed = table
        .store
        .list_endpoints(workspace, &Listing::all(|_, _: &Purpose, _: &EndpointSettings| true, 100))
        .await
        .unwrap();
    assert_eq!(listed.rows.len(), ENDPOINTS.len());
    let rotated = listed.rows.iter().find(|endpoint| endpoint.secrets.len() == 2).unwrap();
    assert!(rotated.secrets[0].expires_at.is_none() && rotated.secrets[1].expires_at.is_some());
    let subscriptions = table.store.all_subscriptions(workspace).await.unwrap();
    assert_eq!(subscriptions.iter().map(|s| s.public_keys.len()).sum::<usize>(), 1);
    assert_eq!(subscriptions.iter().filter(|s| s.switch == Switch::Off).count(), 1);
    assert_eq!(subscriptions.iter().map(|s| s.channels.len()).max(), Some(2));
}

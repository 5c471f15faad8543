//! Do keys of an older version open the workspaces of that version?

use domain::access::workspace::Workspace;
use serde_json::{Value, json};
use store::Listing;

use super::{id, item, number, table_with, text};
use crate::every_page;

pub(super) const ACCESS: [&str; 6] = [
    "api-key-by-digest",
    "api-key-listed",
    "api-key-of-all-workspaces",
    "data-key",
    "workspace",
    "workspace-with-a-quota",
];

#[tokio::test]
async fn workspaces_and_api_keys() {
    let table = table_with(&ACCESS).await;
    for name in ["workspace", "workspace-with-a-quota"] {
        let item = item(name);
        let workspace = table.store.load_workspace(id(&item, "PK", 1)).await.unwrap().unwrap();
        let mut written: Value = serde_json::from_str(text(&item, "document")).unwrap();
        // A counter beside the document; in it, it is not written.
        let mut read = json!(workspace);
        read.as_object_mut().unwrap().remove("revision");
        written.as_object_mut().unwrap().remove("revision");
        // What that version did not know, a workspace of it does not have.
        written["endpoint_defaults"] = json!({});
        assert_eq!(
            (read, i64::try_from(workspace.revision).unwrap()),
            (written, number(&item, "revision")),
            "{name}"
        );
    }
    let listed = every_page(async |before| {
        table.store.list_workspaces(&Listing::all(|_: &Workspace| true, 1).beyond(before)).await.unwrap()
    })
    .await;
    assert_eq!(listed.len(), 2);

    let by_digest = item("api-key-by-digest");
    let digest = text(&by_digest, "PK").strip_prefix("KEY#").unwrap();
    let key = table.store.find_api_key(digest).await.unwrap().unwrap();
    assert_eq!(json!(key), serde_json::from_str::<Value>(text(&by_digest, "document")).unwrap());
    for name in ["api-key-listed", "api-key-of-all-workspaces"] {
        let item = item(name);
        let key = table.store.load_api_key(id(&item, "SK", 1)).await.unwrap().unwrap().key;
        assert_eq!(json!(key), serde_json::from_str::<Value>(text(&item, "document")).unwrap(), "{name}");
        assert_eq!(
            table.store.list_api_keys(key.workspace_id, &Listing::all((), 9)).await.unwrap().rows,
            [key],
            "{name}"
        );
    }
}

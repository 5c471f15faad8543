use domain::access::workspace::{Workspace, WorkspaceSettings};

use crate::{now, table, workspace};

fn settings(name: &str) -> WorkspaceSettings {
    serde_json::from_value(serde_json::json!({ "name": name })).unwrap()
}

#[tokio::test]
async fn a_change_from_an_older_revision_is_refused() {
    let table = table().await;
    let new = Workspace::new(workspace(1), settings("new"), now());
    assert!(table.store.save_workspace(&new, None).await.unwrap());
    assert!(!table.store.save_workspace(&new, None).await.unwrap(), "there is one already");
    let stored = table.store.load_workspace(new.id).await.unwrap().unwrap();
    assert_eq!(stored, new);
    let (mine, theirs) = (stored.changed(settings("mine")), stored.changed(settings("theirs")));
    assert!(table.store.save_workspace(&mine, None).await.unwrap());
    assert!(!table.store.save_workspace(&theirs, None).await.unwrap());
    assert_eq!(table.store.load_workspace(new.id).await.unwrap().unwrap(), mine);
    assert_eq!(table.store.list_workspaces(None, 2).await.unwrap().rows, [mine]);
}

use domain::access::workspace::{Workspace, WorkspaceSettings};
use store::{Listing, Order};

use crate::{now, table, workspace};

fn settings(name: &str) -> WorkspaceSettings {
    serde_json::from_value(serde_json::json!({ "name": name })).unwrap()
}

#[tokio::test]
async fn a_filter_that_passes_very_many_rows_over_ends_its_page_and_goes_on_in_the_next() {
    let table = table().await;
    for number in 0..2_050 {
        let settings = settings(if number == 1 { "the one" } else { "another" });
        table.store.save_workspace(&Workspace::new(workspace(number), settings, now())).await.unwrap();
    }
    let is_it = |workspace: &Workspace| workspace.name == "the one";
    let first = table.store.list_workspaces(&Listing::all(is_it, 50)).await.unwrap();
    assert_eq!((first.rows.len(), first.next), (0, Some(workspace(50))));
    let last = table.store.list_workspaces(&Listing::all(is_it, 50).beyond(first.next)).await.unwrap();
    assert_eq!((last.rows.len(), last.next), (1, None));
    let oldest = Listing { order: Order::OldestFirst, ..Listing::all(is_it, 1) };
    let found = table.store.list_workspaces(&oldest).await.unwrap();
    assert_eq!((found.rows[0].id, found.next), (workspace(1), Some(workspace(1))));
}

#[tokio::test]
async fn a_change_from_an_older_revision_is_refused() {
    let table = table().await;
    let new = Workspace::new(workspace(1), settings("new"), now());
    assert!(table.store.save_workspace(&new).await.unwrap());
    assert!(!table.store.save_workspace(&new).await.unwrap(), "there is one already");
    let stored = table.store.load_workspace(new.id).await.unwrap().unwrap();
    assert_eq!(stored, new);
    let (mine, theirs) = (stored.changed(settings("mine")), stored.changed(settings("theirs")));
    assert!(table.store.save_workspace(&mine).await.unwrap());
    assert!(!table.store.save_workspace(&theirs).await.unwrap());
    assert_eq!(table.store.load_workspace(new.id).await.unwrap().unwrap(), mine);
    assert_eq!(
        table.store.list_workspaces(&Listing::all(|_: &Workspace| true, 2)).await.unwrap().rows,
        [mine]
    );
}

use domain::access::workspace::{Workspace, WorkspaceSettings};
use store::{Listing, Order};

use crate::{now, table, workspace};

fn settings(name: &str) -> WorkspaceSettings {
    serde_json::from_value(serde_json::json!({ "name": name })).unwrap()
}

#[tokio::test]
async fn a_filtered_list_passes_rows_over_from_either_end() {
    let table = table().await;
    for number in 0..30 {
        let settings = settings(if number % 10 == 1 { "wanted" } else { "another" });
        table.store.save_workspace(&Workspace::new(workspace(number), settings, now()), None).await.unwrap();
    }
    let is_wanted = |workspace: &Workspace| workspace.name == "wanted";
    for (order, wanted) in [(Order::NewestFirst, [21, 11, 1]), (Order::OldestFirst, [1, 11, 21])] {
        let (mut beyond, mut found) = (None, Vec::new());
        loop {
            let listing = Listing { order, ..Listing::all(is_wanted, 1).beyond(beyond) };
            let page = table.store.list_workspaces(&listing).await.unwrap();
            found.extend(page.rows.into_iter().map(|workspace| workspace.id));
            beyond = page.next;
            if beyond.is_none() {
                break;
            }
        }
        assert_eq!(found, wanted.map(workspace), "{order:?}");
    }
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
    assert_eq!(
        table.store.list_workspaces(&Listing::all(|_: &Workspace| true, 2)).await.unwrap().rows,
        [mine]
    );
}

use domain::access::api_key::ApiKey;
use domain::access::workspace::{Workspace, WorkspaceSettings};
use usecases::manage::manage_workspace::{read_workspace, update_workspace};

use crate::Bench;

#[tokio::test]
async fn two_changes_in_two_processes_do_not_undo_each_other() {
    let bench = Bench::new().await;
    let (one, two) = (bench.management(), bench.management());
    // Retention is a quota, which only a key for all workspaces may raise.
    let caller = ApiKey { workspace_id: None, ..bench.caller() };
    // Both have read the workspace, and cached it.
    for process in [&one, &two] {
        read_workspace(process, &caller, bench.workspace).await.unwrap();
    }
    let longer = |workspace: &Workspace| Ok(WorkspaceSettings { retention_days: 60, ..workspace.settings() });
    let renamed =
        |workspace: &Workspace| Ok(WorkspaceSettings { name: "renamed".to_owned(), ..workspace.settings() });
    update_workspace(&one, &caller, bench.workspace, longer).await.unwrap();
    update_workspace(&two, &caller, bench.workspace, renamed).await.unwrap();
    let stored = bench.store.load_workspace(bench.workspace).await.unwrap().unwrap();
    assert_eq!((stored.retention_days, stored.name.as_str()), (60, "renamed"));
}

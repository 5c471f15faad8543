//! Which use case does a task ask for?
//! Every task of the queue does one step of stepwise work: of a drain, a replay, a sweep or the deletion of a workspace.

use domain::id::EndpointKey;
use queue::Task;

use crate::accept::sweep::sweep_step;
use crate::context::Context;
use crate::error::Fault;
use crate::manage::delete_workspace::deletion_step;
use crate::recover::drain::drain_step;
use crate::replay::replay_window::replay_step;

/// Does the step that `task` asks for.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used; the task then comes back.
pub async fn take_step(context: &Context, task: Task) -> Result<(), Fault> {
    let is_deletion = matches!(task, Task::Deletion { .. });
    if !is_deletion && !context.has_workspace(task.workspace()).await? {
        return drop_work(context, task).await;
    }
    match task {
        Task::Drain { workspace, endpoint } => {
            drain_step(context, EndpointKey::new(workspace, endpoint)).await
        }
        Task::Replay { workspace, replay } => replay_step(context, workspace, replay).await,
        Task::Sweep { workspace } => sweep_step(context, workspace).await,
        Task::Deletion { workspace } => deletion_step(context, workspace).await,
    }
}

/// Ends work of a workspace that was deleted. A process in one of its steps finds its lease lost.
async fn drop_work(context: &Context, task: Task) -> Result<(), Fault> {
    tracing::info!(?task, "work dropped: its workspace was deleted");
    let store = &context.store;
    match task {
        Task::Drain { workspace, endpoint } => {
            store.drop_drain(EndpointKey::new(workspace, endpoint)).await?
        }
        Task::Replay { workspace, replay } => store.drop_replay(workspace, replay).await?,
        Task::Sweep { workspace } => store.drop_sweep(workspace).await?,
        Task::Deletion { .. } => {}
    }
    Ok(())
}

//! Which use case does a task ask for?
//! Every task of the queue does one step of stepwise work: of a drain, a replay or a sweep.

use domain::id::EndpointKey;
use queue::Task;

use crate::accept::sweep::sweep_step;
use crate::context::Context;
use crate::error::Fault;
use crate::recover::drain::drain_step;
use crate::replay::replay_window::replay_step;

/// Does the step that `task` asks for.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used; the task then comes back.
pub async fn take_step(context: &Context, task: Task) -> Result<(), Fault> {
    match task {
        Task::Drain { workspace, endpoint } => {
            drain_step(context, EndpointKey::new(workspace, endpoint)).await
        }
        Task::Replay { workspace, replay } => replay_step(context, workspace, replay).await,
        Task::Sweep { workspace } => sweep_step(context, workspace).await,
    }
}

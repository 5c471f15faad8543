//! What is a task? The message that makes the maintenance function do one step of something that takes long.
//! Stepwise work: each step claims a leased row, saves its progress and sends the task of the next step.
//!
//! A task says only what to work on; how far that has come stands in the table, under a lease. So a doubled or late
//! task does no harm, and each step sends the task for the next.

use std::time::Duration;

use domain::id::{EndpointId, ReplayId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::Queue;
use crate::error::QueueError;
use crate::send::MAX_DELAY;
use crate::version::{self, BadMessage, Versioned};

/// What to work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Send an endpoint's parked deliveries again.
    Drain {
        /// The workspace.
        workspace: WorkspaceId,
        /// The endpoint whose deliveries are sent.
        endpoint: EndpointId,
    },
    /// Do the next step of a replay of a window.
    Replay {
        /// The workspace.
        workspace: WorkspaceId,
        /// The replay.
        replay: ReplayId,
    },
    /// Send the jobs that a workspace's events were cut off from.
    Sweep {
        /// The workspace.
        workspace: WorkspaceId,
    },
    /// Delete the rows of a workspace that was deleted.
    Deletion {
        /// The workspace.
        workspace: WorkspaceId,
    },
}

impl Task {
    /// The workspace that the work is of.
    pub fn workspace(self) -> WorkspaceId {
        match self {
            Self::Drain { workspace, .. }
            | Self::Replay { workspace, .. }
            | Self::Sweep { workspace }
            | Self::Deletion { workspace } => workspace,
        }
    }

    /// Reads a message's body. Members added to version 1 later are passed over.
    ///
    /// # Errors
    /// [`BadMessage`] when it is no task or one of another version.
    pub fn parse(body: &str) -> Result<Self, BadMessage> {
        version::parse::<Versioned<Self>>(body).map(|message| message.body)
    }

    /// The message's body.
    #[expect(clippy::expect_used, reason = "a task is a word and ids; nothing here can fail")]
    pub fn to_body(self) -> String {
        serde_json::to_string(&Versioned::new(self)).expect("a task is JSON")
    }
}

impl Queue {
    /// Puts a task on its queue, to be seen after `delay` (at most 15 minutes, rounded up to whole seconds).
    ///
    /// # Errors
    /// [`QueueError`] when SQS refuses or no queue of tasks is configured.
    pub async fn send_task(&self, task: Task, delay: Duration) -> Result<(), QueueError> {
        let url = self.tasks_url.as_deref().ok_or(QueueError::NoTaskQueue)?;
        let seconds = delay.min(MAX_DELAY).as_millis().div_ceil(1_000);
        self.client
            .send_message()
            .queue_url(url)
            .message_body(task.to_body())
            .delay_seconds(i32::try_from(seconds).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(QueueError::aws("SendMessage"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::timestamp::Timestamp;

    #[test]
    fn a_task_is_read_back_and_another_version_is_named() {
        let at = Timestamp::from_millis(1_767_605_400_000);
        let task = Task::Drain { workspace: WorkspaceId::new(at, 1), endpoint: EndpointId::new(at, 2) };
        let body = task.to_body();
        assert_eq!(Task::parse(&body), Ok(task));
        assert_eq!(Task::parse(&body.replacen(":1", ":2", 1)), Err(BadMessage::UnknownVersion(2)));
        assert_eq!(Task::parse(r#"{"v":1,"task":"dance"}"#), Err(BadMessage::Unparsable));
        let workspace = WorkspaceId::new(at, 1);
        let body = format!(r#"{{"v":1,"task":"deletion","workspace":"{workspace}"}}"#);
        assert_eq!(Task::parse(&body), Ok(Task::Deletion { workspace }));
    }
}

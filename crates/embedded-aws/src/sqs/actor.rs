//! How do many requests share one file?
//! Group commit by an actor: a thread owns the file, commits all queued requests as one group, and answers a request
//! only when its group is durable.

use std::sync::mpsc;

use tokio::sync::oneshot;

use super::storage::Storage;
use crate::EmulatorError;

/// Most commands in one commit.
const GROUP: usize = 256;

type Answer = Box<dyn FnOnce() + Send>;

/// Work that waits for its group.
struct Command {
    work: Box<dyn FnOnce(&mut Storage) -> Answer + Send>,
    /// Whether the commit must be synced to the disk before the answer.
    synced: bool,
}

/// A handle of the thread. The thread ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub(super) struct Actor(mpsc::Sender<Command>);

impl Actor {
    pub(super) fn start(mut storage: Storage) -> Result<Self, EmulatorError> {
        let (sender, receiver) = mpsc::channel::<Command>();
        std::thread::Builder::new().name("embedded-sqs".to_owned()).spawn(move || {
            while let Ok(first) = receiver.recv() {
                let more = std::iter::from_fn(|| receiver.try_recv().ok()).take(GROUP - 1);
                let group: Vec<_> = std::iter::once(first).chain(more).collect();
                let synced = group.iter().any(|command| command.synced);
                let answers = storage.in_transaction(synced, |storage| {
                    group.into_iter().map(|command| (command.work)(storage)).collect::<Vec<_>>()
                });
                // Without a commit the answers are dropped, and their requests fail.
                match answers {
                    Ok(answers) => answers.into_iter().for_each(|answer| answer()),
                    Err(error) => {
                        tracing::error!(%error, "the file of the embedded SQS could not be written");
                    }
                }
            }
        })?;
        Ok(Self(sender))
    }

    /// Runs `work` on the storage; returns when it is durable.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Storage) -> T + Send + 'static,
    ) -> Result<T, EmulatorError> {
        self.run_synced(true, work).await
    }

    /// Runs work that a power cut may undo: a read, a receive, a delete. The message then comes again, as SQS may let it
    /// come at any time. So a delivery waits for one sync of this file, that of its sending.
    pub(super) async fn run_unsynced<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Storage) -> T + Send + 'static,
    ) -> Result<T, EmulatorError> {
        self.run_synced(false, work).await
    }

    async fn run_synced<T: Send + 'static>(
        &self,
        synced: bool,
        work: impl FnOnce(&mut Storage) -> T + Send + 'static,
    ) -> Result<T, EmulatorError> {
        let (sender, receiver) = oneshot::channel();
        let work = move |storage: &mut Storage| -> Answer {
            let result = work(storage);
            Box::new(move || {
                // A request that was dropped meanwhile needs no answer.
                sender.send(result).ok();
            })
        };
        let command = Command { work: Box::new(work), synced };
        self.0.send(command).map_err(|_| EmulatorError::Stopped)?;
        receiver.await.map_err(|_| EmulatorError::Stopped)
    }
}

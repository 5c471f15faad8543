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
type Command = Box<dyn FnOnce(&mut Storage) -> Answer + Send>;

/// A handle of the thread. The thread ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub(super) struct Actor(mpsc::Sender<Command>);

impl Actor {
    pub(super) fn start(mut storage: Storage) -> Result<Self, EmulatorError> {
        let (sender, receiver) = mpsc::channel::<Command>();
        std::thread::Builder::new().name("embedded-sqs".to_owned()).spawn(move || {
            while let Ok(first) = receiver.recv() {
                let more = std::iter::from_fn(|| receiver.try_recv().ok()).take(GROUP - 1);
                let group = std::iter::once(first).chain(more);
                // Without a commit the answers are dropped, and their requests fail.
                match storage
                    .in_transaction(|storage| group.map(|command| command(storage)).collect::<Vec<_>>())
                {
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
        let (sender, receiver) = oneshot::channel();
        let command: Command = Box::new(move |storage| {
            let result = work(storage);
            Box::new(move || {
                // A request that was dropped meanwhile needs no answer.
                sender.send(result).ok();
            })
        });
        self.0.send(command).map_err(|_| EmulatorError::Stopped)?;
        receiver.await.map_err(|_| EmulatorError::Stopped)
    }
}

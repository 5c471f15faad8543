//! How do concurrent callers share one write? What comes while a write is being made ready, or is under way, is
//! written together, and each caller learns when its own part is durable.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::error::Fault;

/// How a group gathers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Gather {
    /// The first waits a few milliseconds for company. For what nobody waits for: it makes the fewest writes.
    Linger,
    /// Nothing waits while fewer than two writes are under way; what comes then gathers behind them. For what a producer
    /// waits for: idle it costs no time, and the busier it is, the larger the groups are.
    Prompt,
}

/// How long the first of a lingering group waits for company.
const LINGER: Duration = Duration::from_millis(5);
/// Prompt writes under way at once.
const PROMPT_WRITES: usize = 2;

type Waiting<T, R> = (T, oneshot::Sender<Result<R, Fault>>);

/// Gathers things of one kind and writes them in groups; each caller gets the group's result.
#[derive(Debug)]
pub(crate) struct Group<T, R = ()>(mpsc::UnboundedSender<Waiting<T, R>>);

impl<T: Send + 'static, R: Clone + Send + 'static> Group<T, R> {
    /// A group that writes with `write`. Must be made inside a tokio runtime.
    pub(crate) fn new<W, F>(gather: Gather, write: W) -> Self
    where
        W: Fn(Vec<T>) -> F + Send + 'static,
        F: Future<Output = Result<R, Fault>> + Send + 'static,
    {
        let (sender, mut receiver) = mpsc::unbounded_channel::<Waiting<T, R>>();
        let room = Arc::new(Semaphore::new(match gather {
            Gather::Linger => Semaphore::MAX_PERMITS,
            Gather::Prompt => PROMPT_WRITES,
        }));
        tokio::spawn(async move {
            while let Some(first) = receiver.recv().await {
                if matches!(gather, Gather::Linger) {
                    tokio::time::sleep(LINGER).await;
                }
                let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
                let (mut things, mut callers) = (vec![first.0], vec![first.1]);
                while let Ok((thing, caller)) = receiver.try_recv() {
                    things.push(thing);
                    callers.push(caller);
                }
                let write = write(things);
                tokio::spawn(async move {
                    let result = write.await;
                    drop(permit);
                    for caller in callers {
                        // A caller that no longer waits was cancelled; what it asked for is done all the same.
                        caller.send(result.clone()).ok();
                    }
                });
            }
        });
        Self(sender)
    }

    /// Writes `thing` together with whatever else comes along; returns when it is durable.
    pub(crate) async fn write(&self, thing: T) -> Result<R, Fault> {
        let (caller, result) = oneshot::channel();
        let gone = || Fault::Broken("the task that writes groups has stopped".to_owned());
        self.0.send((thing, caller)).map_err(|_| gone())?;
        result.await.map_err(|_| gone())?
    }
}

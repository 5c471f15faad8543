//! How do concurrent attempts share one write? What finishes within a few milliseconds is written together, and
//! each caller learns when its own part is durable.
//!
//! A write that is under way holds nobody up: the next group gathers and is written beside it.

use std::future::Future;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::error::Fault;

/// How long the first of a group waits for company.
const LINGER: Duration = Duration::from_millis(5);

type Waiting<T, R> = (T, oneshot::Sender<Result<R, Fault>>);

/// Gathers things of one kind and writes them in groups; each caller gets the group's result.
#[derive(Debug)]
pub(crate) struct Group<T, R = ()>(mpsc::UnboundedSender<Waiting<T, R>>);

impl<T: Send + 'static, R: Clone + Send + 'static> Group<T, R> {
    /// A group that writes with `write`. Must be made inside a tokio runtime.
    pub(crate) fn new<W, F>(write: W) -> Self
    where
        W: Fn(Vec<T>) -> F + Send + 'static,
        F: Future<Output = Result<R, Fault>> + Send + 'static,
    {
        let (sender, mut receiver) = mpsc::unbounded_channel::<Waiting<T, R>>();
        tokio::spawn(async move {
            while let Some(first) = receiver.recv().await {
                tokio::time::sleep(LINGER).await;
                let (mut things, mut callers) = (vec![first.0], vec![first.1]);
                while let Ok((thing, caller)) = receiver.try_recv() {
                    things.push(thing);
                    callers.push(caller);
                }
                let write = write(things);
                tokio::spawn(async move {
                    let result = write.await;
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

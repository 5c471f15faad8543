//! How do concurrent callers share one write? What comes while a write is being made ready, or is under way, is
//! written together, and each caller learns when its own part is durable.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use crate::error::Fault;

/// How a group gathers.
#[derive(Debug, Clone)]
pub(crate) enum Gather {
    /// The first waits a few milliseconds for company. For what nobody waits for: it makes the fewest writes.
    Linger,
    /// The same, but it waits no longer when everyone who is expected has come.
    LingerFor(Expected),
    /// Nothing waits while fewer than two writes are under way; what comes then gathers behind them. For what a producer
    /// waits for: idle it costs no time, and the busier it is, the larger the groups are.
    Prompt,
}

/// How long the first of a lingering group waits for company.
const LINGER: Duration = Duration::from_millis(5);
/// Prompt writes under way at once.
const PROMPT_WRITES: usize = 2;
/// Writes under way at once of those that linger for somebody: thousands of attempts may end together.
const LINGERING_WRITES: usize = 8;

/// Who may still come to a group.
#[derive(Debug, Clone)]
pub(crate) struct Expected(Arc<Company>);

#[derive(Debug)]
struct Company {
    most: usize,
    expected: AtomicUsize,
    come: AtomicUsize,
    /// Of those who are expected: who has been taken to be written.
    gone: AtomicUsize,
    complete: Notify,
}

/// One who is expected, while this lives.
#[derive(Debug)]
pub(crate) struct Guest(Expected);

/// Those who are being written.
#[derive(Debug)]
struct Taken {
    expected: Expected,
    count: usize,
}

impl Expected {
    /// Nobody yet; at most so many go together.
    pub(crate) fn nobody(most: usize) -> Self {
        let none = || AtomicUsize::new(0);
        let complete = Notify::new();
        Self(Arc::new(Company { most, expected: none(), come: none(), gone: none(), complete }))
    }

    /// From now on one more is expected.
    pub(crate) fn one_more(&self) -> Guest {
        self.0.expected.fetch_add(1, Ordering::SeqCst);
        Guest(self.clone())
    }

    /// Whether everyone who is expected has come, or as many as go together.
    fn is_complete(&self) -> bool {
        let Company { most, expected, come, gone, .. } = &*self.0;
        // Who gave up while it was being written is no longer expected, but still gone.
        let may_come = expected.load(Ordering::SeqCst).saturating_sub(gone.load(Ordering::SeqCst));
        come.load(Ordering::SeqCst) >= may_come.min(*most)
    }

    /// So many of those who had come are being written, while what this gives lives.
    fn taken(&self, count: usize) -> Taken {
        self.0.gone.fetch_add(count, Ordering::SeqCst);
        self.0.come.fetch_sub(count, Ordering::SeqCst);
        Taken { expected: self.clone(), count }
    }

    fn look(&self) {
        if self.is_complete() {
            self.0.complete.notify_one();
        }
    }

    async fn complete(&self) {
        while !self.is_complete() {
            self.0.complete.notified().await;
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.0.expected.fetch_sub(1, Ordering::SeqCst);
        self.0.look();
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.expected.0.gone.fetch_sub(self.count, Ordering::SeqCst);
    }
}

type Waiting<T, R> = (T, oneshot::Sender<Result<R, Fault>>);

/// Gathers things of one kind and writes them in groups; each caller gets the group's result.
#[derive(Debug)]
pub(crate) struct WriteCoalescer<T, R = ()> {
    things: mpsc::UnboundedSender<Waiting<T, R>>,
    expected: Option<Expected>,
}

impl<T: Send + 'static, R: Clone + Send + 'static> WriteCoalescer<T, R> {
    /// A group that writes with `write`. Must be made inside a tokio runtime.
    pub(crate) fn new<W, F>(gather: Gather, write: W) -> Self
    where
        W: Fn(Vec<T>) -> F + Send + 'static,
        F: Future<Output = Result<R, Fault>> + Send + 'static,
    {
        let (sender, mut receiver) = mpsc::unbounded_channel::<Waiting<T, R>>();
        let (writes, most, expected) = match &gather {
            Gather::Linger => (Semaphore::MAX_PERMITS, usize::MAX, None),
            Gather::LingerFor(expected) => (LINGERING_WRITES, expected.0.most, Some(expected.clone())),
            Gather::Prompt => (PROMPT_WRITES, usize::MAX, None),
        };
        let group = Self { things: sender, expected: expected.clone() };
        let room = Arc::new(Semaphore::new(writes));
        tokio::spawn(async move {
            while let Some(first) = receiver.recv().await {
                match &gather {
                    Gather::Linger => tokio::time::sleep(LINGER).await,
                    // Late guests are not waited for.
                    Gather::LingerFor(expected) => timeout(LINGER, expected.complete()).await.unwrap_or(()),
                    Gather::Prompt => {}
                }
                let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
                let (mut things, mut callers) = (vec![first.0], vec![first.1]);
                while things.len() < most
                    && let Ok((thing, caller)) = receiver.try_recv()
                {
                    things.push(thing);
                    callers.push(caller);
                }
                let taken = expected.as_ref().map(|expected| expected.taken(things.len()));
                let write = write(things);
                tokio::spawn(async move {
                    let result = write.await;
                    drop(permit);
                    for caller in callers {
                        // A caller that no longer waits was cancelled; what it asked for is done all the same.
                        caller.send(result.clone()).ok();
                    }
                    drop(taken);
                });
            }
        });
        group
    }

    /// Writes `thing` together with whatever else comes along; returns when it is durable.
    pub(crate) async fn write(&self, thing: T) -> Result<R, Fault> {
        let (caller, result) = oneshot::channel();
        let gone = || Fault::Broken("the task that writes groups has stopped".to_owned());
        if let Some(Expected(company)) = &self.expected {
            company.come.fetch_add(1, Ordering::SeqCst);
        }
        self.things.send((thing, caller)).map_err(|_| gone())?;
        if let Some(expected) = &self.expected {
            expected.look();
        }
        result.await.map_err(|_| gone())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use tokio::time::{Instant, sleep};

    type Groups = Arc<Mutex<Vec<usize>>>;

    /// A group that notes how large each write was.
    fn noting(expected: &Expected) -> (Arc<WriteCoalescer<u32>>, Groups) {
        let groups = Groups::default();
        let noted = Arc::clone(&groups);
        let group = WriteCoalescer::new(Gather::LingerFor(expected.clone()), move |things: Vec<u32>| {
            noted.lock().unwrap().push(things.len());
            async { Ok(()) }
        });
        (Arc::new(group), groups)
    }

    fn write(group: &Arc<WriteCoalescer<u32>>, thing: u32) -> tokio::task::JoinHandle<()> {
        let group = Arc::clone(group);
        tokio::spawn(async move { group.write(thing).await.unwrap() })
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_when_all_who_are_expected_have_come() {
        let expected = Expected::nobody(25);
        let (group, groups) = noting(&expected);
        let _guests = [expected.one_more(), expected.one_more(), expected.one_more()];
        let began = Instant::now();
        for written in [write(&group, 1), write(&group, 2), write(&group, 3)] {
            written.await.unwrap();
        }
        assert_eq!((began.elapsed(), &*groups.lock().unwrap()), (Duration::ZERO, &vec![3]));
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_is_late_is_waited_for_a_moment_and_no_longer_than_it_may_come() {
        let expected = Expected::nobody(25);
        let (group, groups) = noting(&expected);
        let (_here, late) = (expected.one_more(), expected.one_more());
        let began = Instant::now();
        write(&group, 1).await.unwrap();
        assert_eq!(began.elapsed(), LINGER);

        let (began, written) = (Instant::now(), write(&group, 2));
        let a_while = Duration::from_millis(2);
        sleep(a_while).await;
        assert!(!written.is_finished());
        drop(late);
        written.await.unwrap();
        assert_eq!((began.elapsed(), &*groups.lock().unwrap()), (a_while, &vec![1, 1]));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_go_together_than_may() {
        let expected = Expected::nobody(25);
        let (group, groups) = noting(&expected);
        let guests: Vec<_> = (0..100).map(|_| expected.one_more()).collect();
        let began = Instant::now();
        let written: Vec<_> = (0..60).map(|thing| write(&group, thing)).collect();
        for written in written {
            written.await.unwrap();
        }
        // The last ten wait for the other forty.
        assert_eq!((began.elapsed(), &*groups.lock().unwrap()), (LINGER, &vec![25, 25, 10]));
        drop(guests);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_being_written_is_not_waited_for() {
        let expected = Expected::nobody(25);
        let group = Arc::new(WriteCoalescer::new(Gather::LingerFor(expected.clone()), |_: Vec<u32>| async {
            sleep(LINGER * 10).await;
            Ok(())
        }));
        let _guests = [expected.one_more(), expected.one_more()];
        let (began, first) = (Instant::now(), write(&group, 1));
        sleep(LINGER * 5).await;
        write(&group, 2).await.unwrap();
        assert_eq!(began.elapsed(), LINGER * 15);
        first.await.unwrap();
    }
}

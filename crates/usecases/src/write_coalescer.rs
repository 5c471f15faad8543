//! How do concurrent callers share one write?
//! Write coalescing: parts that come while a write is prepared or under way go into one batch, and each caller learns when
//! its part is durable.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use crate::error::Fault;

/// When a batch is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// At once, while fewer than two writes are under way; parts that come then form the next batch. For writes that a
    /// producer waits for: without load there is no delay, and under load the batches grow.
    Immediate,
    /// A few milliseconds after its first part. For writes that no producer waits for: it results in the fewest writes.
    Delay,
    /// As `Delay`, but at once when no seat is reserved, or when the batch has this many parts.
    UntilIdle { most: usize },
}

/// How long the first part of a batch waits for further parts.
const DELAY: Duration = Duration::from_millis(5);
/// The maximum number of `Immediate` writes under way at once.
const IMMEDIATE_WRITES: usize = 2;
/// The maximum number of `UntilIdle` writes under way at once: thousands of attempts may end together.
const UNTIL_IDLE_WRITES: usize = 8;

impl Mode {
    /// The maximum number of writes under way at once.
    fn writes(self) -> usize {
        match self {
            Self::Immediate => IMMEDIATE_WRITES,
            Self::Delay => Semaphore::MAX_PERMITS,
            Self::UntilIdle { .. } => UNTIL_IDLE_WRITES,
        }
    }

    /// The maximum number of parts of a batch.
    fn most(self) -> usize {
        match self {
            Self::Immediate | Self::Delay => usize::MAX,
            Self::UntilIdle { most } => most,
        }
    }
}

/// The seats that are reserved and not yet written or dropped.
#[derive(Debug, Default)]
struct Seats {
    reserved: AtomicUsize,
    idle: Notify,
}

impl Seats {
    fn are_free(&self) -> bool {
        // Acquire: a caller hands in its part before it gives its seat back.
        self.reserved.load(Ordering::Acquire) == 0
    }

    fn give_back(&self) {
        if self.reserved.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.idle.notify_one();
        }
    }
}

type Waiting<T, R> = (T, oneshot::Sender<Result<R, Fault>>);

/// Writes parts of one kind in batches; each caller gets the result of its batch.
#[derive(Debug)]
pub(crate) struct WriteCoalescer<T, R = ()> {
    parts: mpsc::UnboundedSender<Waiting<T, R>>,
    seats: Arc<Seats>,
}

/// The announcement of one part: a batch [`Mode::UntilIdle`] waits for it, until it is written or dropped.
#[derive(Debug)]
pub(crate) struct Seat<'a, T: Send + 'static, R: Clone + Send + 'static = ()>(&'a WriteCoalescer<T, R>);

impl<T: Send + 'static, R: Clone + Send + 'static> Seat<'_, T, R> {
    /// Writes the announced part; returns when it is durable. From now on no batch waits for it.
    pub(crate) async fn write(self, part: T) -> Result<R, Fault> {
        let written = self.0.hand_in(part)?;
        drop(self);
        written.await.map_err(|_| stopped())?
    }
}

impl<T: Send + 'static, R: Clone + Send + 'static> Drop for Seat<'_, T, R> {
    fn drop(&mut self) {
        self.0.seats.give_back();
    }
}

impl<T: Send + 'static, R: Clone + Send + 'static> WriteCoalescer<T, R> {
    /// A coalescer that writes batches with `write`. Must be made inside a tokio runtime.
    pub(crate) fn new<W, F>(mode: Mode, write: W) -> Self
    where
        W: Fn(Vec<T>) -> F + Send + 'static,
        F: Future<Output = Result<R, Fault>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::unbounded_channel();
        let seats = Arc::<Seats>::default();
        tokio::spawn(write_batches(mode, receiver, Arc::clone(&seats), write));
        Self { parts: sender, seats }
    }

    /// Announces a part, so that a batch [`Mode::UntilIdle`] waits for it.
    pub(crate) fn reserve(&self) -> Seat<'_, T, R> {
        self.seats.reserved.fetch_add(1, Ordering::Relaxed);
        Seat(self)
    }

    /// Writes `part` in one batch with other parts; returns when it is durable.
    pub(crate) async fn write(&self, part: T) -> Result<R, Fault> {
        self.hand_in(part)?.await.map_err(|_| stopped())?
    }

    fn hand_in(&self, part: T) -> Result<oneshot::Receiver<Result<R, Fault>>, Fault> {
        let (caller, written) = oneshot::channel();
        self.parts.send((part, caller)).map_err(|_| stopped())?;
        Ok(written)
    }
}

fn stopped() -> Fault {
    Fault::Broken("the task that writes batches has stopped".to_owned())
}

async fn write_batches<T, R, W, F>(
    mode: Mode,
    mut receiver: UnboundedReceiver<Waiting<T, R>>,
    seats: Arc<Seats>,
    write: W,
) where
    T: Send + 'static,
    R: Clone + Send + 'static,
    W: Fn(Vec<T>) -> F + Send + 'static,
    F: Future<Output = Result<R, Fault>> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(mode.writes()));
    while let Some(first) = receiver.recv().await {
        let mut batch = vec![first];
        match mode {
            Mode::Immediate => {}
            Mode::Delay => tokio::time::sleep(DELAY).await,
            Mode::UntilIdle { most } => {
                let complete = complete(&mut batch, most, &mut receiver, &seats);
                // Later parts go into the next batch.
                timeout(DELAY, complete).await.unwrap_or(());
            }
        }
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        while batch.len() < mode.most()
            && let Ok(part) = receiver.try_recv()
        {
            batch.push(part);
        }
        let (parts, callers): (Vec<T>, Vec<_>) = batch.into_iter().unzip();
        let write = write(parts);
        tokio::spawn(async move {
            let result = write.await;
            drop(permit);
            for caller in callers {
                // A caller that no longer waits was cancelled; its part is written all the same.
                caller.send(result.clone()).ok();
            }
        });
    }
}

/// Fills `batch` until it is full or no seat is reserved.
async fn complete<T, R>(
    batch: &mut Vec<Waiting<T, R>>,
    most: usize,
    receiver: &mut UnboundedReceiver<Waiting<T, R>>,
    seats: &Seats,
) {
    while batch.len() < most && !seats.are_free() {
        tokio::select! {
            () = seats.idle.notified() => {}
            part = receiver.recv() => match part {
                Some(part) => batch.push(part),
                None => return,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{join, join_all};
    use std::sync::{Mutex, PoisonError};
    use tokio::time::{Instant, sleep};

    type Batches = Arc<Mutex<Vec<usize>>>;

    /// A coalescer that notes how large each batch was.
    fn noting() -> (WriteCoalescer<u32>, Batches) {
        let batches = Batches::default();
        let noted = Arc::clone(&batches);
        let coalescer = WriteCoalescer::new(Mode::UntilIdle { most: 25 }, move |parts: Vec<u32>| {
            noted.lock().unwrap_or_else(PoisonError::into_inner).push(parts.len());
            async { Ok(()) }
        });
        (coalescer, batches)
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_waits_when_every_reserved_seat_was_written() {
        let (coalescer, batches) = noting();
        let seats: Vec<_> = (0..3).map(|_| coalescer.reserve()).collect();
        let began = Instant::now();
        for written in join_all(seats.into_iter().map(|seat| seat.write(1))).await {
            written.unwrap();
        }
        assert_eq!((began.elapsed(), &*batches.lock().unwrap()), (Duration::ZERO, &vec![3]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_seat_is_waited_for_a_moment_and_no_longer_than_it_is_reserved() {
        let (coalescer, batches) = noting();
        let (here, late) = (coalescer.reserve(), coalescer.reserve());
        let began = Instant::now();
        here.write(1).await.unwrap();
        assert_eq!(began.elapsed(), DELAY);

        let (began, here) = (Instant::now(), coalescer.reserve());
        let a_while = Duration::from_millis(2);
        let leave = async {
            sleep(a_while).await;
            drop(late);
        };
        join(here.write(2), leave).await.0.unwrap();
        assert_eq!((began.elapsed(), &*batches.lock().unwrap()), (a_while, &vec![1, 1]));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_parts_go_together_than_may() {
        let (coalescer, batches) = noting();
        let mut seats: Vec<_> = (0..100).map(|_| coalescer.reserve()).collect();
        let late = seats.split_off(60);
        let began = Instant::now();
        for written in join_all(seats.into_iter().map(|seat| seat.write(1))).await {
            written.unwrap();
        }
        // The last ten wait for the other forty.
        assert_eq!((began.elapsed(), &*batches.lock().unwrap()), (DELAY, &vec![25, 25, 10]));
        drop(late);
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_is_being_written_is_not_waited_for() {
        let coalescer = WriteCoalescer::new(Mode::UntilIdle { most: 25 }, |_: Vec<u32>| async {
            sleep(DELAY * 10).await;
            Ok(())
        });
        let (first, second) = (coalescer.reserve(), coalescer.reserve());
        let began = Instant::now();
        let second = async {
            sleep(DELAY * 5).await;
            second.write(2).await.unwrap();
            began.elapsed()
        };
        let (first, second) = join(first.write(1), second).await;
        assert_eq!((first.is_ok(), second), (true, DELAY * 15));
    }

    #[tokio::test(start_paused = true)]
    async fn a_seat_whose_writer_was_cancelled_keeps_nothing_waiting() {
        let (coalescer, batches) = noting();
        let (given_up, here) = (coalescer.reserve(), coalescer.reserve());
        let began = Instant::now();
        // Dropped after it handed in its part and before that was written.
        timeout(Duration::from_millis(1), given_up.write(1)).await.unwrap_err();
        here.write(2).await.unwrap();
        assert_eq!((began.elapsed(), &*batches.lock().unwrap()), (Duration::from_millis(1), &vec![2]));
    }
}

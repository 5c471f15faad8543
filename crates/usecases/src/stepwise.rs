//! How is work done that takes longer than one request?
//! Stepwise: a task does one step under a lease, saves the progress into the row, and sends the task of the next step.
//!
//! The row says how far the work has come; a task says only which row to work on. SQS delivers it at least once: a
//! second copy finds the row leased, and comes back when the lease ends, should the process of that step have died. Work
//! whose task was lost is resumed by the schedule.

use std::time::Duration;

use domain::timestamp::Timestamp;
use queue::Task;
use store::{Lease, Store, StoreError};

use crate::context::Context;
use crate::error::Fault;

/// The pause between two steps, so that the work does not flood queue and endpoint.
pub const PAUSE: Duration = Duration::from_secs(1);

/// By then every work counts as lost whose task does not come.
const LONG: Duration = Duration::from_secs(365 * 86_400);

/// What follows a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another step, after this pause.
    StepAfter(Duration),
    /// Nothing, until the work is asked for again or found lost.
    Rest,
    /// Nothing: the work has ended.
    Over,
}

/// Work that is done step by step: a drain, a replay.
pub(crate) trait Stepwise: Sized {
    /// The key of its row.
    type Key: Copy;

    /// The key of this work's row.
    fn key(&self) -> Self::Key;

    /// The task of a step.
    fn task(key: Self::Key) -> Task;

    /// Claims the row for a step; `None` when there is nothing to do, or another process holds the lease.
    async fn claim(
        store: &Store,
        key: Self::Key,
        now: Timestamp,
    ) -> Result<Option<(Lease, Self)>, StoreError>;

    /// When the step ends at the latest that another process does; `None` when none is under way.
    async fn step_ends(
        store: &Store,
        key: Self::Key,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// Does one step, and records its progress in the work.
    async fn step(&mut self, context: &Context, now: Timestamp) -> Result<Next, Fault>;

    /// Saves the progress; the row may be claimed again from `next` on. `false` when the lease was lost, or the work was
    /// cancelled or deleted: then this process stops.
    async fn save(&self, store: &Store, lease: &Lease, next: Timestamp) -> Result<bool, StoreError>;

    /// Writes that the work has ended; `false` when that was refused, because it was asked for again during the step.
    async fn end(&mut self, store: &Store, lease: &Lease, now: Timestamp) -> Result<bool, StoreError>;

    /// Work whose task is lost at `now`.
    async fn lost(store: &Store, now: Timestamp) -> Result<Vec<Self>, StoreError>;
}

/// Does one step of the work `key`, unless it has ended or another process holds its lease.
pub(crate) async fn step<W: Stepwise>(context: &Context, key: W::Key) -> Result<(), Fault> {
    // 1. Claim the row.
    let (now, store) = (context.clock.now(), &context.store);
    let Some((lease, mut work)) = W::claim(store, key, now).await? else {
        // Between two steps another task is on its way. But the process of a step under way may have died.
        if let Some(until) = W::step_ends(store, key, now).await? {
            context.queue.send_task(W::task(key), until.since(now)).await?;
        }
        return Ok(());
    };

    // 2. Do the step.
    let mut next = work.step(context, now).await?;

    // 3. Save the progress, and send the task of the next step.
    if next == Next::Over && !work.end(store, &lease, now).await? {
        next = Next::StepAfter(PAUSE);
    }
    let pause = match next {
        Next::StepAfter(pause) => work.save(store, &lease, now.plus(pause)).await?.then_some(pause),
        Next::Rest => work.save(store, &lease, now).await.map(|_| None)?,
        Next::Over => None,
    };
    if let Some(pause) = pause {
        context.queue.send_task(W::task(work.key()), pause).await?;
    }
    Ok(())
}

/// Sends a task for each work whose task was lost; returns how many.
pub(crate) async fn resume<W: Stepwise>(context: &Context) -> Result<usize, Fault> {
    let lost = W::lost(&context.store, context.clock.now()).await?;
    for work in &lost {
        context.queue.send_task(W::task(work.key()), Duration::ZERO).await?;
    }
    Ok(lost.len())
}

/// Sends a task for each work that has not ended, for the next second, after a start; returns how many. The process before
/// may have died when it had saved a step and not yet sent the next task; its own task, received again within the pause
/// between the two, is dropped.
pub(crate) async fn go_on<W: Stepwise>(context: &Context) -> Result<usize, Fault> {
    let all = W::lost(&context.store, context.clock.now().plus(LONG)).await?;
    for work in &all {
        context.queue.send_task(W::task(work.key()), PAUSE).await?;
    }
    Ok(all.len())
}

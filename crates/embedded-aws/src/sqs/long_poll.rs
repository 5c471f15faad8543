//! How does a receive wait for a message?
//! Long polling: it looks for messages, and looks again when a message is sent or becomes visible.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Service;
use super::errors::SqsError;
use super::message::Received;
use super::operations::Look;
use super::storage::Storage;

/// When a long poll ends, for whatever reason, it wakes another poll: to receive the remaining messages, and to wait
/// for delayed ones.
struct PassOn<'a>(&'a Notify);

impl Drop for PassOn<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// Waits until `look` finds messages, or until the wait time is over; then gives an empty answer. `look` gets the
/// storage, the time and the maximum number of messages in flight.
pub(super) async fn receive(
    service: &Service,
    queue: &str,
    look: impl Fn(&mut Storage, i64, usize) -> Result<Look, SqsError> + Clone + Send + 'static,
) -> Result<Vec<Received>, SqsError> {
    let (waker, began) = (service.waker(queue), Instant::now());
    loop {
        let leaving = PassOn(&waker);
        let (now, limit) = (service.clock.now(), service.in_flight_limit.load(Ordering::Relaxed));
        let look = look.clone();
        let Look { received, next_visible_at, wait } =
            service.actor.run_unsynced(move |storage| look(storage, now, limit)).await??;
        let left = (began + wait).saturating_duration_since(Instant::now());
        if !received.is_empty() || left.is_zero() {
            return Ok(received);
        }
        let until_next = next_visible_at.map_or(left, |at| {
            let millis = at.saturating_sub(service.clock.now()).max(1);
            Duration::from_millis(millis.unsigned_abs())
        });
        // The waker has stored a permit for messages sent since the last look, so none is missed.
        std::mem::forget(leaving);
        tokio::select! {
            () = waker.notified() => {}
            () = tokio::time::sleep(left.min(until_next)) => {}
        }
    }
}

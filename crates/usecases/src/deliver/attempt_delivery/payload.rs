//! Where does the payload of an attempt come from?
//! From the job, inline, or from the event's row, where it may have been erased or have expired.

use std::sync::Arc;

use domain::delivery::CancelReason;
use store::rows::events::{KeptPayload, StoredPayload};

use super::Sender;
use super::closed::{Closed, Stop};
use super::look_up::Receive;

impl Sender {
    /// The payload from the job, if it comes straight from its event. Otherwise from the event's row: it was too large
    /// for the job, or may have been erased since. With it come the channels, and the span that the attempt is a child of.
    pub(super) async fn payload(&self, receive: &Receive<'_>) -> Result<KeptPayload, Stop> {
        let Receive { job, .. } = receive;
        if let Some(payload) = &job.payload
            && receive.is_first()
            && job.deliver_at.is_none()
        {
            let (payload, channels) = (Arc::clone(payload), job.channels.clone());
            return Ok(KeptPayload { payload, channels, trace: job.trace });
        }
        let now = self.context.clock.now();
        match self.context.store.load_payload(job.workspace, job.event, now).await? {
            StoredPayload::Gone => Err(Closed::Cancelled(CancelReason::EventExpired).into()),
            StoredPayload::Erased => Err(Closed::Cancelled(CancelReason::EventErased).into()),
            StoredPayload::Kept(kept) => Ok(kept),
        }
    }
}

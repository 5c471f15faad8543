//! Where does the payload of an attempt come from?
//! From the job, inline, or from the event's row, where it may have been erased or have expired.

use std::sync::Arc;

use domain::delivery::CancelReason;
use domain::event::Payload;
use domain::trace_parent::TraceParent;
use store::rows::events::StoredPayload;

use super::Sender;
use super::closed::{Closed, Stop};
use super::look_up::Receive;

/// A payload, and the span that its event's deliveries are children of.
pub(super) type Traced = (Payload, Option<TraceParent>);

impl Sender {
    /// The payload from the job, if it comes straight from its event. Otherwise from the event's row: it was too large
    /// for the job, or may have been erased since. With it comes the span that the attempt is a child of.
    pub(super) async fn payload(&self, receive: &Receive<'_>) -> Result<Traced, Stop> {
        let Receive { job, .. } = receive;
        if let Some(payload) = &job.payload
            && receive.is_first()
            && job.deliver_at.is_none()
        {
            return Ok((Arc::clone(payload), job.trace));
        }
        let now = self.context.clock.now();
        match self.context.store.load_payload(job.workspace, job.event, now).await? {
            StoredPayload::Gone => Err(Closed::Cancelled(CancelReason::EventExpired).into()),
            StoredPayload::Erased => Err(Closed::Cancelled(CancelReason::EventErased).into()),
            StoredPayload::Kept(payload, trace) => Ok((payload, trace)),
        }
    }
}

//! What does an attempt send?
//! The payload of the job or of the event's row, rendered and signed for its endpoint.

use std::sync::Arc;

use domain::delivery::render::{Message, Occasion};
use domain::delivery::{CancelReason, Delivery};
use domain::event::Payload;
use domain::trace_parent::TraceParent;
use queue::Job;
use store::rows::events::StoredPayload;

use super::Sender;
use super::closed::Closed;
use super::gate::{Ready, Stop};
use super::look_up::Receive;
use crate::deliver::request::{Posted, post};
use crate::telemetry::trace::Span;

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

    /// Renders, signs and sends; gives the attempt and its span, to be ended when it is known what follows.
    pub(super) async fn post(&self, job: &Job, delivery: &Delivery, ready: &Ready) -> (Posted, Span) {
        let Ready { endpoint, payload: (payload, trace), lease, .. } = ready;
        let message = Message {
            event_id: job.event,
            event_type: &job.event_type,
            occurred_at: job.occurred_at,
            payload,
            delivery_id: job.delivery,
        };
        let (number, at) = (delivery.attempts + 1, self.context.clock.now());
        let span = self.context.traces.attempt(*trace, job, endpoint, number, at);
        let nonce = self.context.randomness.bytes();
        let occasion = Occasion { number, at, nonce, trace: span.as_parent() };
        let posted = post(&self.egress, endpoint, &message, occasion, delivery.trigger).await;
        if let Err(fault) = self.concurrency_limiter.give_back(endpoint, *lease).await {
            // The lease ends by itself in a while; what was sent must be recorded first.
            tracing::warn!(endpoint = %endpoint.id, error = %fault, "a lease could not be given back");
        }
        (posted, span)
    }
}

//! What does an attempt send? The payload of the job or of the event's row, rendered for its endpoint.

use std::sync::Arc;

use domain::delivery::render::{Message, Occasion};
use domain::delivery::{CancelReason, Delivery};
use domain::endpoint::Endpoint;
use domain::event::Payload;
use domain::trace_parent::TraceParent;
use queue::Job;
use store::rows::events::StoredPayload;

use super::Sender;
use crate::deliver::request::{Posted, post};
use crate::error::Fault;
use crate::telemetry::trace::Span;

/// A payload, and the span that its event's deliveries are children of.
type Traced = (Payload, Option<TraceParent>);

impl Sender {
    /// The payload from the job, if it comes straight from its event. Otherwise from the event's row: it was too large
    /// for the job, or may have been erased since. With it comes the span that the attempt is a child of.
    pub(super) async fn payload(
        &self,
        job: &Job,
        receives: u32,
    ) -> Result<Result<Traced, CancelReason>, Fault> {
        if let Some(payload) = &job.payload
            && receives <= 1
            && !job.recheck
            && job.deliver_at.is_none()
        {
            return Ok(Ok((Arc::clone(payload), job.trace)));
        }
        Ok(match self.store.load_payload(job.workspace, job.event, self.clock.now()).await? {
            StoredPayload::Gone => Err(CancelReason::EventExpired),
            StoredPayload::Erased => Err(CancelReason::EventErased),
            StoredPayload::Kept(payload, trace) => Ok((payload, trace)),
        })
    }

    /// Renders, signs and sends; gives what came of it, and its span, to be ended when it is known what follows.
    pub(super) async fn send(
        &self,
        job: &Job,
        endpoint: &Endpoint,
        payload: &Payload,
        trace: Option<TraceParent>,
        delivery: &Delivery,
    ) -> (Posted, Span) {
        let message = Message {
            event_id: job.event,
            event_type: &job.event_type,
            occurred_at: job.occurred_at,
            payload,
            delivery_id: job.delivery,
        };
        let (number, at) = (delivery.attempts + 1, self.clock.now());
        let span = self.traces.attempt(trace, job, endpoint, number, at);
        let occasion = Occasion { number, at, nonce: self.randomness.bytes(), trace: span.as_parent() };
        (post(&self.egress, endpoint, &message, occasion, delivery.trigger).await, span)
    }
}

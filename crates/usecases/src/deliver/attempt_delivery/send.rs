//! What does an attempt send?
//! The payload of the job or of the event's row, rendered and signed for its endpoint.

use domain::delivery::Delivery;
use domain::delivery::render::{Message, Occasion};
use queue::Job;
use store::rows::events::KeptPayload;

use super::Sender;
use super::gate::Ready;
use crate::deliver::request::{Outbound, Posted, post};
use crate::telemetry::trace::{AttemptBegins, Span};

impl Sender {
    /// Renders, signs and sends; gives the attempt and its span, to be ended when it is known what follows.
    pub(super) async fn post(&self, job: &Job, delivery: &Delivery, ready: &Ready) -> (Posted, Span) {
        let Ready { endpoint, payload: KeptPayload { payload, channels, trace }, lease, .. } = ready;
        let message = Message {
            event_id: job.event,
            event_type: &job.event_type,
            occurred_at: job.occurred_at,
            channels,
            payload,
            delivery_id: job.delivery,
        };
        let (number, at) = (delivery.attempts + 1, self.context.clock.now());
        let span = self.context.traces.attempt(*trace, job, endpoint, AttemptBegins { number, at });
        let nonce = self.context.randomness.bytes();
        let occasion = Occasion { number, at, nonce, trace: span.as_parent() };
        let outbound = Outbound { egress: &self.egress, mailer: self.context.mailer.as_ref() };
        let posted = post(outbound, endpoint, &message, occasion, delivery.trigger).await;
        self.give_back(endpoint, *lease, Some(posted.attempt.duration)).await;
        (posted, span)
    }
}

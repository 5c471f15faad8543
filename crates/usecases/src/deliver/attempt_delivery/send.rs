//! What does an attempt send?
//! The payload of the job or of the event's row, rendered and signed for its endpoint.

use domain::delivery::Delivery;
use domain::delivery::render::{Message, Occasion};
use queue::Job;
use store::rows::events::KeptPayload;

use super::Sender;
use super::gate::Ready;
use crate::deliver::request::{Outbound, Posted, Steps, post};
use crate::error::Fault;
use crate::telemetry::trace::{AttemptBegins, Span};

impl Sender {
    /// Renders, signs and sends; gives the attempt and its span, to be ended when it is known what follows.
    ///
    /// # Errors
    /// [`Fault`] when a step of a rule could not be carried out because of us.
    pub(super) async fn post(
        &self,
        job: &Job,
        delivery: &Delivery,
        ready: &Ready,
    ) -> Result<(Posted, Span), Fault> {
        let Ready { endpoint, payload: KeptPayload { payload, channels, trace }, lease, workspace, .. } =
            ready;
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
        let steps = Some(Steps { intake: &self.intake, actions: &self.actions, workspace });
        let outbound = Outbound { egress: &self.egress, mailer: self.context.mailer.as_ref(), steps };
        let posted = post(outbound, endpoint, &message, occasion, delivery.trigger).await;
        let lasted = posted.as_ref().ok().map(|posted| posted.attempt.duration);
        self.give_back(endpoint, *lease, lasted).await;
        Ok((posted?, span))
    }
}

//! How is an attempt made?
//! The message is rendered and signed, sent by egress, and the outcome is judged once, by the endpoint's rules. A step of a
//! rule that emits or invokes is carried out in place of a request, and what comes of it is judged in the same way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::access::workspace::Workspace;
use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::render::{Message, Occasion, RenderedRequest, render};
use domain::endpoint::Endpoint;
use domain::endpoint::endpoint_url::StepUrl;
use domain::policy::outcome::{ErrorClass, Judgement, Outcome};
use domain::timestamp::Timestamp;
use egress::{Egress, Reply};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use mail::Mailer;

use crate::accept::intake::Intake;
use crate::act::actions::Actions;
use crate::error::{Fault, chain};
use crate::rules::emit::{Emission, emit};
use crate::rules::invoke::invoke_step;

/// An attempt that has ended, and what it is by the endpoint's rules.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) attempt: Attempt,
    pub(crate) judgement: Judgement,
}

/// The ways out: the guarded HTTP client; what makes an e-mail of a request, where one is configured; and what carries out
/// steps of rules, where they are carried out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outbound<'a> {
    pub(crate) egress: &'a Egress,
    pub(crate) mailer: Option<&'a Mailer>,
    pub(crate) steps: Option<Steps<'a>>,
}

/// What carries out the steps of rules that make no request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps<'a> {
    pub(crate) intake: &'a Intake,
    pub(crate) actions: &'a Actions,
    /// The workspace of the endpoint.
    pub(crate) workspace: &'a Arc<Workspace>,
}

/// Renders and posts one attempt.
///
/// # Errors
/// [`Fault`] when a step of a rule could not be carried out because of us.
pub(crate) async fn post(
    outbound: Outbound<'_>,
    endpoint: &Endpoint,
    message: &Message<'_>,
    occasion: Occasion,
    trigger: Trigger,
) -> Result<Posted, Fault> {
    let (sent, reply) = match render(message, endpoint, occasion) {
        // The attempt says where the template failed. Why it did may quote the payload, so only a preview says that.
        Err(failure) => (SentRequest::unrendered(&failure), not_sent(ErrorClass::TemplateFailed)),
        Ok(rendered) => {
            let sent = SentRequest::of(&rendered, endpoint);
            let reply = match (endpoint.url.mail_address(), endpoint.url.step()) {
                (None, None) => outbound.egress.post(outgoing(endpoint, rendered)).await,
                // On the heap: or the futures of all other attempts would be larger, too.
                (Some(address), _) => {
                    Box::pin(mail(outbound, endpoint, address, rendered, occasion.at)).await
                }
                (None, Some(step)) => {
                    Box::pin(carry_out(outbound, endpoint, message, rendered, step)).await?
                }
            };
            (sent, reply)
        }
    };
    let judgement = endpoint.settings.outcomes.judge(&reply.outcome);
    let attempt = Attempt {
        number: occasion.number,
        trigger,
        started_at: occasion.at,
        duration: reply.duration,
        sent,
        error: judgement.error(),
        outcome: reply.outcome,
    };
    Ok(Posted { attempt, judgement })
}

/// Carries out a step of a rule that makes no request.
async fn carry_out(
    Outbound { steps, .. }: Outbound<'_>,
    endpoint: &Endpoint,
    message: &Message<'_>,
    rendered: RenderedRequest,
    step: StepUrl,
) -> Result<Reply, Fault> {
    let began = Instant::now();
    let outcome = match (step, steps) {
        (StepUrl::Emit(event_type), Some(Steps { intake, workspace, .. })) => {
            let (event, data) = (message.event_id, rendered.body.as_slice());
            emit(intake, Emission { endpoint, workspace, event, event_type, data }).await?
        }
        (StepUrl::Invoke(action), Some(Steps { actions, .. })) => {
            let parameters = rendered.body.as_slice();
            invoke_step(actions, endpoint, message.delivery_id, &action, parameters).await?
        }
        // A forwarded delivery is that of the endpoint that the step names.
        (StepUrl::Forward(_), Some(_)) | (_, None) => Outcome::Unreachable(ErrorClass::BlockedAddress),
    };
    Ok(Reply { outcome, duration: began.elapsed() })
}

/// No request was made.
fn not_sent(class: ErrorClass) -> Reply {
    Reply { outcome: Outcome::Unreachable(class), duration: Duration::ZERO }
}

/// Sends an e-mail: an HTTP request to SES, whose answer is that of the attempt.
async fn mail(
    Outbound { egress, mailer, .. }: Outbound<'_>,
    endpoint: &Endpoint,
    address: &str,
    rendered: RenderedRequest,
    now: Timestamp,
) -> Reply {
    // The operator has removed the address to send from since the endpoint was created.
    let Some(mailer) = mailer else { return not_sent(ErrorClass::BlockedAddress) };
    match mailer.request(address, &rendered.body, now).await {
        Ok((headers, body)) => {
            let (method, url, timeout) = (Method::POST, mailer.url(), endpoint.timeout());
            egress.post(egress::Request { method, url, headers, body, timeout }).await
        }
        Err(error) => {
            tracing::error!(endpoint = %endpoint.id, error = chain(&error), "an e-mail could not be signed");
            not_sent(ErrorClass::Unknown)
        }
    }
}

/// The request for `endpoint`, within its timeout.
///
/// Every name and value was checked when the endpoint was saved, and ours are ASCII, so none is left out here.
pub(crate) fn outgoing(endpoint: &Endpoint, rendered: RenderedRequest) -> egress::Request<'_> {
    let mut headers = HeaderMap::with_capacity(rendered.headers.len());
    for (name, value) in rendered.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    egress::Request {
        method: match rendered.method {
            domain::endpoint::Method::Post => Method::POST,
            domain::endpoint::Method::Put => Method::PUT,
            domain::endpoint::Method::Patch => Method::PATCH,
            domain::endpoint::Method::Get => Method::GET,
            domain::endpoint::Method::Delete => Method::DELETE,
        },
        url: &endpoint.url,
        headers,
        body: rendered.body.into(),
        timeout: endpoint.timeout(),
    }
}

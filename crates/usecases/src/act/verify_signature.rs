//! Why does a receiver refuse a delivery? The signature doctor: a request as it was got, compared with the endpoint's
//! secrets and with the delivery as it was sent.
//!
//! The answer names a mistake and never shows a secret, a signature or a payload. What was sent is compared only for a
//! caller that may read events: where a body differs would otherwise tell what is in it.

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::attempt::Attempt;
use domain::delivery::render::{Message, body};
use domain::endpoint::{BodyForm, Endpoint};
use domain::event::Event;
use domain::hex::hex;
use domain::id::{DeliveryId, EventId};
use domain::problem::Problem;
use domain::signing::diagnosis::{
    Diagnosis, Known, KnownKey, Request, Sent, VerificationKey, delivery_of, diagnose, event_of,
};
use domain::timestamp::Timestamp;
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};
use sha2::{Digest as _, Sha256};

use crate::act::actions::Actions;
use crate::error::UseCaseError;
use crate::manage::manage_endpoint::find_endpoint;

/// A request as its receiver got it. It holds a signature, so no `Debug`.
#[derive(Default)]
pub struct Receipt {
    /// Name and value of each header.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: Option<String>,
    /// The body as bytes; either this or the text.
    pub body_bytes: Option<Vec<u8>>,
    /// The path that the receiver saw.
    pub path: Option<String>,
    /// The receiver's clock when the request came.
    pub received_at: Option<Timestamp>,
    /// The signature that the receiver's own code computed.
    pub computed: Option<String>,
}

/// The verdict.
#[derive(Debug)]
pub struct Examined {
    /// What was found.
    pub diagnosis: Diagnosis,
    /// The delivery that the request was compared with.
    pub compared_with: Option<DeliveryId>,
}

/// What is kept of a delivery.
struct Kept {
    delivery: Option<DeliveryId>,
    event_id: EventId,
    event: Option<Event>,
    attempts: Vec<Attempt>,
}

/// Says whether the signature of a request to an endpoint is right, and if not, why.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such endpoint; [`Problem::Invalid`] for no body or two.
pub async fn verify_signature(
    actions: &Actions,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    endpoint: EndpointIdOrUid,
    receipt: Receipt,
) -> Result<Examined, UseCaseError> {
    let Receipt { headers, body: text, body_bytes, path, received_at, computed } = receipt;
    // 1. Whose secrets, and which request?
    caller.require(Scope::WebhooksRead)?;
    let endpoint = actions.context.endpoint_in(caller, workspace, endpoint).await?;
    let endpoint = find_endpoint(&actions.context, caller, Scope::WebhooksRead, endpoint).await?;

    let bytes = match (text, body_bytes) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(bytes)) => bytes,
        _ => return Err(Problem::invalid("/body", "give either body or body_base64").into()),
    };
    // A path is signed without its query.
    let path = path.as_deref().and_then(|path| path.split('?').next());
    let request =
        Request { headers: &headers, body: &bytes, path, received_at, computed: computed.as_deref() };
    let keys: Vec<_> = endpoint.secrets.iter().map(known).collect();

    // 2. What was sent? Only for those who may read it.
    let kept = match caller.require(Scope::EventsRead) {
        Ok(()) => kept(actions, &endpoint, &request).await?,
        Err(_) => None,
    };
    let original = kept.as_ref().and_then(|kept| original(kept, &endpoint));
    let sent = kept.as_ref().map(|kept| Sent {
        event: kept.event_id,
        endpoints: kept.event.as_ref().map_or(&[], |event| &event.ledger.deliveries),
        body: original.as_deref(),
        attempts: &kept.attempts,
    });

    // 3. Compare.
    let diagnosis = diagnose(
        &request,
        &Known {
            keys: &keys,
            profile: Some(endpoint.settings.signature.profile),
            prefix: Some(&endpoint.settings.header_prefix),
            path: Some(endpoint.url.path()),
            endpoint: Some(endpoint.id),
            sent,
            now: actions.context.clock.now(),
        },
    );
    Ok(Examined { diagnosis, compared_with: kept.and_then(|kept| kept.delivery) })
}

fn known(active: &domain::signing::secret::ActiveSecret) -> KnownKey {
    KnownKey { key: VerificationKey::Secret(active.secret.clone()), expires_at: active.expires_at }
}

/// The delivery that the request is of, with its attempts and its event; the event alone, if it was not delivered here.
async fn kept(
    actions: &Actions,
    endpoint: &Endpoint,
    request: &Request<'_>,
) -> Result<Option<Kept>, UseCaseError> {
    let store = &actions.context.store;
    let now = actions.context.clock.now();
    let id = delivery_of(request, endpoint.id);
    let row = match id {
        Some(id) => store.load_delivery(endpoint.id, id, now).await?,
        None => None,
    };
    let event_id = row.as_ref().map(|row| row.delivery.event_id).or_else(|| event_of(request));
    let Some(event_id) = event_id else { return Ok(None) };
    let event = store.load_event(endpoint.workspace_id, event_id, now).await?;
    let Some(row) = row else {
        return Ok(event.map(|event| Kept {
            delivery: None,
            event_id,
            event: Some(event),
            attempts: Vec::new(),
        }));
    };
    let delivery = Some(row.delivery.id);
    Ok(Some(Kept { delivery, event_id, event, attempts: store.all_attempts(&row).await? }))
}

/// The body as it was sent: its form may have been another than the endpoint has now, with the template or without.
fn original(kept: &Kept, endpoint: &Endpoint) -> Option<Vec<u8>> {
    let event = kept.event.as_ref().filter(|event| event.erased_at.is_none())?;
    let message = Message::of(event, endpoint.id);
    let template = endpoint.settings.template.as_ref();
    let templates = template.map(Some).into_iter().chain([None]);
    let mut bodies = templates
        .flat_map(|template| [BodyForm::Envelope, BodyForm::Data].map(|form| (form, template)))
        .filter_map(|(form, template)| Some(body(&message, form, template).ok()?.bytes));
    bodies.find(|body| {
        let digest = hex(&Sha256::digest(body));
        kept.attempts.iter().any(|attempt| attempt.sent.body_sha256 == digest)
    })
}

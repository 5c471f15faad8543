//! What exactly is sent when an action is invoked?
//! One pure function renders the request of every attempt and of a dry run: URL, headers, body and signature.

use payload::Document;
use payload::template::Escape;
use serde_json::{Map, Value};

use crate::action::Action;
use crate::delivery::render::{Occasion, RenderedRequest, USER_AGENT};
use crate::endpoint::Endpoint;
use crate::id::InvocationId;
use crate::problem::Problem;
use crate::signing::signature::{self, Invoked, Signed};

/// One call of an action, ready to be rendered: what is the same in every attempt.
#[derive(Debug, Clone)]
pub struct Call {
    /// The invocation's id; also `webhook-id`.
    pub id: InvocationId,
    /// The endpoint of the action, with the URL of this call.
    pub endpoint: Endpoint,
    action: String,
    actor: Option<String>,
    idempotency_key: String,
    body: Vec<u8>,
}

impl Call {
    /// The call of `action` with these parameters, which fit its schema.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer to the parameter that cannot stand in the URL, or of which the template makes
    /// nothing.
    pub fn new(
        action: &Action,
        id: InvocationId,
        parameters: &Map<String, Value>,
        actor: Option<&str>,
        idempotency_key: String,
    ) -> Result<Self, Problem> {
        let template = action.settings.url_template();
        let template = template.map_err(|error| Problem::invalid("/url", error.to_string()))?;
        let url = template.render(parameters).map_err(|error| Problem::Invalid(vec![error]))?;
        let body = body(action, parameters, actor)?;
        let endpoint = Endpoint { url, ..action.endpoint.clone() };
        let (action, actor) = (action.name().to_string(), actor.map(str::to_owned));
        Ok(Self { id, endpoint, action, actor, idempotency_key, body })
    }

    /// The request of one attempt.
    pub fn render(&self, occasion: Occasion) -> RenderedRequest {
        let Occasion { number, at, nonce, trace } = occasion;
        let settings = &self.endpoint.settings;
        let (id, prefix) = (self.id.to_string(), settings.header_prefix.as_str());
        let invoked = Invoked { action: &self.action, actor: self.actor.as_deref().unwrap_or_default() };
        let signed = Signed {
            id: &id,
            at,
            nonce,
            path: self.endpoint.url.path(),
            prefix,
            body: &self.body,
            invoked: Some(invoked),
        };
        let secrets = self.endpoint.signing_secrets(at);
        let signature = signature::headers(settings.signature.profile, secrets, &signed);

        let mut headers = Vec::with_capacity(11 + settings.headers.len());
        if settings.method.has_body() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        headers.push(("user-agent".to_owned(), USER_AGENT.to_owned()));
        headers.extend(signature);
        headers.push((format!("{prefix}-Action"), self.action.clone()));
        headers.extend(self.actor.iter().map(|actor| (format!("{prefix}-Actor"), actor.clone())));
        headers.push((format!("{prefix}-Invocation"), id));
        headers.push((format!("{prefix}-Attempt"), number.to_string()));
        headers.push(("Idempotency-Key".to_owned(), self.idempotency_key.clone()));
        headers.extend(trace.map(|trace| ("traceparent".to_owned(), trace.to_string())));
        headers.extend(settings.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        let (body, undefined) = (self.body.clone(), Vec::new());
        RenderedRequest { method: settings.method, headers, body, undefined }
    }

    /// The `Idempotency-Key` of every attempt.
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }
}

/// The body: what the template makes, or the parameters as they are.
fn body(action: &Action, parameters: &Map<String, Value>, actor: Option<&str>) -> Result<Vec<u8>, Problem> {
    if !action.settings.method.has_body() {
        return Ok(Vec::new());
    }
    let parameters = Value::Object(parameters.clone());
    let Some(template) = &action.settings.template else { return Ok(parameters.to_string().into_bytes()) };
    let document = Document::new([
        ("parameters", parameters),
        ("actor", actor.map_or(Value::Null, Value::from)),
        ("action", Value::from(action.name().as_str())),
    ]);
    let rendered = template.render(&document, Escape::None).map_err(|failure| {
        let detail =
            format!("make no body: the action's template fails at `{}`: {}", failure.pointer, failure.detail);
        Problem::invalid("/parameters", detail)
    })?;
    Ok(rendered.json.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::tests::action;
    use crate::signing::signature::{Received, verify_standard};
    use crate::timestamp::Timestamp;
    use serde_json::json;

    fn call(settings: Value, parameters: Value, actor: Option<&str>) -> Call {
        let Value::Object(parameters) = parameters else { unreachable!() };
        let id = InvocationId::new(Timestamp::from_millis(0), 1);
        Call::new(&action(settings), id, &parameters, actor, "order-7".to_owned()).unwrap()
    }

    fn rendered(call: &Call, number: u32) -> RenderedRequest {
        let at = Timestamp::from_millis(i64::from(number) * 1_000);
        call.render(Occasion { number, at, nonce: [1; 16], trace: None })
    }

    fn header<'a>(request: &'a RenderedRequest, name: &str) -> Option<&'a str> {
        let found = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    #[test]
    fn every_attempt_has_the_same_body_and_the_same_key() {
        let call = call(json!({ "header_prefix": "X-Crm" }), json!({ "order": "7" }), Some("user_81"));
        let (first, second) = (rendered(&call, 1), rendered(&call, 2));
        assert_eq!((&first.body, first.body.as_slice()), (&second.body, br#"{"order":"7"}"#.as_slice()));
        for request in [&first, &second] {
            assert_eq!(header(request, "Idempotency-Key"), Some("order-7"));
            assert_eq!(header(request, "X-Crm-Action"), Some("refund_order"));
            assert_eq!(header(request, "X-Crm-Actor"), Some("user_81"));
        }
        assert_eq!(header(&second, "X-Crm-Attempt"), Some("2"));
        assert_ne!(header(&first, "webhook-signature"), header(&second, "webhook-signature"));
    }

    #[test]
    fn what_is_sent_is_what_was_signed() {
        let call = call(json!({}), json!({ "order": "7", "note": "é" }), None);
        let request = rendered(&call, 1);
        let received = Received {
            id: header(&request, "webhook-id").unwrap(),
            timestamp: header(&request, "webhook-timestamp").unwrap(),
            signature: header(&request, "webhook-signature").unwrap(),
            body: &request.body,
        };
        let secret = &call.endpoint.secrets[0].secret;
        assert_eq!(verify_standard(secret, received, Timestamp::from_millis(1_000)), Ok(()));
        assert_eq!(header(&request, "X-Webhook-Actor"), None);
    }

    #[test]
    fn the_covered_profile_signs_action_and_actor() {
        let covered = json!({ "signature": { "profile": "covered" } });
        let signature = |actor| {
            let request = rendered(&call(covered.clone(), json!({ "order": "7" }), actor), 1);
            header(&request, "X-Webhook-Signature").unwrap().to_owned()
        };
        assert_ne!(signature(Some("user_81")), signature(Some("user_82")));
        assert_ne!(signature(Some("user_81")), signature(None));
    }

    #[test]
    fn a_get_has_its_parameters_in_the_url_and_no_body() {
        let settings = json!({
            "method": "GET", "effect": "read", "url": "https://crm.example.com/orders/{{ parameters.order }}",
        });
        let call = call(settings, json!({ "order": "a/7" }), None);
        let request = rendered(&call, 1);
        assert!(request.body.is_empty() && header(&request, "content-type").is_none());
        assert_eq!(call.endpoint.url.as_str(), "https://crm.example.com/orders/a%2F7");
    }
}

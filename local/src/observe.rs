//! Which AWS actions does each function call, and how much capacity do they consume?
//! An SDK interceptor that reports each call, and that can inject faults.
//!
//! The stories compare the calls with the functions' IAM roles and let calls fail; a benchmark calculates the costs
//! from them.

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeDeserializationInterceptorContextRef,
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use serde_json::{Value, json};

/// A call: the function that made it, the action by which IAM allows it, and the resource it was made on: `table`,
/// `index`, `key`, or the queue's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The function's name.
    pub function: &'static str,
    /// The action, such as `dynamodb:PutItem`.
    pub action: String,
    /// The resource of the call.
    pub resource: String,
}

/// Capacity that a function's request consumed, as DynamoDB counts it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Units {
    /// The function's name.
    pub function: &'static str,
    /// Read units, as DynamoDB counts them.
    pub read: f64,
    /// Write units, as DynamoDB counts them.
    pub write: f64,
}

/// A fault to inject into a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The request is refused, as when AWS throttles.
    Refused,
    /// The request is carried out, but its answer is lost, and the caller is told so.
    AnswerLost,
    /// The same, but the SDK repeats the request.
    Repeated,
}

type Report<T> = Arc<dyn Fn(T) + Send + Sync>;
type Disturb = Arc<dyn Fn(&'static str, &str) -> Option<Trouble> + Send + Sync>;

/// Gets every call of the functions.
#[derive(Clone)]
pub struct Observer {
    call: Report<Call>,
    units: Option<Report<Units>>,
    trouble: Option<Disturb>,
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

impl Observer {
    /// An observer that passes each call to `call`.
    pub fn new(call: impl Fn(Call) + Send + Sync + 'static) -> Self {
        Self { call: Arc::new(call), units: None, trouble: None }
    }

    /// This observer, which also requests the consumed capacity from the table and passes it to `units`.
    #[must_use]
    pub fn with_units(self, units: impl Fn(Units) + Send + Sync + 'static) -> Self {
        Self { units: Some(Arc::new(units)), ..self }
    }

    /// This observer, which also injects the fault that `trouble` returns for the function's name and the operation, such
    /// as `SendMessageBatch`. Only for [`Trouble::Repeated`] the SDK retries the request.
    #[must_use]
    pub fn with_trouble(
        self,
        trouble: impl Fn(&'static str, &str) -> Option<Trouble> + Send + Sync + 'static,
    ) -> Self {
        Self { trouble: Some(Arc::new(trouble)), ..self }
    }

    pub(crate) fn report(&self, function: &'static str, action: &str, resource: &str) {
        (self.call)(Call { function, action: action.to_owned(), resource: resource.to_owned() });
    }
}

/// The interceptor of one function's clients.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The function's name.
    pub function: &'static str,
    /// The observer that gets the calls.
    pub observer: Observer,
}

/// Whether the request under way reads or writes the table; stored until the answer arrives.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Read,
    Write,
}

impl Storable for Kind {
    type Storer = StoreReplace<Self>;
}

impl Storable for Trouble {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        for (action, resource) in calls(&target, &body) {
            self.observer.report(self.function, &action, &resource);
        }
        let operation = target.rsplit('.').next().unwrap_or_default();
        match self.observer.trouble.as_ref().and_then(|trouble| trouble(self.function, operation)) {
            Some(Trouble::Refused) => return Err("refused, as was wished".into()),
            Some(lost @ (Trouble::AnswerLost | Trouble::Repeated)) => {
                bag.interceptor_state().store_put(lost);
            }
            None => {
                bag.interceptor_state().unset::<Trouble>();
            }
        }
        if self.observer.units.is_some() && target.starts_with("DynamoDB") {
            let reads =
                ["GetItem", "BatchGetItem", "Query"].iter().any(|read| target.ends_with(&format!(".{read}")));
            bag.interceptor_state().store_put(if reads { Kind::Read } else { Kind::Write });
            body["ReturnConsumedCapacity"] = json!("TOTAL");
            let body = body.to_string();
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body);
        }
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Trouble::Repeated) = bag.load::<Trouble>() {
            let error = SdkBody::from(r#"{"__type":"InternalServerError"}"#);
            *context.response_mut() = HttpResponse::new(500.try_into()?, error);
        }
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        _: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match bag.load::<Trouble>() {
            Some(Trouble::AnswerLost) => Err("the answer is lost, as was wished".into()),
            _ => Ok(()),
        }
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (Some(report), Some(kind)) = (&self.observer.units, bag.load::<Kind>()) else { return Ok(()) };
        let body = context.response().and_then(|response| response.body().bytes()).unwrap_or_default();
        let answer: Value = serde_json::from_slice(body)?;
        let units = match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum(),
            table => table["CapacityUnits"].as_f64().unwrap_or_default(),
        };
        let (read, write) = match kind {
            Kind::Read => (units, 0.0),
            Kind::Write => (0.0, units),
        };
        report(Units { function: self.function, read, write });
        Ok(())
    }
}

/// The IAM actions that one request needs: a transaction needs the action of each part, an SQS batch the single action.
fn calls(target: &str, body: &Value) -> Vec<(String, String)> {
    let (service, operation) = target.split_once('.').unwrap_or_default();
    if service == "AmazonSQS" {
        let queue = body["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
        let action = operation.strip_suffix("Batch").unwrap_or(operation);
        return vec![(format!("sqs:{action}"), queue.to_owned())];
    }
    if operation == "TransactWriteItems" {
        let parts = body["TransactItems"].as_array().into_iter().flatten();
        let actions = parts.flat_map(|part| part.as_object().into_iter().flat_map(|part| part.keys()));
        return actions.map(|action| (format!("dynamodb:{action}Item"), "table".to_owned())).collect();
    }
    let resource = if body.get("IndexName").is_some() { "index" } else { "table" };
    vec![(format!("dynamodb:{operation}"), resource.to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_told_by_the_actions_that_iam_knows() {
        let one = |action: &str, resource: &str| vec![(action.to_owned(), resource.to_owned())];
        let queue = json!({ "QueueUrl": "http://127.0.0.1:9324/000000000000/posthorn-jobs" });
        assert_eq!(calls("AmazonSQS.SendMessageBatch", &queue), one("sqs:SendMessage", "posthorn-jobs"));
        let index = json!({ "TableName": "posthorn", "IndexName": "lookup" });
        assert_eq!(calls("DynamoDB_20120810.Query", &index), one("dynamodb:Query", "index"));
        let transaction = json!({ "TransactItems": [{ "Put": {} }, { "ConditionCheck": {} }] });
        assert_eq!(
            calls("DynamoDB_20120810.TransactWriteItems", &transaction),
            [one("dynamodb:PutItem", "table"), one("dynamodb:ConditionCheckItem", "table")].concat()
        );
    }
}

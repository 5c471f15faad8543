//! Which of AWS's actions does each function call? Told to whoever asks when the platform is started: the stories hold the
//! functions' roles to it.

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use serde_json::Value;

/// A call: the function that made it, the action by which IAM allows it, and the resource it was made on: `table`,
/// `index`, `key`, or the queue's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The function's name.
    pub function: &'static str,
    /// Such as `dynamodb:PutItem`.
    pub action: String,
    /// What it was made on.
    pub resource: String,
}

/// Is told of every call.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(Call) + Send + Sync>);

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

impl Observer {
    /// An observer that calls `tell`.
    pub fn new(tell: impl Fn(Call) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub(crate) fn tell(&self, function: &'static str, action: &str, resource: &str) {
        (self.0)(Call { function, action: action.to_owned(), resource: resource.to_owned() });
    }
}

/// Sees every request of one function's clients.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    pub(crate) function: &'static str,
    pub(crate) observer: Observer,
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        for (action, resource) in calls(&target, &body) {
            self.observer.tell(self.function, &action, &resource);
        }
        Ok(())
    }
}

/// What one request needs to be allowed: a transaction needs each of its parts, a batch of SQS the action of one.
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
    use serde_json::json;

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

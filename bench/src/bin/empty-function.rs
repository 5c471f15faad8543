//! What does the Lambda runtime alone cost at a cold start?
//! The baseline of the cold-start benchmark: a function that does nothing.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Value>| Ok::<_, Error>(json!({})))).await
}

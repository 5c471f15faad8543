//! Who invokes this function? Its queue, with records; the schedule, once a minute; and the people who run Posthorn,
//! for the first API key.

use lambda_kit::metrics::Metrics;
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use usecases::Context;
use usecases::manage::manage_api_key::create_first_api_key;

use crate::{handle, tick};

/// What a person sends who may invoke the function, which IAM decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHand {
    create_admin_key: NewAdminKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAdminKey {
    name: String,
}

/// Does what the event asks for.
///
/// # Errors
/// When it is none of the three, or could not be done.
pub async fn invoke(context: &Context, metrics: &Metrics, event: Value) -> Result<Value, Error> {
    if event.get("Records").is_some() {
        let records = serde_json::from_value(event)?;
        return Ok(serde_json::to_value(handle(context, metrics, records).await)?);
    }
    // The two forms of a schedule: an EventBridge rule, an EventBridge schedule.
    if event["source"] == "aws.events" || event["detail-type"] == "Scheduled Event" {
        tick(context).await?;
        return Ok(Value::Null);
    }
    let ByHand { create_admin_key: NewAdminKey { name } } = serde_json::from_value(event)?;
    let (key, secret) = create_first_api_key(context, name).await?;
    Ok(json!({ "id": key.id, "name": key.name, "scopes": key.scopes, "key": secret.reveal() }))
}

//! The maintenance function: reads its configuration, builds each client once, runs.

use engine::accept_event::Intake;
use engine::{Chance, Clock, Directory};
use lambda_kit::config::MaintenanceConfig;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    let config = MaintenanceConfig::from_environment()?;
    let aws = lambda_kit::aws::Aws::from_environment().await;
    let wrapper = lambda_kit::data_key::key_wrapper(&aws, &config.data_key)?;
    let store = store::Store::new(aws.dynamodb(), &config.table, wrapper);
    let queue = queue::Queue::new(aws.sqs(), config.queue_url, None).with_tasks(config.tasks_queue_url);
    let intake = Intake {
        directory: Directory::new(store.clone()),
        store,
        queue,
        clock: Clock::system(),
        chance: Chance::system(),
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async {
        // Two triggers: the queue of tasks sends records, the schedule sends none.
        if event.payload.get("Records").is_some() {
            let event = serde_json::from_value(event.payload)?;
            return Ok::<_, Error>(serde_json::to_value(maintenance::handle(&intake, event).await)?);
        }
        maintenance::tick(&intake).await?;
        Ok(Value::Null)
    }))
    .await
}

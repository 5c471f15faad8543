//! The management function: reads its configuration, builds each client once, runs.

use domain::address::AllowedTargets;
use egress::Egress;
use engine::manage_endpoint::Management;
use engine::{Chance, Clock, Directory};
use lambda_http::Error;
use lambda_kit::config::ManagementConfig;

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    let config = ManagementConfig::from_environment()?;
    let aws = lambda_kit::aws::Aws::from_environment().await;
    let wrapper = lambda_kit::data_key::key_wrapper(&aws, &config.data_key)?;
    let store = store::Store::new(aws.dynamodb(), &config.table, wrapper);
    let management = Management {
        directory: Directory::new(store.clone()),
        store,
        queue: queue::Queue::new(aws.sqs(), config.queue_url, None).with_tasks(config.tasks_queue_url),
        egress: Egress::new(AllowedTargets::public_only())?,
        targets: AllowedTargets::public_only(),
        clock: Clock::system(),
        chance: Chance::system(),
    };
    lambda_http::run(lambda_kit::http_api::finish(management::router(management))).await
}

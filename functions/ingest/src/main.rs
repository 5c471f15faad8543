//! The ingest function: reads its configuration, builds each client once, runs.

use engine::accept_event::Intake;
use engine::{Chance, Clock, Directory};
use lambda_http::Error;
use lambda_kit::config::IngestConfig;

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    let config = IngestConfig::from_environment()?;
    let aws = lambda_kit::aws::Aws::from_environment().await;
    // Accepting events opens no secret, so this function has no key.
    let store = store::Store::new(aws.dynamodb(), &config.table, store::KeyWrapper::none());
    let queue = queue::Queue::new(aws.sqs(), config.queue_url, None);
    let intake = Intake {
        directory: Directory::new(store.clone()),
        store,
        queue,
        clock: Clock::system(),
        chance: Chance::system(),
    };
    lambda_http::run(lambda_kit::http_api::finish(ingest::router(intake))).await
}

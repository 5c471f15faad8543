//! The sender function: reads its configuration, builds each client once, runs.

use std::sync::Arc;

use domain::address::AllowedTargets;
use egress::Egress;
use engine::accept_event::Intake;
use engine::attempt_delivery::Sender;
use engine::{Chance, Clock, Directory};
use lambda_kit::config::SenderConfig;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    let config = SenderConfig::from_environment()?;
    let aws = lambda_kit::aws::Aws::from_environment().await;
    let wrapper = lambda_kit::data_key::key_wrapper(&aws, &config.data_key)?;
    let store = store::Store::new(aws.dynamodb(), &config.table, wrapper);
    let queue = queue::Queue::new(aws.sqs(), config.queue_url, config.dead_letter_queue_url);
    let intake = Intake {
        directory: Directory::new(store.clone()),
        store,
        queue: queue.with_tasks(config.tasks_queue_url),
        clock: Clock::system(),
        chance: Chance::system(),
    };
    let sender = Arc::new(Sender::new(intake, Egress::new(AllowedTargets::public_only())?));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<_>| {
        let sender = Arc::clone(&sender);
        async move { Ok::<_, Error>(sender::handle(&sender, event.payload).await) }
    }))
    .await
}

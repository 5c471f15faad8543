//! How much memory does local mode use after many deliveries?
//! Resident memory (RSS) of the process, before and after.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::figure::print;
use crate::posthorn::{Folder, Posthorn};
use crate::receiver::Receiver;

const EVENTS: u64 = 10_000;
const PRODUCERS: u64 = 16;

pub(crate) async fn run() -> anyhow::Result<()> {
    let (folder, receiver) = (Folder::new(), Receiver::start(Duration::ZERO).await?);
    let posthorn = Arc::new(Posthorn::start(&folder.0).await?);
    posthorn.endpoint(&receiver.url).await?;
    print("resident memory, idle", posthorn.resident_mb()?, "MB");
    let began = Instant::now();
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let posthorn = Arc::clone(&posthorn);
            tokio::spawn(async move {
                for n in (producer..EVENTS).step_by(usize::try_from(PRODUCERS)?) {
                    posthorn.send(n).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for producer in producers {
        producer.await??;
    }
    receiver.wait_for(usize::try_from(EVENTS)?, Duration::from_secs(120)).await?;
    #[expect(clippy::cast_precision_loss, reason = "ten thousand is exact")]
    let rate = EVENTS as f64 / began.elapsed().as_secs_f64();
    print("deliveries a second, 16 producers", rate, "1/s");
    print("resident memory after 10,000 deliveries", posthorn.resident_mb()?, "MB");
    Ok(())
}

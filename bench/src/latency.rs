//! How long does an event take from the producer's request to the customer's receiver?
//! End-to-end latency of local mode when it is otherwise idle.

use std::time::{Duration, Instant};

use crate::figure::{print, quantile_ms};
use crate::posthorn::{Folder, Posthorn};
use crate::receiver::Receiver;

const EVENTS: u64 = 500;
const WARM_UP: u64 = 50;

pub(crate) async fn run() -> anyhow::Result<()> {
    let (folder, receiver) = (Folder::new(), Receiver::start(Duration::ZERO).await?);
    let posthorn = Posthorn::start(&folder.0).await?;
    posthorn.endpoint(&receiver.url).await?;
    let (mut to_answer, mut to_receiver) = (Vec::new(), Vec::new());
    for n in 0..WARM_UP + EVENTS {
        let began = Instant::now();
        posthorn.send(n).await?;
        let answered = began.elapsed();
        receiver.wait_for(usize::try_from(n)? + 1, Duration::from_secs(10)).await?;
        if n >= WARM_UP {
            to_answer.push(answered);
            to_receiver.extend(receiver.arrivals().get(&n).map(|arrival| arrival.first - began));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    print("start to serving", posthorn.ready_after.as_secs_f64() * 1_000.0, "ms");
    print("request to 202, p50", quantile_ms(&mut to_answer, 0.5), "ms");
    print("request to receiver, p50", quantile_ms(&mut to_receiver, 0.5), "ms");
    print("request to receiver, p99", quantile_ms(&mut to_receiver, 0.99), "ms");
    posthorn.kill_now()
}

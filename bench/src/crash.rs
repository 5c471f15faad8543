//! Is an event lost when the process is killed?
//! A crash benchmark: kill -9 while 1,000 events are accepted and delivered, a restart, and the time until every
//! accepted event is delivered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::figure::print;
use crate::posthorn::{Folder, Posthorn};
use crate::receiver::Receiver;

const EVENTS: u64 = 1_000;
/// The process is killed when so many events were accepted.
const KILL_AT: usize = 900;
const PRODUCERS: u64 = 16;
/// After so long without an arrival no more arrivals are expected: it is twice the time that an interrupted attempt may
/// take.
const QUIET: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(120);
/// The receiver's answer time: long enough that many attempts are under way when the process is killed.
const THINKS: [Duration; 2] = [Duration::from_millis(20), Duration::from_secs(1)];

pub(crate) async fn run() -> anyhow::Result<()> {
    for think in THINKS {
        once(think).await?;
    }
    Ok(())
}

async fn once(think: Duration) -> anyhow::Result<()> {
    let (folder, receiver) = (Folder::new(), Receiver::start(think).await?);
    let posthorn = Arc::new(Posthorn::start(&folder.0).await?);
    posthorn.endpoint(&receiver.url).await?;

    // 1. Producers send until the process dies; only events that were answered 202 are accepted.
    let (accepted, dead) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let (posthorn, accepted, dead) =
                (Arc::clone(&posthorn), Arc::clone(&accepted), Arc::clone(&dead));
            tokio::spawn(async move {
                let mut mine = Vec::new();
                for n in (producer..EVENTS).step_by(usize::try_from(PRODUCERS)?) {
                    match posthorn.send(n).await {
                        Ok(_) => mine.push(n),
                        Err(_) if dead.load(Ordering::SeqCst) => break,
                        Err(error) => return Err(error),
                    }
                    if accepted.fetch_add(1, Ordering::SeqCst) + 1 == KILL_AT {
                        dead.store(true, Ordering::SeqCst);
                        posthorn.kill_now()?;
                    }
                }
                anyhow::Ok(mine)
            })
        })
        .collect();
    let mut promised = Vec::new();
    for producer in producers {
        promised.extend(producer.await??);
    }
    drop(posthorn);
    let arrived = receiver.arrivals().len();

    // 2. Every accepted event is delivered after the restart.
    let restarted = Instant::now();
    let posthorn = Posthorn::start(&folder.0).await?;
    let missing = || {
        let arrivals = receiver.arrivals();
        promised.iter().filter(|n| !arrivals.contains_key(n)).count()
    };
    // An attempt whose answer the dead process did not see is made again. Only that process knew which attempts these
    // are, so the benchmark waits until no more arrive.
    let last = || receiver.arrivals().values().map(|arrival| arrival.last).fold(restarted, Instant::max);
    while (missing() > 0 || last().elapsed() < QUIET) && restarted.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let seconds = (last() - restarted).as_secs_f64();
    let twice = receiver.arrivals().values().filter(|arrival| arrival.times > 1).count();

    let of = format!("receiver answers in {} ms", think.as_millis());
    print(&format!("accepted when killed, {of}"), count(promised.len()), "events");
    print(&format!("arrived when killed, {of}"), count(arrived), "events");
    print(&format!("restart to serving, {of}"), posthorn.ready_after.as_secs_f64() * 1_000.0, "ms");
    print(&format!("restart to the last delivery that goes out, {of}"), seconds, "s");
    print(&format!("lost, {of}"), count(missing()), "events");
    print(&format!("sent twice, {of}"), count(twice), "events");
    posthorn.kill_now()
}

#[expect(clippy::cast_precision_loss, reason = "a thousand is exact")]
fn count(events: usize) -> f64 {
    events as f64
}

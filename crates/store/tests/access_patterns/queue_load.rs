use domain::policy::backoff::QueueLoad;

use crate::{now, table};

#[tokio::test]
async fn the_queues_load_is_normal_until_another_is_written() {
    let table = table().await;
    assert_eq!(table.store.recent_queue_load().await.unwrap(), QueueLoad::Normal);
    for load in [QueueLoad::High, QueueLoad::Normal] {
        table.store.save_queue_load(load, 60_000, now()).await.unwrap();
        assert_eq!(table.store.recent_queue_load().await.unwrap(), load);
    }
}

//! Are sources and received requests read as they were first written? With `UPDATE_GOLDEN=1` the files are written anew,
//! which is right only while no release has written such rows.

use domain::source::received::Verdict;

use super::{accept_if_asked, item_in, items, open};
use crate::received_requests::{raw, received};
use crate::sources::source;
use crate::{DAY, Table, now, table};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/sources");
const FILES: [&str; 5] = ["data-key", "one-time-token", "received-request", "source", "source-token"];

async fn written() -> Table {
    let table = table().await;
    table.store.create_source(&source(1), None).await.unwrap();
    let (key, until) = (source(1).key(), now().plus(DAY));
    let request = received(now(), 1, Verdict::Invalid);
    table.store.save_received_request(key, &request, &raw(b"{\"a\":1}".to_vec()), until).await.unwrap();
    assert!(table.store.claim_one_time_token(key, "t1", "b1", until).await.unwrap());
    table
}

#[tokio::test]
async fn rows_are_read_as_they_were_first_written() {
    let now_written = items(&written().await).await;
    assert_eq!(now_written.keys().collect::<Vec<_>>(), FILES);
    accept_if_asked(FOLDER, &now_written);
    let table = table().await;
    for name in FILES {
        let item = item_in(FOLDER, name);
        let put = table.client.put_item().table_name("posthorn").set_item(Some(item.clone()));
        put.send().await.unwrap();
        assert_eq!(open(&item), open(&now_written[name]), "{name}");
    }
    let key = source(1).key();
    assert_eq!(table.store.source_of_token(&source(1).token.digest()).await.unwrap(), Some(key));
    assert_eq!(table.store.load_source(key).await.unwrap(), Some(source(1)));
    let request = received(now(), 1, Verdict::Invalid);
    let loaded = table.store.load_received_request(key, request.id, now()).await.unwrap();
    assert!(loaded == Some((request, raw(b"{\"a\":1}".to_vec()))));
    assert!(!table.store.claim_one_time_token(key, "t1", "b2", now()).await.unwrap());
}

//! Are sources found by workspace, id and token, changed under their lock, and deleted with their rows?

use domain::id::{SourceId, SourceKey};
use domain::source::secret::{ProviderSecret, SourceSecret};
use domain::source::token::SourceToken;
use domain::source::{Source, SourceSettings};
use serde_json::json;
use store::Listing;

use crate::{DAY, Table, every_page, now, table, workspace};

/// A source of Meta's, whose options have a secret, too.
pub(crate) fn source(number: u8) -> Source {
    let settings = json!({
        "name": format!("Source {number}"), "provider": "meta_whatsapp", "options": { "verify_token": "hush-hush" },
    });
    Source {
        id: SourceId::new(now(), number.into()),
        workspace_id: workspace(1),
        token: SourceToken::new(&[number; 32]),
        settings: serde_json::from_value(settings).unwrap(),
        secrets: vec![
            SourceSecret::current(ProviderSecret::new("the secret of Meta"), now()),
            SourceSecret {
                expires_at: Some(now().plus(DAY)),
                ..SourceSecret::current(ProviderSecret::new("the secret before"), now())
            },
        ],
        revision: 1,
        created_at: now(),
        updated_at: now(),
    }
}

async fn rows(table: &Table) -> String {
    let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
    format!("{rows:?}")
}

#[tokio::test]
async fn a_source_is_found_by_workspace_id_and_token() {
    let table = table().await;
    let (store, source) = (&table.store, source(1));
    assert!(store.create_source(&source, None).await.unwrap());
    assert!(!store.create_source(&source, None).await.unwrap(), "it exists already");
    assert_eq!(store.load_source(source.key()).await.unwrap(), Some(source.clone()));
    assert_eq!(store.recent_source(source.key()).await.unwrap(), Some(source.clone()));
    assert_eq!(store.find_source(source.id).await.unwrap(), Some(source.clone()));
    assert_eq!(store.load_source(SourceKey::new(workspace(2), source.id)).await.unwrap(), None);
    let digest = source.token.digest();
    assert_eq!(store.source_of_token(&digest).await.unwrap(), Some(source.key()));
    assert_eq!(store.source_of_token(&SourceToken::new(&[9; 32]).digest()).await.unwrap(), None);
}

#[tokio::test]
async fn token_secrets_and_the_word_of_the_handshake_are_sealed() {
    let table = table().await;
    let source = source(1);
    assert!(table.store.create_source(&source, None).await.unwrap());
    let rows = rows(&table).await;
    assert!(rows.contains("Source 1"));
    for secret in [source.token.reveal(), "the secret of Meta", "the secret before", "hush-hush"] {
        assert!(!rows.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn of_two_writers_of_one_revision_the_second_is_refused() {
    let table = table().await;
    assert!(table.store.create_source(&source(1), None).await.unwrap());
    let mut mine = Source { revision: 2, ..source(1) };
    let theirs = mine.clone();
    mine.settings.name = "mine".to_owned();
    assert!(table.store.save_source(&mine, None).await.unwrap());
    assert!(!table.store.save_source(&theirs, None).await.unwrap());
    assert_eq!(table.store.load_source(mine.key()).await.unwrap(), Some(mine.clone()));
    let deleted = Source { updated_at: now().plus(DAY), ..mine };
    assert!(table.store.delete_source(&deleted, None).await.unwrap());
    assert!(!table.store.save_source(&Source { revision: 3, ..deleted }, None).await.unwrap(), "it is gone");
}

#[tokio::test]
async fn a_deleted_source_leaves_only_its_tombstone() {
    let table = table().await;
    let (store, source) = (&table.store, source(1));
    assert!(store.create_source(&source, None).await.unwrap());
    assert!(store.delete_source(&source, None).await.unwrap());
    assert!(!store.delete_source(&source, None).await.unwrap());
    assert_eq!(store.load_source(source.key()).await.unwrap(), None);
    assert_eq!(store.find_source(source.id).await.unwrap(), None);
    assert_eq!(store.source_of_token(&source.token.digest()).await.unwrap(), None);
    assert!(store.create_source(&source, None).await.unwrap(), "token and id are free again");
    assert_eq!(store.any_source(workspace(1)).await.unwrap(), Some(source.id));
    assert_eq!(store.erase_source(source.key()).await.unwrap(), 3, "source, tombstone and token");
    assert_eq!(store.any_source(workspace(1)).await.unwrap(), None);
    let rows = rows(&table).await;
    assert!(!rows.contains("SOURCE"), "{rows}");
}

#[tokio::test]
async fn sources_are_listed_newest_first_and_counted() {
    let table = table().await;
    for number in 1..=5 {
        assert!(table.store.create_source(&source(number), None).await.unwrap());
    }
    let listed = async |wanted: fn(&SourceSettings) -> bool| {
        every_page(async |before| {
            let listing = Listing::all(|_, settings: &SourceSettings| wanted(settings), 2).beyond(before);
            table.store.list_sources(workspace(1), &listing).await.unwrap()
        })
        .await
    };
    let names = |rows: Vec<Source>| rows.into_iter().map(|row| row.settings.name).collect::<Vec<_>>();
    let all = ["Source 5", "Source 4", "Source 3", "Source 2", "Source 1"];
    assert_eq!(names(listed(|_| true).await), all);
    assert_eq!(names(listed(|settings| settings.name.ends_with('2')).await), ["Source 2"]);
    for (most, has) in [(5, true), (6, false)] {
        assert_eq!(table.store.has_sources(workspace(1), most).await.unwrap(), has, "{most}");
    }
    assert!(!table.store.has_sources(workspace(2), 1).await.unwrap());
}

#[tokio::test]
async fn a_token_that_comes_again_is_new_only_with_the_same_body() {
    let table = table().await;
    let until = now().plus(DAY);
    let claim = async |source, token: &str, body: &str| {
        table.store.claim_one_time_token(source, token, body, until).await.unwrap()
    };
    let (one, other) = (source(1).key(), source(2).key());
    assert!(claim(one, "t1", "b1").await);
    assert!(claim(one, "t1", "b1").await, "the provider repeats a request");
    assert!(!claim(one, "t1", "b2").await);
    assert!(claim(one, "t2", "b2").await && claim(other, "t1", "b2").await);
}

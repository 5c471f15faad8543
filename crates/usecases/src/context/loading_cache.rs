//! How does one cache hold entries of any type?
//! A loading cache with type-erased keys and values, so that moka is compiled once, not once for each type of entry.
//!
//! moka's code takes 33 KB for each pair of types, and a function has up to fourteen (docs/performance.md, "The
//! functions").

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::error::Fault;

/// A key of any type.
type AnyKey = Arc<dyn Key>;
/// A value of any type.
type AnyValue = Arc<dyn Any + Send + Sync>;

/// A bounded cache. Clones share their entries.
pub(crate) struct LoadingCache<K, V> {
    entries: moka::future::Cache<AnyKey, AnyValue>,
    types: PhantomData<fn(K) -> V>,
}

impl<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static> LoadingCache<K, V> {
    /// At most `capacity` entries, the least used of which are dropped for others.
    pub(crate) fn new(capacity: u64) -> Self {
        Self::of(moka::future::Cache::builder().max_capacity(capacity).build())
    }

    /// The same, and each is dropped when it is `lifetime` old.
    pub(crate) fn expiring(capacity: u64, lifetime: Duration) -> Self {
        Self::of(moka::future::Cache::builder().max_capacity(capacity).time_to_live(lifetime).build())
    }

    fn of(entries: moka::future::Cache<AnyKey, AnyValue>) -> Self {
        Self { entries, types: PhantomData }
    }

    /// What is cached under the key.
    pub(crate) async fn get(&self, key: &K) -> Option<V> {
        let key: &dyn Key = key;
        self.entries.get(key).await?.downcast_ref().cloned()
    }

    /// What is cached under the key, or else loaded. Callers that miss it at once share one load and its failure. A load
    /// is made only when it is needed, on the heap: otherwise every caller's future would have room for it.
    ///
    /// # Errors
    /// [`Fault`] when the load fails, which is not cached.
    pub(crate) async fn get_or_load<E: Into<Fault>, F: Future<Output = Result<V, E>> + Send>(
        &self,
        key: K,
        load: impl FnOnce() -> F + Send,
    ) -> Result<V, Fault> {
        let load = || async { load().await.map(Some) };
        let found = self.find_or_load(key, load).await?;
        found.ok_or_else(|| {
            Fault::Broken("a load that finds something always was cached as nothing".to_owned())
        })
    }

    /// The same of a load that may find nothing, which is not cached.
    ///
    /// # Errors
    /// [`Fault`] when the load fails, which is not cached either.
    pub(crate) async fn find_or_load<E: Into<Fault>, F: Future<Output = Result<Option<V>, E>> + Send>(
        &self,
        key: K,
        load: impl FnOnce() -> F + Send,
    ) -> Result<Option<V>, Fault> {
        // The usual case first: passing the future of a read on takes longer than looking the entry up.
        if let Some(known) = self.get(&key).await {
            return Ok(Some(known));
        }
        let load = Box::pin(async {
            match load().await {
                Ok(Some(value)) => Ok(Arc::new(value) as AnyValue),
                Ok(None) => Err(None),
                Err(error) => Err(Some(error.into())),
            }
        });
        let loaded = load_shared(&self.entries, Arc::new(key), load).await?;
        Ok(loaded.and_then(|value| value.downcast_ref().cloned()))
    }

    /// Caches a value, unless there is one of which `stays` holds; whether it was cached. One of concurrent calls does.
    pub(crate) async fn insert_unless(
        &self,
        key: K,
        value: V,
        stays: impl Fn(&V) -> bool + Send + Sync,
    ) -> bool {
        let value: AnyValue = Arc::new(value);
        let stays = |old: &AnyValue| old.downcast_ref().is_some_and(&stays);
        insert_unless(&self.entries, Arc::new(key), value, &stays).await
    }

    /// Caches a value.
    pub(crate) async fn insert(&self, key: K, value: V) {
        let key: AnyKey = Arc::new(key);
        self.entries.insert(key, Arc::new(value)).await;
    }

    /// Drops a value.
    pub(crate) async fn invalidate(&self, key: &K) {
        let key: &dyn Key = key;
        self.entries.invalidate(key).await;
    }

    /// Drops all values.
    pub(crate) fn invalidate_all(&self) {
        self.entries.invalidate_all();
    }

    /// Whether there is a value.
    pub(crate) fn contains(&self, key: &K) -> bool {
        let key: &dyn Key = key;
        self.entries.contains_key(key)
    }
}

/// `None` where there is nothing to load.
async fn load_shared(
    entries: &moka::future::Cache<AnyKey, AnyValue>,
    key: AnyKey,
    load: BoxFuture<'_, Result<AnyValue, Option<Fault>>>,
) -> Result<Option<AnyValue>, Fault> {
    match entries.try_get_with(key, load).await {
        Ok(value) => Ok(Some(value)),
        Err(failure) => failure.as_ref().clone().map_or(Ok(None), Err),
    }
}

async fn insert_unless(
    entries: &moka::future::Cache<AnyKey, AnyValue>,
    key: AnyKey,
    value: AnyValue,
    stays: &(dyn Fn(&AnyValue) -> bool + Send + Sync),
) -> bool {
    let entry = entries.entry(key);
    entry.or_insert_with_if(std::future::ready(value), |old| !stays(old)).await.is_fresh()
}

impl<K, V> Clone for LoadingCache<K, V> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone(), types: PhantomData }
    }
}

impl<K, V> fmt::Debug for LoadingCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadingCache").field("entries", &self.entries.entry_count()).finish_non_exhaustive()
    }
}

/// What a key of any type can do.
trait Key: Any + Send + Sync {
    fn equals(&self, other: &dyn Any) -> bool;
    fn write_to(&self, hasher: &mut dyn Hasher);
}

impl<K: Hash + Eq + Send + Sync + 'static> Key for K {
    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }

    fn write_to(&self, mut hasher: &mut dyn Hasher) {
        self.hash(&mut hasher);
    }
}

impl PartialEq for dyn Key {
    fn eq(&self, other: &Self) -> bool {
        self.equals(other)
    }
}

impl Eq for dyn Key {}

impl Hash for dyn Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.write_to(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_value_is_loaded_once_and_found_again() {
        let cache = LoadingCache::<String, u32>::new(10);
        let loads = AtomicUsize::new(0);
        let load = || async {
            loads.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Fault>(7)
        };
        for _ in 0..2 {
            assert_eq!(cache.get_or_load("a".to_owned(), load).await.unwrap(), 7);
        }
        assert_eq!(loads.load(Ordering::Relaxed), 1);
        assert_eq!(cache.get(&"b".to_owned()).await, None);
        cache.invalidate(&"a".to_owned()).await;
        assert!(!cache.contains(&"a".to_owned()));
    }

    #[tokio::test]
    async fn neither_nothing_nor_a_failure_is_cached() {
        let cache = LoadingCache::<u8, u32>::new(10);
        assert_eq!(cache.find_or_load(1, || async { Ok::<_, Fault>(None) }).await.unwrap(), None);
        let failed = cache.get_or_load(1, || async { Err(Fault::Broken("no".to_owned())) }).await;
        assert!(matches!(failed, Err(Fault::Broken(why)) if why == "no"));
        assert_eq!(cache.find_or_load(1, || async { Ok::<_, Fault>(Some(2)) }).await.unwrap(), Some(2));
    }

    #[tokio::test]
    async fn what_stays_is_not_replaced() {
        let cache = LoadingCache::<u8, u32>::new(10);
        assert!(cache.insert_unless(1, 5, |old| *old > 3).await);
        assert!(!cache.insert_unless(1, 6, |old| *old > 3).await);
        assert!(cache.insert_unless(1, 7, |old| *old > 5).await);
        assert_eq!(cache.get(&1).await, Some(7));
    }
}

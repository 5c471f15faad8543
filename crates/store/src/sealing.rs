//! How are signing secrets kept at rest?
//! Sealed with AES-256-GCM under a data key, bound to the row they stand in, so that a sealed value moved to another
//! endpoint's row cannot be opened.
//!
//! The data key is not in the table as it is: a [`KeyWrapper`] (KMS on AWS, a file in local mode) wraps it, and the
//! wrapped key is a row. It is unwrapped at first use, once a process.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::sync::OnceCell;

use crate::Store;
use crate::error::StoreError;
use crate::keys;
use crate::table::item::{ItemReader, ItemWriter};

const ENTITY: &str = "data key";
/// First byte of a sealed value: the version of its format.
const VERSION: u8 = 1;

/// The bytes of an AES-256 key.
pub type KeyBytes = [u8; 32];
type Answer<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Wraps and unwraps the data key with a key that never leaves KMS (or its file).
#[derive(Clone)]
pub struct KeyWrapper {
    generate: Arc<dyn Fn() -> Answer<(KeyBytes, Vec<u8>)> + Send + Sync>,
    unwrap: Arc<dyn Fn(Vec<u8>) -> Answer<KeyBytes> + Send + Sync>,
}

impl KeyWrapper {
    /// `generate` creates a data key and its wrapped form, `unwrap` decrypts a wrapped one.
    pub fn new<G, U>(
        generate: impl Fn() -> G + Send + Sync + 'static,
        unwrap: impl Fn(Vec<u8>) -> U + Send + Sync + 'static,
    ) -> Self
    where
        G: Future<Output = Result<(KeyBytes, Vec<u8>), StoreError>> + Send + 'static,
        U: Future<Output = Result<KeyBytes, StoreError>> + Send + 'static,
    {
        Self {
            generate: Arc::new(move || Box::pin(generate())),
            unwrap: Arc::new(move |wrapped| Box::pin(unwrap(wrapped))),
        }
    }

    /// Wraps with `key` itself: for local mode, where it is a file, and for tests.
    pub fn local(key: KeyBytes) -> Self {
        let generate = move || async move {
            let mut data_key = KeyBytes::default();
            aws_lc_rs::rand::fill(&mut data_key).map_err(|_| StoreError::Sealing("no randomness"))?;
            Ok((data_key, seal(&key, ENTITY, &data_key)?))
        };
        let unwrap = move |wrapped: Vec<u8>| async move {
            let data_key = open(&key, ENTITY, &wrapped)?;
            data_key.try_into().map_err(|_| StoreError::Sealing("the data key has another length"))
        };
        Self::new(generate, unwrap)
    }

    /// The same, and calls `observe` with the name of the KMS operation that each use stands for.
    #[must_use]
    pub fn with_observer(self, observe: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let observe = Arc::new(observe);
        let (generate, unwrap, also) = (self.generate, self.unwrap, Arc::clone(&observe));
        Self {
            generate: Arc::new(move || {
                observe("GenerateDataKey");
                generate()
            }),
            unwrap: Arc::new(move |wrapped| {
                also("Decrypt");
                unwrap(wrapped)
            }),
        }
    }

    /// For a function that must not open secrets.
    pub fn none() -> Self {
        const NOT_HERE: StoreError = StoreError::Sealing("this function has no key");
        Self::new(|| async { Err(NOT_HERE) }, |_| async { Err(NOT_HERE) })
    }
}

impl fmt::Debug for KeyWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyWrapper")
    }
}

/// Seals and opens the secrets of one table.
#[derive(Clone)]
pub(crate) struct Sealer {
    wrapper: KeyWrapper,
    key: Arc<OnceCell<KeyBytes>>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    pub(crate) fn new(wrapper: KeyWrapper) -> Self {
        Self { wrapper, key: Arc::default() }
    }
}

impl Store {
    /// Seals `plain` so that it can only be opened for `owner`.
    pub(crate) async fn seal(&self, owner: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        seal(self.data_key().await?, owner, plain)
    }

    /// Opens what was sealed for `owner`.
    pub(crate) async fn open(&self, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        open(self.data_key().await?, owner, sealed)
    }

    async fn data_key(&self) -> Result<&KeyBytes, StoreError> {
        self.sealer.key.get_or_try_init(|| self.load_data_key()).await
    }

    async fn load_data_key(&self) -> Result<KeyBytes, StoreError> {
        let key = keys::data_key();
        if let Some(row) = self.load(&key).await? {
            let wrapped = ItemReader::new(row, ENTITY).bytes("wrapped")?.to_vec();
            return (self.sealer.wrapper.unwrap)(wrapped).await;
        }
        // The first secret of this table. Of several processes, the first that writes the row decides the key.
        let (data_key, wrapped) = (self.sealer.wrapper.generate)().await?;
        let item = ItemWriter::new(&key, ENTITY).bytes("wrapped", wrapped).build();
        if self.put_new(item).await? {
            return Ok(data_key);
        }
        let row = self.load(&key).await?.ok_or_else(|| StoreError::damaged(ENTITY, "it vanished"))?;
        let wrapped = match row.get("wrapped") {
            Some(AttributeValue::B(wrapped)) => wrapped.clone().into_inner(),
            _ => return Err(StoreError::damaged(ENTITY, "wrapped is not binary")),
        };
        (self.sealer.wrapper.unwrap)(wrapped).await
    }
}

/// Version, nonce, ciphertext and tag, in this order.
fn seal(key: &KeyBytes, owner: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    const FAILED: StoreError = StoreError::Sealing("a secret could not be sealed");
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| FAILED)?;
    let mut ciphertext = plain.to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::from(owner), &mut ciphertext).map_err(|_| FAILED)?;
    Ok([&[VERSION], nonce.as_ref().as_slice(), &ciphertext].concat())
}

fn open(key: &KeyBytes, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    const FAILED: StoreError = StoreError::Sealing("a secret could not be opened");
    let (&VERSION, rest) = sealed.split_first().ok_or(FAILED)? else { return Err(FAILED) };
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(FAILED)?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| FAILED)?;
    let mut plain = ciphertext.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = key.open_in_place(nonce, Aad::from(owner), &mut plain).map_err(|_| FAILED)?.len();
    plain.truncate(length);
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sealed_is_opened_by_its_key_for_its_owner_only(plain: Vec<u8>, key: KeyBytes, other: KeyBytes, at: usize, bit in 0u8..8) {
            prop_assume!(key != other);
            let mut sealed = seal(&key, "we_1", &plain).unwrap();
            prop_assert_eq!(open(&key, "we_1", &sealed).unwrap(), plain.clone());
            prop_assert!(open(&key, "we_2", &sealed).is_err());
            prop_assert!(open(&other, "we_1", &sealed).is_err());
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert!(open(&key, "we_1", &sealed).is_err());
        }
    }

    /// Version 1 as it stands in tables: version, nonce, ciphertext and tag, made by aws-lc-rs 1.19.
    #[test]
    fn a_value_that_was_sealed_before_is_opened() {
        let sealed = [
            "0118ac0942b877e62dfde9ae5b19b6df22118b38ede2a3e9727ebe1e169e60247ccb879d5676b06016b5b3a34742",
            "4b49c0a9268a75c8da193fcb13fb38f830cdc6441b",
        ];
        let sealed = unhex(&sealed.concat());
        assert_eq!(open(&[7; 32], "we_1", &sealed).unwrap(), b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert!(open(&[7; 32], "we_2", &sealed).is_err());
    }

    fn unhex(text: &str) -> Vec<u8> {
        let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    #[test]
    fn the_same_secret_is_sealed_differently_every_time() {
        let seal = || seal(&[1; 32], "we_1", b"secret").unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn cut_bytes_are_an_error_and_no_panic() {
        let sealed = seal(&[1; 32], "we_1", b"secret").unwrap();
        for length in 0..sealed.len() {
            assert!(open(&[1; 32], "we_1", &sealed[..length]).is_err());
        }
    }
}

//! Who keeps the key that seals secrets? KMS on AWS; where there is none, a file.

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::sealing::KeyBytes;
use store::{KeyWrapper, StoreError};

use crate::aws::Aws;
use crate::config::DataKey;

/// KMS refuses to unwrap what was wrapped for something else.
const CONTEXT: (&str, &str) = ("posthorn", "signing-secrets");

/// The keeper that `source` names.
///
/// # Errors
/// [`StoreError::Key`] when the file cannot be read or holds no key.
pub fn key_wrapper(aws: &Aws, source: &DataKey) -> Result<KeyWrapper, StoreError> {
    match source {
        DataKey::Kms(key_id) => Ok(kms(aws.kms(), key_id.clone())),
        DataKey::File(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| StoreError::Key(Box::new(error)))?;
            Ok(KeyWrapper::local(parse(&text)?))
        }
    }
}

/// A key of 32 bytes in base64.
///
/// # Errors
/// [`StoreError::Sealing`] when it is none.
pub fn parse(text: &str) -> Result<KeyBytes, StoreError> {
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or(StoreError::Sealing("the key file does not hold 32 bytes in base64"))
}

fn kms(client: aws_sdk_kms::Client, key_id: String) -> KeyWrapper {
    let unwrapping = client.clone();
    let generate = move || {
        let request = client
            .generate_data_key()
            .key_id(&key_id)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context(CONTEXT.0, CONTEXT.1);
        async move {
            let answer = request.send().await.map_err(|error| StoreError::Key(Box::new(error)))?;
            let wrapped = answer.ciphertext_blob.map(Blob::into_inner).unwrap_or_default();
            Ok((key_bytes(answer.plaintext)?, wrapped))
        }
    };
    let unwrap = move |wrapped: Vec<u8>| {
        let request =
            unwrapping.decrypt().ciphertext_blob(Blob::new(wrapped)).encryption_context(CONTEXT.0, CONTEXT.1);
        async move {
            let answer = request.send().await.map_err(|error| StoreError::Key(Box::new(error)))?;
            key_bytes(answer.plaintext)
        }
    };
    KeyWrapper::new(generate, unwrap)
}

fn key_bytes(plain: Option<Blob>) -> Result<KeyBytes, StoreError> {
    let bytes = plain.map(Blob::into_inner).unwrap_or_default();
    bytes.try_into().map_err(|_| StoreError::Sealing("KMS gave a key of another length"))
}

//! Which public keys verify a workspace's asymmetric signatures?
//! A JSON Web Key set: the keys of its endpoints, rotated-out ones until their overlap ends, each with its JWK thumbprint
//! (RFC 7638).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::WorkspaceId;
use domain::problem::Problem;
use domain::signing::secret::PublicKey;
use sha2::{Digest as _, Sha256};

use crate::error::UseCaseError;
use crate::manage::management::Management;

/// A key that verifies deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerificationKey {
    /// The public key.
    pub key: PublicKey,
    /// Its id in a key set (`kid`): the SHA-256 of its canonical JWK.
    pub thumbprint: [u8; 32],
}

/// The keys that verify deliveries sent now, by endpoint, the current one first. It needs no API key, because receivers
/// of deliveries have none.
///
/// # Errors
/// [`Problem::NotFound`] when the workspace is unknown.
pub async fn public_keys(
    management: &Management,
    id: WorkspaceId,
) -> Result<Vec<VerificationKey>, UseCaseError> {
    management.context.cache.workspace(id).await?.ok_or(Problem::NotFound("workspace"))?;
    let now = management.context.clock.now();
    let subscriptions = management.context.cache.subscriptions(id).await?;
    let keys = subscriptions.iter().flat_map(|subscription| &subscription.public_keys);
    let current = keys.filter(|(_, ends)| ends.is_none_or(|end| now < end)).map(|(key, _)| *key);
    Ok(current.map(|key| VerificationKey { key, thumbprint: thumbprint(key) }).collect())
}

/// RFC 7638: the digest of the required members of the JWK, in lexical order.
fn thumbprint(key: PublicKey) -> [u8; 32] {
    let x = URL_SAFE_NO_PAD.encode(key.to_bytes());
    Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::signing::secret::Secret;

    /// The key and thumbprint of RFC 8037, appendix A.
    #[test]
    fn the_rfcs_key_has_the_rfcs_thumbprint() {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let secret = Secret::new_asymmetric(&seed.try_into().unwrap());
        let key = secret.public_key().unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(key.to_bytes()), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let thumbprint = URL_SAFE_NO_PAD.encode(thumbprint(key));
        assert_eq!(thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}

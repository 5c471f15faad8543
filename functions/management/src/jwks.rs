//! `/v1/workspaces/{ws}/jwks.json`: the public keys that verify a workspace's `standard-asymmetric` deliveries
//! (RFC 7517, RFC 8037). Public: whoever receives deliveries may read it, without a key.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::WorkspaceId;
use domain::signing::secret::PublicKey;
use lambda_kit::problem_json::ApiError;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use usecases::manage::management::Management;

use crate::paging;

pub(crate) async fn read(
    State(management): State<Management>,
    Path(workspace): Path<String>,
) -> Result<Response, ApiError> {
    let id: WorkspaceId = paging::id(&workspace, "workspace")?;
    let keys = usecases::manage::public_keys::public_keys(&management, id).await?;
    let mut response = Json(json!({ "keys": keys.into_iter().map(jwk).collect::<Vec<_>>() })).into_response();
    // Shorter than any overlap worth having: a rotated key is known long before the old one ends.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(response)
}

fn jwk(key: PublicKey) -> Value {
    let x = URL_SAFE_NO_PAD.encode(key.to_bytes());
    // RFC 7638: the digest of the required members in lexical order.
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    let digest = Sha256::digest(canonical.as_bytes());
    let kid = URL_SAFE_NO_PAD.encode(digest);
    json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x })
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
        let jwk = jwk(secret.public_key().unwrap());
        assert_eq!(jwk["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(jwk["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}

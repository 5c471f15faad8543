//! Where does a caller put its API key? In `X-API-Key`, or in `Authorization: Bearer`.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use domain::access::api_key::ApiKeySecret;
use domain::access::login::CALLER_PREFIXES;

/// The key a request carries, if it is one, or the token of a session or portal link.
pub fn api_key(headers: &HeaderMap) -> Option<ApiKeySecret> {
    token(headers, CALLER_PREFIXES)
}

/// The same with any of these prefixes.
pub fn token(headers: &HeaderMap, prefixes: &[&str]) -> Option<ApiKeySecret> {
    let text = match headers.get("x-api-key") {
        Some(value) => value.to_str().ok()?,
        None => {
            let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token)?
        }
    };
    ApiKeySecret::parse_with(prefixes, text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "phk_abcdefghijklmnopqrstuvwxyz012345";

    fn key_of(name: &'static str, value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        api_key(&headers).map(|key| key.reveal().to_owned())
    }

    #[test]
    fn both_headers_are_read_and_the_scheme_in_any_letter_case() {
        assert_eq!(key_of("x-api-key", KEY).as_deref(), Some(KEY));
        assert_eq!(key_of("authorization", &format!("bearer {KEY}")).as_deref(), Some(KEY));
    }

    #[test]
    fn another_scheme_or_something_that_is_no_key_is_none() {
        assert_eq!(key_of("authorization", &format!("Basic {KEY}")), None);
        assert_eq!(key_of("x-api-key", "secret"), None);
        assert_eq!(
            key_of("x-api-key", &KEY.replace("phk_", "pho_")),
            None,
            "it opens a session, and nothing else"
        );
    }

    #[test]
    fn sessions_and_portal_links_authenticate_like_keys() {
        for prefix in ["phs_", "php_"] {
            let token = KEY.replace("phk_", prefix);
            assert_eq!(key_of("x-api-key", &token).as_deref(), Some(&*token));
            assert_eq!(key_of("authorization", &format!("Bearer {token}")).as_deref(), Some(&*token));
        }
    }
}

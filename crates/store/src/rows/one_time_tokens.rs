//! Did a token that a provider uses once come before, with another body?
//! A row a token with the digest of its body: the protection of signatures that do not cover the body.

use domain::id::SourceKey;
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys;
use crate::table::item::ItemWriter;
use crate::table::update::Condition;

const ENTITY: &str = "one-time token";

impl Store {
    /// Claims a token for a body; both are digests. `true` if the token is new, or came before with the same body, as it does
    /// when a provider repeats a request. A token whose row has expired and is still there counts.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn claim_one_time_token(
        &self,
        source: SourceKey,
        token_digest: &str,
        body_digest: &str,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let item = ItemWriter::new(&keys::one_time_token(source.id, token_digest), ENTITY)
            .text("body_digest", body_digest)
            .expires_at(expires_at)
            .build();
        let free = Condition::new("attribute_not_exists(PK) OR body_digest = :body");
        self.put_if(item, free.text(":body", body_digest)).await
    }
}

//! How are sessions and portal links kept?
//! As API keys are: in a row under the digest of their token, which authenticates with a single get. It expires with them.
//!
//! A portal link has a row in a list of its workspace besides, which names the digest, so that it can be revoked. A token
//! that opens one session is deleted in the transaction that opens it.

use domain::access::api_key::ApiKey;
use domain::audit::AuditEntry;
use domain::id::{PortalLinkId, WorkspaceId};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, LOOKUP, LOOKUP_SORT, PORTAL_LINK_PREFIX};
use crate::rows::api_keys::under_digest;
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::listing::Listing;
use crate::table::query::{Index, Range};
use crate::table::update::Condition;
use crate::{Page, Store};

const LINK: &str = "portal_link";
const OPENER: &str = "session_opener";

/// A portal link with the digest of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPortalLink {
    /// The link.
    pub link: ApiKey,
    /// Its id.
    pub id: PortalLinkId,
    digest: String,
}

impl Store {
    /// Writes a session under `digest`. With the digest of a token that opens one session, that token is used up: `false`
    /// when it was meanwhile, and nothing is written.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_session(
        &self,
        session: &ApiKey,
        digest: &str,
        opener: Option<&str>,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let mut parts = Vec::new();
        if let Some(opener) = opener {
            let unused = Condition::new("attribute_exists(PK)");
            parts.push(self.part_delete_if(&keys::session_opener(opener), unused)?);
        }
        parts.push(self.part_put(authenticating(session, digest)?, None)?);
        Ok(self.transact_audited(parts, entry).await?.is_none())
    }

    /// Deletes the session with this digest.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn delete_session(&self, digest: &str, entry: Option<&AuditEntry>) -> Result<(), StoreError> {
        let parts = vec![self.part_delete(&keys::api_key(digest))?];
        self.transact_audited(parts, entry).await?;
        Ok(())
    }

    /// Writes a token that opens one session with the API key of the digest `made_with`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_session_opener(
        &self,
        digest: &str,
        made_with: &str,
        ends_at: Timestamp,
    ) -> Result<(), StoreError> {
        let item = ItemWriter::new(&keys::session_opener(digest), OPENER)
            .text("made_with", made_with)
            .instant("ends_at", ends_at)
            .expires_at(ends_at);
        self.put(item.build()).await
    }

    /// The digest of the API key with which this token opens a session at `now`, if it still does.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn key_of_session_opener(
        &self,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let Some(item) = self.load(&keys::session_opener(digest)).await? else { return Ok(None) };
        let reader = ItemReader::new(item, OPENER);
        let made_with = reader.text("made_with")?.to_owned();
        Ok((now < reader.instant("ends_at")?).then_some(made_with))
    }

    /// Writes a portal link under `digest`, and in the list of its workspace.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_portal_link(
        &self,
        (workspace, id): (WorkspaceId, PortalLinkId),
        link: &ApiKey,
        digest: &str,
        entry: Option<&AuditEntry>,
    ) -> Result<(), StoreError> {
        let listed = ItemWriter::new(&keys::portal_link(workspace, id), LINK)
            .text(LOOKUP, id)
            .text(LOOKUP_SORT, id)
            .text("digest", digest)
            .json("document", link)?
            .maybe(link.expires_at, ItemWriter::expires_at);
        let parts =
            vec![self.part_put(authenticating(link, digest)?, None)?, self.part_put(listed.build(), None)?];
        self.transact_audited(parts, entry).await?;
        Ok(())
    }

    /// Part of the portal links of a workspace that are open at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_portal_links(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
        listing: &Listing<PortalLinkId, ()>,
    ) -> Result<Page<ListedPortalLink, PortalLinkId>, StoreError> {
        let partition = keys::api_keys_partition(Some(workspace));
        let range = Range::prefix(partition, PORTAL_LINK_PREFIX).consistent();
        let keep = |row| Ok(Some(read(row)?).filter(|listed| listed.link.is_valid_at(now)));
        self.walk(range.listed(PORTAL_LINK_PREFIX, listing), listing.limit, keep).await
    }

    /// The portal link with this id.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_portal_link(&self, id: PortalLinkId) -> Result<Option<ListedPortalLink>, StoreError> {
        let range = Range::prefix(id.to_string(), PortalLinkId::PREFIX).of(Index::Lookup);
        self.query(&range, 1).await?.rows.pop().map(read).transpose()
    }

    /// Deletes a portal link of this workspace.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn delete_portal_link(
        &self,
        workspace: WorkspaceId,
        listed: &ListedPortalLink,
        entry: Option<&AuditEntry>,
    ) -> Result<(), StoreError> {
        let parts = vec![
            self.part_delete(&keys::api_key(&listed.digest))?,
            self.part_delete(&keys::portal_link(workspace, listed.id))?,
        ];
        self.transact_audited(parts, entry).await?;
        Ok(())
    }
}

fn authenticating(login: &ApiKey, digest: &str) -> Result<Attributes, StoreError> {
    Ok(under_digest(login, digest)?.maybe(login.expires_at, ItemWriter::expires_at).build())
}

fn read(item: Attributes) -> Result<ListedPortalLink, StoreError> {
    let reader = ItemReader::new(item, LINK);
    let id = reader.parsed(LOOKUP_SORT)?;
    Ok(ListedPortalLink { link: reader.json("document")?, id, digest: reader.text("digest")?.to_owned() })
}

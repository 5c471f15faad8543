//! How are received requests kept?
//! One row a request with what was found about it, and the raw request whole: one blob, compressed and sealed; what of it
//! does not fit the row is in further rows.
//!
//! The blob is sealed because headers carry credentials and bodies customers' data. Its further rows are written first, so
//! that a request that can be read is complete.

use domain::id::{ReceivedRequestId, SourceKey};
use domain::source::MAX_BODY_BYTES;
use domain::source::received::{RawRequest, ReceivedRequest, Verdict};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::keys::{self, CHUNK_PREFIX, RECEIVED_SHARDS};
use crate::rows::payload;
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::listing::Listing;
use crate::table::query::Range;
use crate::table::sharded_list::ShardedList;
use crate::table::update::Update;
use crate::{Page, Store};

const ENTITY: &str = "received request";
const CHUNK_ENTITY: &str = "part of a received request";
const DOCUMENT: &str = "document";
const RAW: &str = "raw";
/// The attribute that says in how many further rows the blob is.
pub(super) const CHUNKS: &str = "chunks";
/// The bytes of a blob that one row holds: DynamoDB takes 400 KB a row, and the rest of it may take some KB.
pub const CHUNK_BYTES: usize = 300 * 1024;
/// The longest head of a raw request. API Gateway takes headers of 10 KB; local mode takes more.
const MAX_HEAD_BYTES: usize = 1024 * 1024;
/// What a list shows of a request: not the blob, by far the largest part of a row.
const LISTED: &[&str] = &[keys::PK, keys::SK, keys::EXPIRES_AT, DOCUMENT];

/// The first line of a blob.
#[derive(Serialize, Deserialize)]
struct Head {
    method: String,
    target: String,
    headers: Vec<(String, HeaderValue)>,
}

/// A header's value: text, or its bytes where they are not UTF-8.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum HeaderValue {
    Text(String),
    Bytes(Vec<u8>),
}

impl Store {
    /// Writes a received request, to be kept until `expires_at`: one write unit a KB, no read and no condition.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses, or the data key cannot be had.
    pub async fn save_received_request(
        &self,
        source: SourceKey,
        received: &ReceivedRequest,
        raw: &RawRequest,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let blob = self.seal(&received.id.to_string(), &packed(raw)?).await?;
        let row = ItemWriter::new(&keys::received_request(source.id, received.id), ENTITY)
            .json(DOCUMENT, received)?
            .expires_at(expires_at);
        if blob.len() <= CHUNK_BYTES {
            return self.put(row.bytes(RAW, blob).build()).await;
        }
        let chunk = |(index, bytes): (usize, &[u8])| {
            let key = keys::received_chunk(received.id, index + 1);
            ItemWriter::new(&key, CHUNK_ENTITY).bytes(RAW, bytes.to_vec()).expires_at(expires_at).build()
        };
        let chunks: Vec<_> = blob.chunks(CHUNK_BYTES).enumerate().map(chunk).collect();
        let count = chunks.len();
        self.put_all(chunks).await?;
        self.put(row.number(CHUNKS, count).build()).await
    }

    /// Changes what was found about a request, as a replay does; whether its row is still there.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn update_received_request(
        &self,
        source: SourceKey,
        received: &ReceivedRequest,
    ) -> Result<bool, StoreError> {
        let document =
            serde_json::to_string(received).map_err(|_| StoreError::damaged(ENTITY, "it is not JSON"))?;
        Update::new(keys::received_request(source.id, received.id), ENTITY)
            .set("document = :document")
            .when("attribute_exists(PK)")
            .text(":document", document)
            .apply(self)
            .await
    }

    /// A received request, whole, if it has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn load_received_request(
        &self,
        source: SourceKey,
        id: ReceivedRequestId,
        now: Timestamp,
    ) -> Result<Option<(ReceivedRequest, RawRequest)>, StoreError> {
        let Some(row) = self.load(&keys::received_request(source.id, id)).await? else { return Ok(None) };
        let reader = ItemReader::new(row, ENTITY);
        let Some(received) = read(&reader, now)? else { return Ok(None) };
        let owner = id.to_string();
        let plain = match reader.maybe_number(CHUNKS)? {
            None => self.open(&owner, reader.bytes(RAW)?).await?,
            Some(chunks) => self.open(&owner, &self.load_chunks(id, chunks).await?).await?,
        };
        let raw = unpacked(&plain).ok_or_else(|| reader.damaged("its raw request cannot be read"))?;
        Ok(Some((received, raw)))
    }

    async fn load_chunks(&self, id: ReceivedRequestId, chunks: usize) -> Result<Vec<u8>, StoreError> {
        let range = Range::prefix(keys::received_chunk(id, 1).pk, CHUNK_PREFIX).consistent();
        let rows = self.query(&range, chunks).await?.rows;
        if rows.len() != chunks {
            return Err(StoreError::damaged(CHUNK_ENTITY, "some are missing"));
        }
        let mut blob = Vec::with_capacity(chunks * CHUNK_BYTES);
        for row in rows {
            blob.extend_from_slice(ItemReader::new(row, CHUNK_ENTITY).bytes(RAW)?);
        }
        Ok(blob)
    }

    /// Part of the received requests of a source: all, or only those with one verdict. Reads no raw request.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_received_requests(
        &self,
        source: SourceKey,
        listing: &Listing<ReceivedRequestId, Option<Verdict>>,
        now: Timestamp,
    ) -> Result<Page<ReceivedRequest, ReceivedRequestId>, StoreError> {
        let list = ShardedList {
            partition: |day, shard| keys::received_partition(source.id, day, shard),
            shards: RECEIVED_SHARDS,
            prefix: "",
            attributes: LISTED,
            id: ReceivedRequestId::new,
            time: ReceivedRequestId::time,
        };
        let found = self.read_sharded(&list, listing, |row: Attributes| {
            let received = read(&ItemReader::new(row, ENTITY), now)?;
            let wanted =
                |received: &ReceivedRequest| listing.filter.is_none_or(|verdict| received.verdict == verdict);
            Ok(received.filter(wanted).into())
        });
        Ok(found.await?.page)
    }
}

/// The request, unless it has expired: DynamoDB deletes an expired row late, up to days later.
fn read(reader: &ItemReader, now: Timestamp) -> Result<Option<ReceivedRequest>, StoreError> {
    if reader.number::<i64>(keys::EXPIRES_AT)? <= now.as_seconds() {
        return Ok(None);
    }
    reader.json(DOCUMENT).map(Some)
}

/// The head as one line of JSON, then the body as it is; compressed.
fn packed(raw: &RawRequest) -> Result<Vec<u8>, StoreError> {
    let damaged = |_| StoreError::damaged(ENTITY, "it is not JSON");
    let value = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => HeaderValue::Text(text.to_owned()),
        Err(_) => HeaderValue::Bytes(bytes.to_vec()),
    };
    let head = Head {
        method: raw.method.clone(),
        target: raw.target.clone(),
        headers: raw.headers.iter().map(|(name, bytes)| (name.clone(), value(bytes))).collect(),
    };
    let mut plain = serde_json::to_vec(&head).map_err(damaged)?;
    plain.push(b'\n');
    plain.extend_from_slice(&raw.body);
    payload::compress(&plain).map_err(|_| StoreError::damaged(ENTITY, "it cannot be compressed"))
}

fn unpacked(compressed: &[u8]) -> Option<RawRequest> {
    let mut plain = zstd::bulk::decompress(compressed, MAX_HEAD_BYTES + MAX_BODY_BYTES).ok()?;
    let end = plain.iter().position(|byte| *byte == b'\n')?;
    let Head { method, target, headers } = serde_json::from_slice(plain.get(..end)?).ok()?;
    plain.drain(..=end);
    let value = |value| match value {
        HeaderValue::Text(text) => text.into_bytes(),
        HeaderValue::Bytes(bytes) => bytes,
    };
    let headers = headers.into_iter().map(|(name, bytes)| (name, value(bytes))).collect();
    Some(RawRequest { method, target, headers, body: plain })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_byte_of_a_request_comes_back(
            method in "[A-Z]{1,8}", target in "/.{0,80}", body: Vec<u8>,
            headers in prop::collection::vec(("[a-z-]{1,20}", any::<Vec<u8>>()), 0..8),
        ) {
            let raw = RawRequest { method, target, headers, body };
            prop_assert!(unpacked(&packed(&raw).unwrap()) == Some(raw));
        }

        #[test]
        fn garbage_is_damage_and_never_a_panic(bytes: Vec<u8>) {
            prop_assert!(unpacked(&bytes).is_none());
        }
    }

    #[test]
    fn a_body_of_the_largest_size_comes_back() {
        let raw = RawRequest {
            method: "POST".to_owned(),
            target: "/in/t".to_owned(),
            headers: vec![("authorization".to_owned(), vec![0xff; 9_000])],
            body: b"\n\na".repeat(MAX_BODY_BYTES / 3),
        };
        assert!(unpacked(&packed(&raw).unwrap()) == Some(raw));
    }
}

//! How is a row written and read?
//! Typed access to DynamoDB's attribute maps: a damaged row is an error that names the attribute, never a panic or a
//! default.
//!
//! Every row says what it is in `entity`. Configuration rows keep one JSON document; rows of the hot path have an
//! attribute a field.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::timestamp::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::keys::{EXPIRES_AT, Key, PK, SK};

pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// A row being written.
#[derive(Debug)]
pub(crate) struct ItemWriter(Attributes);

impl ItemWriter {
    pub(crate) fn new(key: &Key, entity: &'static str) -> Self {
        // As many as a delivery's row has, because growing a map copies it.
        let mut attributes = Attributes::with_capacity(16);
        attributes.extend(key_attributes(key));
        attributes.insert("entity".to_owned(), AttributeValue::S(entity.to_owned()));
        Self(attributes)
    }

    pub(crate) fn text(mut self, name: &str, value: impl ToString) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(value.to_string()));
        self
    }

    pub(crate) fn number(mut self, name: &str, value: impl ToString) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::N(value.to_string()));
        self
    }

    pub(crate) fn bytes(mut self, name: &str, value: Vec<u8>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::B(Blob::new(value)));
        self
    }

    pub(crate) fn instant(self, name: &str, value: Timestamp) -> Self {
        self.number(name, value.as_millis())
    }

    pub(crate) fn maybe<T>(self, value: Option<T>, write: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => write(self, value),
            None => self,
        }
    }

    /// A stable word of an enum, as its serde name.
    pub(crate) fn word(self, name: &str, value: &impl Serialize) -> Result<Self, StoreError> {
        match serde_json::to_value(value) {
            Ok(serde_json::Value::String(word)) => Ok(self.text(name, word)),
            other => Err(StoreError::damaged("word", format!("{name} is not written as a word: {other:?}"))),
        }
    }

    pub(crate) fn json(self, name: &str, value: &impl Serialize) -> Result<Self, StoreError> {
        let text = serde_json::to_string(value).map_err(|error| StoreError::damaged("document", error))?;
        Ok(self.text(name, text))
    }

    /// DynamoDB deletes the row some time after this instant.
    pub(crate) fn expires_at(self, instant: Timestamp) -> Self {
        self.number(EXPIRES_AT, instant.as_seconds())
    }

    pub(crate) fn build(self) -> Attributes {
        self.0
    }
}

/// A row being read.
#[derive(Debug)]
pub(crate) struct ItemReader {
    attributes: Attributes,
    entity: &'static str,
}

impl ItemReader {
    pub(crate) fn new(attributes: Attributes, entity: &'static str) -> Self {
        Self { attributes, entity }
    }

    pub(crate) fn damaged(&self, detail: impl std::fmt::Display) -> StoreError {
        StoreError::damaged(self.entity, detail)
    }

    pub(crate) fn maybe_text(&self, name: &str) -> Result<Option<&str>, StoreError> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.damaged(format_args!("{name} is no text"))),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, StoreError> {
        self.maybe_text(name)?.ok_or_else(|| self.damaged(format_args!("{name} is missing")))
    }

    /// An attribute that parses from text: ids, names.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<T, StoreError> {
        self.text(name)?.parse().map_err(|_| self.damaged(format_args!("{name} cannot be read")))
    }

    pub(crate) fn maybe_number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, StoreError> {
        match self.attributes.get(name) {
            None => Ok(None),
            Some(AttributeValue::N(digits)) => {
                digits.parse().map(Some).map_err(|_| self.damaged(format_args!("{name} is out of range")))
            }
            Some(_) => Err(self.damaged(format_args!("{name} is no number"))),
        }
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, StoreError> {
        self.maybe_number(name)?.ok_or_else(|| self.damaged(format_args!("{name} is missing")))
    }

    pub(crate) fn maybe_instant(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_number(name)?.map(Timestamp::from_millis))
    }

    pub(crate) fn instant(&self, name: &str) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::from_millis(self.number(name)?))
    }

    pub(crate) fn maybe_bytes(&self, name: &str) -> Result<Option<&[u8]>, StoreError> {
        match self.attributes.get(name) {
            Some(AttributeValue::B(blob)) => Ok(Some(blob.as_ref())),
            Some(_) => Err(self.damaged(format_args!("{name} is not binary"))),
            None => Ok(None),
        }
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<&[u8], StoreError> {
        self.maybe_bytes(name)?.ok_or_else(|| self.damaged(format_args!("{name} is missing")))
    }

    pub(crate) fn maybe_word<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let Some(word) = self.maybe_text(name)? else { return Ok(None) };
        serde_json::from_value(serde_json::Value::String(word.to_owned()))
            .map(Some)
            .map_err(|_| self.damaged(format_args!("{name} is an unknown word")))
    }

    pub(crate) fn word<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        self.maybe_word(name)?.ok_or_else(|| self.damaged(format_args!("{name} is missing")))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        // The message of a JSON error may contain a value, so only its position is kept.
        serde_json::from_str(self.text(name)?)
            .map_err(|error| self.damaged(format_args!("{name} cannot be read at column {}", error.column())))
    }
}

/// A row's primary key as attributes.
pub(crate) fn key_attributes(key: &Key) -> Attributes {
    HashMap::from([
        (PK.to_owned(), AttributeValue::S(key.pk.clone())),
        (SK.to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

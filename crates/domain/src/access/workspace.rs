//! What is a workspace?
//! A tenant: every endpoint, event and API key belongs to exactly one (keys for all workspaces excepted).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::access::portal::PortalSettings;
use crate::catalogue::strictness::Strictness;
use crate::endpoint::defaults::EndpointDefaults;
use crate::event::MAX_ID_AGE;
use crate::id::WorkspaceId;
use crate::json_object::only_object;
use crate::metadata::{self, Metadata};
use crate::problem::{Invalid, Problem};
use crate::timestamp::Timestamp;
use crate::uid::Uid;

/// Longest name of a workspace, in characters.
pub const MAX_NAME_CHARS: usize = 100;
/// The retention of events and deliveries when the workspace does not set one, in days.
pub const DEFAULT_RETENTION_DAYS: u16 = 30;
/// The longest retention that a workspace may set, in days.
pub const MAX_RETENTION_DAYS: u16 = 90;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// The id, `ws_` and a ULID.
    pub id: WorkspaceId,
    /// A name for people.
    pub name: String,
    /// Days that events and deliveries are kept, 1 to 90.
    pub retention_days: u16,
    /// Whether endpoints may have the signature profile `none`.
    #[serde(default)]
    pub allow_unsigned: bool,
    /// Most endpoints it may have; as many as there may be at all, if left out.
    #[serde(default)]
    pub max_endpoints: Option<u32>,
    /// Most events it may accept in a day of UTC; no limit, if left out.
    #[serde(default)]
    pub max_events_per_day: Option<u64>,
    /// The customer's own id of it, unique in the installation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Uid>,
    /// Strings for the caller's own programs.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// Settings for endpoints that are created without them.
    #[serde(default)]
    pub endpoint_defaults: EndpointDefaults,
    /// What becomes of events that do not fit the catalogue.
    #[serde(default, skip_serializing_if = "Strictness::is_off")]
    pub strict: Strictness,
    /// The look of its portal.
    #[serde(default, skip_serializing_if = "PortalSettings::is_default")]
    pub portal: PortalSettings,
    /// When the workspace was created.
    pub created_at: Timestamp,
    /// The revision for the optimistic lock: how often the workspace was written, 1 when it is new. The API does not
    /// show it, and the store keeps it beside the document.
    #[serde(skip)]
    pub revision: u64,
}

/// The settings of a workspace, as a caller sends them; a field left out takes its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({ "name": "Acme", "retention_days": 60 }))))]
pub struct WorkspaceSettings {
    /// A name for people, 1 to 100 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100, examples("Acme")))]
    pub name: String,
    /// The retention: days that events and deliveries are kept, 1 to 90. A longer retention applies to new ones only.
    #[serde(default = "default_retention")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 90))]
    pub retention_days: u16,
    /// Whether endpoints may have the signature profile `none`.
    #[serde(default)]
    pub allow_unsigned: bool,
    /// The most endpoints of the workspace; `null` is 10,000.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(maximum = 4294967295u32))]
    pub max_endpoints: Option<u32>,
    /// The most events in a day of UTC; `null` is no limit, 0 refuses every event.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(maximum = 18446744073709551615u64))]
    pub max_events_per_day: Option<u64>,
    /// Your own id of the workspace, unique in the installation; `null` if it has none. Only a key for all workspaces may
    /// change it.
    #[serde(default)]
    pub uid: Option<Uid>,
    /// Strings for the caller's own programs; Posthorn does not read them.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::metadata))]
    pub metadata: Metadata,
    /// The settings of endpoints that are created without them. Endpoints that exist do not change with them.
    #[serde(default, deserialize_with = "only_object")]
    pub endpoint_defaults: EndpointDefaults,
    /// What becomes of an event that a producer sends and that does not fit the catalogue: its type is not described, or is
    /// archived, or its payload does not fit the schema.
    #[serde(default)]
    pub strict: Strictness,
    /// The look of the workspace's portal, and the pages that may show it in a frame.
    #[serde(default, deserialize_with = "only_object")]
    pub portal: PortalSettings,
}

impl WorkspaceSettings {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each field out of bounds.
    pub fn check(&self) -> Result<(), Problem> {
        let mut invalid = Invalid::new();
        let chars = self.name.trim().chars().count();
        invalid.require((1..=MAX_NAME_CHARS).contains(&chars), "/name", "must be 1 to 100 characters");
        invalid.require(
            (1..=MAX_RETENTION_DAYS).contains(&self.retention_days),
            "/retention_days",
            "must be 1 to 90",
        );
        metadata::check(&self.metadata, &mut invalid);
        self.endpoint_defaults.check("/endpoint_defaults", self.allow_unsigned, &mut invalid);
        self.portal.check(&mut invalid);
        invalid.into_result()
    }
}

impl WorkspaceSettings {
    /// The first quota that is higher than in `before`. A quota that is left out is the highest there is.
    pub fn raised_quota(&self, before: &Self) -> Option<&'static str> {
        let endpoints = |settings: &Self| settings.max_endpoints.unwrap_or(u32::MAX);
        let events = |settings: &Self| settings.max_events_per_day.unwrap_or(u64::MAX);
        [
            (endpoints(self) > endpoints(before), "max_endpoints"),
            (events(self) > events(before), "max_events_per_day"),
            (self.retention_days > before.retention_days, "retention_days"),
        ]
        .into_iter()
        .find_map(|(raised, name)| raised.then_some(name))
    }
}

impl Workspace {
    /// The settings as a caller would send them, for a merge.
    pub fn settings(&self) -> WorkspaceSettings {
        WorkspaceSettings {
            name: self.name.clone(),
            retention_days: self.retention_days,
            allow_unsigned: self.allow_unsigned,
            max_endpoints: self.max_endpoints,
            max_events_per_day: self.max_events_per_day,
            uid: self.uid.clone(),
            metadata: self.metadata.clone(),
            endpoint_defaults: self.endpoint_defaults.clone(),
            strict: self.strict,
            portal: self.portal.clone(),
        }
    }

    /// A new workspace with these settings.
    pub fn new(id: WorkspaceId, settings: WorkspaceSettings, created_at: Timestamp) -> Self {
        let WorkspaceSettings {
            name,
            retention_days,
            allow_unsigned,
            max_endpoints,
            max_events_per_day,
            uid,
            metadata,
            endpoint_defaults,
            strict,
            portal,
        } = settings;
        Self {
            id,
            name,
            retention_days,
            allow_unsigned,
            max_endpoints,
            max_events_per_day,
            uid,
            metadata,
            endpoint_defaults,
            strict,
            portal,
            created_at,
            revision: 1,
        }
    }

    /// The workspace with other settings: its next revision.
    #[must_use]
    pub fn changed(&self, settings: WorkspaceSettings) -> Self {
        Self { revision: self.revision + 1, ..Self::new(self.id, settings, self.created_at) }
    }

    /// No event of the workspace is older than this instant: older ones are past the retention, or older than the
    /// first.
    pub fn oldest_kept(&self, now: Timestamp) -> Timestamp {
        now.minus(self.retention()).max(self.oldest_event())
    }

    /// The oldest id that the workspace's first event may have had.
    pub fn oldest_event(&self) -> Timestamp {
        self.created_at.minus(MAX_ID_AGE)
    }

    /// When a row of the instant `at` expires.
    pub fn expiry(&self, at: Timestamp) -> Timestamp {
        at.plus(self.retention())
    }

    fn retention(&self) -> Duration {
        Duration::from_secs(u64::from(self.retention_days) * 86_400)
    }
}

fn default_retention() -> u16 {
    DEFAULT_RETENTION_DAYS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> WorkspaceSettings {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_quota_is_raised_by_a_higher_number_and_by_lifting_it() {
        let before =
            settings(r#"{"name":"a","max_endpoints":5,"max_events_per_day":100,"retention_days":30}"#);
        for (after, raised) in [
            (r#"{"name":"b","max_endpoints":5,"max_events_per_day":100,"retention_days":30}"#, None),
            (r#"{"name":"a","max_endpoints":0,"max_events_per_day":1,"retention_days":1}"#, None),
            (r#"{"name":"a","max_endpoints":6,"max_events_per_day":100}"#, Some("max_endpoints")),
            (r#"{"name":"a","max_events_per_day":100}"#, Some("max_endpoints")),
            (r#"{"name":"a","max_endpoints":5}"#, Some("max_events_per_day")),
            (
                r#"{"name":"a","max_endpoints":5,"max_events_per_day":1,"retention_days":31}"#,
                Some("retention_days"),
            ),
        ] {
            assert_eq!(settings(after).raised_quota(&before), raised, "{after}");
        }
    }
}

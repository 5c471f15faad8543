//! How are endpoints kept?
//! As one document under an optimistic lock; secrets and the values of headers are sealed beside it.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::audit::AuditEntry;
use domain::endpoint::deleted::DeletedEndpoint;
use domain::endpoint::endpoint_url::EndpointUrl;
use domain::endpoint::purpose::{Purpose, StepKind};
use domain::endpoint::subscription::{Subscription, Switch};
use domain::endpoint::{Disabled, DisabledReason, Endpoint, EndpointSettings};
use domain::event::document::MEMBERS;
use domain::id::{EndpointId, EndpointKey, WorkspaceId};
use domain::signing::secret::{ActiveSecret, PublicKey};
use domain::timestamp::Timestamp;
use domain::uid::Uid;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize as _, Serializer};

use crate::error::StoreError;
use crate::keys::{self, ENDPOINT_PREFIX, LOOKUP, LOOKUP_SORT};
use crate::rows::uids::Saved;
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::listing::Listing;
use crate::table::query::{Index, Range, id_in};
use crate::{Page, Store};

const ENTITY: &str = "endpoint";

/// The row's document: the parts of [`Endpoint`] that are not derived from it and are no secret.
#[derive(serde::Serialize, serde::Deserialize)]
struct Document {
    id: EndpointId,
    workspace_id: WorkspaceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<Uid>,
    #[serde(default, skip_serializing_if = "Purpose::is_subscriber")]
    purpose: Purpose,
    #[serde(serialize_with = "as_before")]
    settings: EndpointSettings,
    /// Whether an endpoint is on whose settings say that it is off. Versions that know no purposes, and may run again after
    /// this one, would post every event to an action, and what a rule only watches to its receiver.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    on: bool,
    /// The JSON text of the template, whose members keep their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    /// Only `failing` and `gone`: earlier versions, which run on while a new one is deployed, know no other.
    disabled_reason: Option<DisabledReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disabled: Option<Disabled>,
    /// They are public, so they are outside the sealed part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    public_keys: Vec<(PublicKey, Option<Timestamp>)>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The sealed part of the row: the secrets, the custom headers, whose values may be credentials, and the URL of a
/// notification, whose path is one; the document shows only its host.
#[derive(serde::Serialize, serde::Deserialize)]
struct Sealed {
    secrets: Vec<ActiveSecret>,
    headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl Document {
    fn of(endpoint: &Endpoint, mut settings: EndpointSettings) -> Result<Self, StoreError> {
        let template = settings.template.take().map(|template| serde_json::to_string(&template)).transpose();
        let on = settings.active && !is_like_a_subscriber(&endpoint.purpose);
        settings.active &= !on;
        Ok(Self {
            id: endpoint.id,
            workspace_id: endpoint.workspace_id,
            uid: settings.uid.take(),
            template: template.map_err(|error| StoreError::damaged(ENTITY, &error))?,
            purpose: endpoint.purpose.clone(),
            settings,
            on,
            disabled_reason: endpoint.disabled_reason().filter(|reason| *reason != DisabledReason::Manual),
            disabled: endpoint.disabled.clone(),
            public_keys: endpoint.public_keys(),
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        })
    }

    fn read(reader: &ItemReader) -> Result<Self, StoreError> {
        let mut document: Self = reader.json("document")?;
        document.settings.active |= document.on;
        Ok(document)
    }

    fn read_template<T: DeserializeOwned>(&self, reader: &ItemReader) -> Result<Option<T>, StoreError> {
        let template = self.template.as_deref().map(serde_json::from_str).transpose();
        template.map_err(|_| reader.damaged("its template is not JSON"))
    }
}

/// Whether an endpoint of this purpose is sent to as one that subscribes is.
fn is_like_a_subscriber(purpose: &Purpose) -> bool {
    match purpose {
        Purpose::Subscriber => true,
        Purpose::Rule(step) => step.does == StepKind::Deliver && !step.watching,
        Purpose::Action => false,
    }
}

impl Store {
    /// Writes an endpoint that keeps its uid, if it has one, and whose revision is one more than the stored one's. A new one is written by
    /// [`Store::create_endpoint`], which counts it.
    ///
    /// An optimistic lock: gives `false`, and writes nothing, when the stored row has another revision, because another
    /// writer was faster.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason, or the data key cannot be had.
    pub async fn save_endpoint(
        &self,
        endpoint: &Endpoint,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let parts = vec![self.part_revision(self.endpoint_item(endpoint).await?, endpoint.revision)?];
        Ok(self.transact_audited(parts, entry).await?.is_none())
    }

    /// The same for an endpoint that had the uid `before`, and may have another now, or none: the uid changes in the same
    /// transaction.
    ///
    /// # Errors
    /// As for [`Self::save_endpoint`].
    pub async fn save_endpoint_and_uid(
        &self,
        endpoint: &Endpoint,
        before: Option<&Uid>,
        entry: Option<&AuditEntry>,
    ) -> Result<Saved, StoreError> {
        let item = self.endpoint_item(endpoint).await?;
        let mut parts = vec![self.part_revision(item, endpoint.revision)?];
        let uids = (before, endpoint.settings.uid.as_ref());
        parts.extend(self.uid_parts(
            |uid| keys::endpoint_uid(endpoint.workspace_id, uid),
            endpoint.id,
            uids,
        )?);
        self.save_with_uid(parts, entry).await
    }

    /// The revision and the uid of an endpoint, if there is one.
    pub(crate) async fn endpoint_revision(
        &self,
        endpoint: EndpointKey,
    ) -> Result<Option<(u64, Option<Uid>)>, StoreError> {
        let Some(row) = self.load(&keys::endpoint(endpoint)).await? else { return Ok(None) };
        let reader = ItemReader::new(row, ENTITY);
        let document = Document::read(&reader)?;
        Ok(Some((reader.number("revision")?, document.uid)))
    }

    /// The row of an endpoint.
    pub(crate) async fn endpoint_item(&self, endpoint: &Endpoint) -> Result<Attributes, StoreError> {
        let mut settings = endpoint.settings.clone();
        let url = settings.body.is_message().then(|| {
            let shown = endpoint.url.without_path().as_str().to_owned();
            std::mem::replace(&mut settings.url, shown)
        });
        let headers = std::mem::take(&mut settings.headers);
        let sealed = Sealed { secrets: endpoint.secrets.clone(), headers, url };
        let sealed =
            serde_json::to_vec(&sealed).map_err(|_| StoreError::damaged(ENTITY, "secrets are not JSON"))?;
        let document = Document::of(endpoint, settings)?;
        Ok(ItemWriter::new(&keys::endpoint(endpoint.key()), ENTITY)
            .text(LOOKUP, endpoint.id)
            .text(LOOKUP_SORT, endpoint.id)
            .number("revision", endpoint.revision)
            .json("document", &document)?
            .bytes("sealed", self.seal(&endpoint.id.to_string(), &sealed).await?)
            .build())
    }

    /// The endpoint, if the workspace has it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_endpoint(&self, endpoint: EndpointKey) -> Result<Option<Endpoint>, StoreError> {
        match self.load(&keys::endpoint(endpoint)).await? {
            Some(row) => Ok(Some(self.read_endpoint(row).await?)),
            None => Ok(None),
        }
    }

    /// Those of the endpoints that there are, by id.
    pub(crate) async fn load_endpoints(
        &self,
        endpoints: impl Iterator<Item = EndpointKey>,
    ) -> Result<HashMap<EndpointId, Endpoint>, StoreError> {
        let keys: Vec<_> = endpoints.map(keys::endpoint).collect();
        let mut found = HashMap::with_capacity(keys.len());
        for row in self.load_all(&keys).await? {
            let endpoint = self.read_endpoint(row).await?;
            found.insert(endpoint.id, endpoint);
        }
        Ok(found)
    }

    /// The endpoint as it was a moment ago; one that was just made is found.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn recent_endpoint(&self, endpoint: EndpointKey) -> Result<Option<Endpoint>, StoreError> {
        match self.load_recent(&keys::endpoint(endpoint)).await? {
            Some(row) => Ok(Some(self.read_endpoint(row).await?)),
            None => self.load_endpoint(endpoint).await,
        }
    }

    /// The endpoint in whichever workspace it is, by the index: a row made a moment ago may be missed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn find_endpoint(&self, endpoint: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        let range = Range::prefix(endpoint.to_string(), EndpointId::PREFIX).of(Index::Lookup);
        match self.query(&range, 1).await?.rows.pop() {
            Some(row) => Ok(Some(self.read_endpoint(row).await?)),
            None => Ok(None),
        }
    }

    /// Part of the endpoints of a workspace that stand for no action, of those that the listing's filter selects by id, purpose
    /// and settings; it does not see the values of custom headers. Decrypts only what it selects.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_endpoints(
        &self,
        workspace: WorkspaceId,
        listing: &Listing<EndpointId, impl Fn(EndpointId, &Purpose, &EndpointSettings) -> bool>,
    ) -> Result<Page<Endpoint, EndpointId>, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), ENDPOINT_PREFIX).consistent();
        let keep = |row| {
            let reader = ItemReader::new(row, ENTITY);
            let mut document = Document::read(&reader)?;
            document.settings.template = document.read_template(&reader)?;
            let Document { id, purpose, settings, .. } = document;
            // An action's endpoint is listed with its action.
            let is_selected = purpose != Purpose::Action && (listing.filter)(id, &purpose, &settings);
            Ok(is_selected.then_some(reader))
        };
        let page = self.walk(range.listed(ENDPOINT_PREFIX, listing), listing.limit, keep).await?;
        let mut rows = Vec::with_capacity(page.rows.len());
        for row in page.rows {
            rows.push(self.open_endpoint(&row).await?);
        }
        Ok(Page { rows, next: page.next })
    }

    /// Those of the endpoints that the workspace has.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn existing_endpoints(
        &self,
        workspace: WorkspaceId,
        endpoints: &[EndpointId],
    ) -> Result<HashSet<EndpointId>, StoreError> {
        let key = |id: &EndpointId| keys::endpoint(EndpointKey::new(workspace, *id));
        let rows = self.load_all(&endpoints.iter().map(key).collect::<Vec<_>>()).await?.into_iter();
        rows.map(|row| id_in(ItemReader::new(row, ENTITY).text(keys::SK)?)).collect()
    }

    /// The subscriptions of a workspace's endpoints, oldest first, for the fan-out of an event. Decrypts no secret. Only
    /// where an endpoint is off for failing it also reads how many deliveries are parked.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn all_subscriptions(&self, workspace: WorkspaceId) -> Result<Vec<Subscription>, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), ENDPOINT_PREFIX);
        let rows = self.query(&range, usize::MAX).await?.rows.into_iter();
        let subscriptions = rows.map(|row| {
            let reader = ItemReader::new(row, ENTITY);
            let Document { id, purpose, settings, template, disabled_reason, public_keys, .. } =
                Document::read(&reader)?;
            check_filter(&settings, &reader)?;
            let subscription = Subscription::of(id, purpose, settings, disabled_reason, public_keys);
            // The template itself is not read: there may be a thousand of them.
            let is_notification = subscription.is_notification && template.is_none();
            Ok(Subscription { is_notification, ..subscription })
        });
        let mut subscriptions = subscriptions.collect::<Result<Vec<_>, StoreError>>()?;
        let mut off = subscriptions.iter_mut().filter_map(|subscription| match &mut subscription.switch {
            Switch::OffForFailing { parked } => Some((subscription.id, parked)),
            Switch::On | Switch::Off => None,
        });
        if let Some(first) = off.next() {
            let counts = self.parked_counts(workspace).await?;
            for (id, parked) in std::iter::once(first).chain(off) {
                *parked = counts.get(&id).copied().unwrap_or_default();
            }
        }
        Ok(subscriptions)
    }

    /// Deletes an endpoint with the rows of its health, limits and drain, and leaves its tombstone; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn delete_endpoint(
        &self,
        deleted: &DeletedEndpoint,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let existed = self.delete_counted(deleted, entry).await?;
        self.delete_state(deleted.key()).await?;
        Ok(existed)
    }

    /// Deletes the rows of an endpoint's health, limits and drain, after the endpoint's own row: a process that still finds
    /// the endpoint would write them anew.
    pub(crate) async fn delete_state(&self, endpoint: EndpointKey) -> Result<(), StoreError> {
        for key in [keys::health, keys::rate, keys::leases, keys::drain, keys::parked_count, keys::notified] {
            self.delete(&key(endpoint)).await?;
        }
        Ok(())
    }

    async fn read_endpoint(&self, item: Attributes) -> Result<Endpoint, StoreError> {
        self.open_endpoint(&ItemReader::new(item, ENTITY)).await
    }

    async fn open_endpoint(&self, reader: &ItemReader) -> Result<Endpoint, StoreError> {
        let mut document = Document::read(reader)?;
        let sealed = self.open(&document.id.to_string(), reader.bytes("sealed")?).await?;
        let sealed: Sealed =
            serde_json::from_slice(&sealed).map_err(|_| reader.damaged("its secrets cannot be read"))?;
        check_filter(&document.settings, reader)?;
        document.settings.template = document.read_template(reader)?;
        document.settings.headers = sealed.headers;
        document.settings.uid = document.uid;
        if let Some(url) = sealed.url {
            document.settings.url = url;
        }
        // An earlier version wrote the reason alone.
        let before = document.disabled_reason.map(|reason| Disabled { reason, at: None, by: None });
        let disabled = document.disabled.or(before);
        let url = stored_url(&document.settings.url).map_err(|error| reader.damaged(error))?;
        Ok(Endpoint {
            id: document.id,
            workspace_id: document.workspace_id,
            purpose: document.purpose,
            settings: document.settings,
            url,
            secrets: sealed.secrets,
            disabled,
            revision: reader.number("revision")?,
            created_at: document.created_at,
            updated_at: document.updated_at,
        })
    }
}

/// The settings as versions before wrote them: uid and template are members of the document, and settings that came later
/// are left out where they are not used. Versions that do not know a member refuse the settings that have it, and they may
/// still run during a deployment, or run again after it.
fn as_before<S: Serializer>(settings: &EndpointSettings, serializer: S) -> Result<S::Ok, S::Error> {
    let mut settings = serde_json::to_value(settings).map_err(serde::ser::Error::custom)?;
    if let Some(members) = settings.as_object_mut() {
        members.remove("uid");
        members.remove("template");
        members.retain(|name, value| match name.as_str() {
            "filter" => !value.is_null(),
            "delay_seconds" => *value != 0,
            _ => true,
        });
    }
    settings.serialize(serializer)
}

/// A filter with mistakes was written by a later version. An event that may meet it must not count as one that does not.
fn check_filter(settings: &EndpointSettings, reader: &ItemReader) -> Result<(), StoreError> {
    match settings.filter.as_ref().and_then(|filter| filter.mistakes(&MEMBERS).into_iter().next()) {
        None => Ok(()),
        Some(mistake) => Err(reader.damaged(format!("its filter {}: {}", mistake.pointer, mistake.detail))),
    }
}

/// Reads a stored URL without a check: it was checked when it was saved, and is checked again before each call.
fn stored_url(text: &str) -> Result<EndpointUrl, serde::de::value::Error> {
    EndpointUrl::deserialize(text.into_deserializer())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::endpoint::address::AllowedTargets;
    use serde_json::{Value, json};

    #[derive(serde::Serialize)]
    struct Stored(#[serde(serialize_with = "as_before")] EndpointSettings);

    fn shown_and_stored(settings: Value) -> (Value, Value) {
        let settings: EndpointSettings = serde_json::from_value(settings).unwrap();
        (json!(settings), json!(Stored(settings)))
    }

    #[test]
    fn the_stored_settings_have_no_member_that_an_older_version_would_refuse() {
        let (mut shown, stored) =
            shown_and_stored(json!({ "url": "https://example.com/hooks", "uid": "crm", "template": [] }));
        let members = shown.as_object_mut().unwrap();
        let removed =
            ["uid", "template", "filter", "delay_seconds"].map(|name| members.remove(name).unwrap());
        assert_eq!(removed, [json!("crm"), json!([]), json!(null), json!(0)]);
        assert_eq!(stored, shown);
    }

    #[test]
    fn what_only_this_version_can_carry_out_is_off_for_older_ones() {
        let settings: EndpointSettings =
            serde_json::from_value(json!({ "url": "https://example.com/hooks" })).unwrap();
        let at = domain::timestamp::Timestamp::from_millis(0);
        let step = |does, watching| {
            let (rule, step) = (domain::id::RuleId::new(at, 1), "a1".to_owned());
            Purpose::Rule(domain::endpoint::purpose::RuleStep { rule, step, does, watching })
        };
        let forward = StepKind::Forward(EndpointId::new(at, 2));
        for (purpose, is_on) in [
            (Purpose::Subscriber, true),
            (step(StepKind::Deliver, false), true),
            (step(StepKind::Deliver, true), false),
            (step(StepKind::Emit, false), false),
            (step(StepKind::Invoke, false), false),
            (step(forward, false), false),
            (Purpose::Action, false),
        ] {
            for active in [true, false] {
                let settings = EndpointSettings { active, ..settings.clone() };
                let endpoint = Endpoint {
                    id: EndpointId::new(at, 1),
                    workspace_id: WorkspaceId::new(at, 1),
                    purpose: purpose.clone(),
                    url: settings.check(&AllowedTargets::public_only()).unwrap(),
                    settings: settings.clone(),
                    secrets: Vec::new(),
                    disabled: None,
                    revision: 1,
                    created_at: at,
                    updated_at: at,
                };
                let document = json!(Document::of(&endpoint, settings).unwrap());
                assert_eq!(document["settings"]["active"], json!(is_on && active), "{purpose:?}");
                assert_eq!(document.get("on").is_some(), active && !is_on, "{purpose:?}");
                let item = ItemWriter::new(&keys::endpoint(endpoint.key()), ENTITY);
                let item = item.json("document", &document).unwrap().build();
                let read = Document::read(&ItemReader::new(item, ENTITY)).unwrap();
                assert_eq!((read.settings.active, read.purpose), (active, purpose.clone()));
            }
        }
    }

    #[test]
    fn settings_that_came_later_are_stored_where_they_are_used() {
        let filter = json!({ "data.tier": { "$eq": "gold" } });
        let (_, stored) = shown_and_stored(
            json!({ "url": "https://example.com/hooks", "filter": filter, "delay_seconds": 60 }),
        );
        assert_eq!((&stored["filter"], &stored["delay_seconds"]), (&filter, &json!(60)));
    }
}

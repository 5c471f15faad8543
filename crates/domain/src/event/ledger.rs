//! Which endpoints get an event, and why do the others not get it?
//! The ledger, the recorded result of the fan-out: for every endpoint that existed when the event was accepted, its
//! delivery or the reason why it was skipped.
//!
//! Delivery ids are derived from event and endpoint ([`crate::id::DeliveryId::of`]), so the ledger takes 16 bytes per
//! endpoint.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::id::EndpointId;

/// Why an endpoint got no delivery of an event: it does not list the type (`type_not_subscribed`), it was switched off by
/// its owner or because of a 410 (`disabled`), it lists channels and the event names none of them (`channel`), it is
/// off for failing and 100,000 deliveries are parked for it already (`parked_full`), or it is a notification, and
/// notifications got an event of this type about the same endpoint within the hour before (`notified_lately`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The endpoint does not list the event's type.
    TypeNotSubscribed,
    /// The endpoint is switched off, by hand or because it answered 410.
    Disabled,
    /// The endpoint lists channels, and the event has none of them.
    Channel,
    /// The endpoint is switched off for failing, and as many deliveries are parked for it as may be.
    ParkedFull,
    /// The endpoint is a notification, and one of this type about the same endpoint was sent less than an hour ago.
    NotifiedLately,
    /// The event does not meet the endpoint's filter.
    Filter,
    /// The rule only watches: it would have fired.
    Watching,
    /// The rule led to the event itself, or three rules did.
    Loop,
    /// The step of a rule names an endpoint, whose delivery it is.
    Forwarded,
}

impl SkipReason {
    const ALL: [Self; 9] = [
        Self::TypeNotSubscribed,
        Self::Disabled,
        Self::Channel,
        Self::ParkedFull,
        Self::NotifiedLately,
        Self::Filter,
        Self::Watching,
        Self::Loop,
        Self::Forwarded,
    ];

    /// The letter that stands for the reason in the stored ledger.
    fn code(self) -> u8 {
        match self {
            Self::TypeNotSubscribed => b't',
            Self::Disabled => b'd',
            Self::Channel => b'c',
            Self::ParkedFull => b'f',
            Self::NotifiedLately => b'n',
            Self::Filter => b'l',
            Self::Watching => b'w',
            Self::Loop => b'o',
            Self::Forwarded => b'r',
        }
    }
}

/// Code of the group of endpoints that get a delivery.
const DELIVERED_CODE: u8 = b'+';
/// Bytes before each group: its code and the number of endpoints, big-endian.
const GROUP_HEADER_BYTES: usize = 5;
const ID_BYTES: usize = 16;

/// The result of the fan-out for every endpoint, in the order in which the endpoints were created.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The endpoints that get a delivery.
    pub deliveries: Vec<EndpointId>,
    /// The endpoints that get no delivery, with the reason.
    pub skipped: Vec<(EndpointId, SkipReason)>,
}

/// The error for stored bytes that are not a ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored ledger is damaged")]
pub struct DamagedLedger;

impl Ledger {
    /// The number of endpoints in the ledger.
    pub fn len(&self) -> usize {
        self.deliveries.len() + self.skipped.len()
    }

    /// Whether the workspace had no endpoint.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Skips for `reason` what would be delivered to `endpoints`.
    pub fn skip(&mut self, endpoints: &HashSet<EndpointId>, reason: SkipReason) {
        let skipped = self.deliveries.extract_if(.., |id| endpoints.contains(id));
        self.skipped.extend(skipped.map(|id| (id, reason)));
    }

    /// Leaves these endpoints out, as if they did not exist.
    pub fn leave_out(&mut self, hidden: &HashSet<EndpointId>) {
        self.deliveries.retain(|id| !hidden.contains(id));
        self.skipped.retain(|(id, _)| !hidden.contains(id));
    }

    /// Every endpoint in the order of the ledger, with the reason if it was skipped. The order never changes: further rows
    /// of a long ledger only add to its end.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (EndpointId, Option<SkipReason>)> + Clone {
        let deliveries = self.deliveries.iter().map(|id| (*id, None));
        deliveries.chain(self.skipped.iter().map(|(id, reason)| (*id, Some(*reason))))
    }

    /// What was recorded of an endpoint: `Some(None)` is a delivery, `Some(Some(_))` the reason why it was skipped.
    pub fn entry(&self, endpoint: EndpointId) -> Option<Option<SkipReason>> {
        self.entries().find(|(id, _)| *id == endpoint).map(|(_, reason)| reason)
    }

    /// The ledger cut into ledgers of at most `endpoints` each; at least one, even if it is empty.
    pub fn pages(&self, endpoints: usize) -> Vec<Self> {
        let mut pages = vec![Self::default()];
        for (id, reason) in self.entries() {
            if pages.last().is_some_and(|page| page.len() >= endpoints.max(1)) {
                pages.push(Self::default());
            }
            if let Some(page) = pages.last_mut() {
                match reason {
                    None => page.deliveries.push(id),
                    Some(reason) => page.skipped.push((id, reason)),
                }
            }
        }
        pages
    }

    /// Adds a page that was cut off by [`Ledger::pages`].
    pub fn append(&mut self, page: Self) {
        self.deliveries.extend(page.deliveries);
        self.skipped.extend(page.skipped);
    }

    /// The compact stored form: ids grouped by delivery or reason.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len() * ID_BYTES + 3 * GROUP_HEADER_BYTES);
        push_group(&mut bytes, DELIVERED_CODE, self.deliveries.iter().copied());
        for reason in SkipReason::ALL {
            let ids = self.skipped.iter().filter(|(_, why)| *why == reason).map(|(id, _)| *id);
            push_group(&mut bytes, reason.code(), ids);
        }
        bytes
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`DamagedLedger`] when a group is cut short or its code unknown.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, DamagedLedger> {
        let mut ledger = Self::default();
        while let Some((header, rest)) = bytes.split_first_chunk::<GROUP_HEADER_BYTES>() {
            let [code, count @ ..] = *header;
            let length = (u32::from_be_bytes(count) as usize).checked_mul(ID_BYTES).ok_or(DamagedLedger)?;
            let (group, rest) = rest.split_at_checked(length).ok_or(DamagedLedger)?;
            let (ids, _) = group.as_chunks::<ID_BYTES>();
            let ids = ids.iter().map(|id| EndpointId::from_bytes(*id));
            if code == DELIVERED_CODE {
                ledger.deliveries.extend(ids);
            } else {
                let reason =
                    SkipReason::ALL.into_iter().find(|reason| reason.code() == code).ok_or(DamagedLedger)?;
                ledger.skipped.extend(ids.map(|id| (id, reason)));
            }
            bytes = rest;
        }
        if bytes.is_empty() { Ok(ledger) } else { Err(DamagedLedger) }
    }
}

fn push_group(bytes: &mut Vec<u8>, code: u8, ids: impl Iterator<Item = EndpointId> + Clone) {
    let count = u32::try_from(ids.clone().count()).unwrap_or(u32::MAX);
    if count == 0 {
        return;
    }
    bytes.push(code);
    bytes.extend(count.to_be_bytes());
    ids.for_each(|id| bytes.extend(id.to_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_ledger() -> impl Strategy<Value = Ledger> {
        let ids = || proptest::collection::vec(any::<[u8; 16]>().prop_map(EndpointId::from_bytes), 0..20);
        // One group of endpoints for each reason.
        let skipped = SkipReason::ALL.map(|reason| {
            ids().prop_map(move |ids| ids.into_iter().map(move |id| (id, reason)).collect::<Vec<_>>())
        });
        (ids(), skipped).prop_map(|(deliveries, skipped)| Ledger { deliveries, skipped: skipped.concat() })
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_back(ledger in any_ledger()) {
            prop_assert_eq!(Ledger::from_bytes(&ledger.to_bytes()), Ok(ledger));
        }

        #[test]
        fn pages_put_together_are_the_ledger(ledger in any_ledger(), size in 0usize..7) {
            let pages = ledger.pages(size);
            prop_assert!(pages.iter().all(|page| page.len() <= size.max(1)));
            let mut whole = Ledger::default();
            pages.into_iter().for_each(|page| whole.append(page));
            prop_assert_eq!(whole, ledger);
        }

        #[test]
        fn what_is_appended_comes_after_all_that_was_there(ledger in any_ledger(), size in 1usize..9) {
            let mut pages = ledger.pages(size).into_iter();
            let mut whole = pages.next().unwrap();
            for page in pages {
                let before: Vec<_> = whole.entries().collect();
                whole.append(page);
                prop_assert_eq!(&whole.entries().collect::<Vec<_>>()[..before.len()], &before[..]);
            }
        }

        #[test]
        fn cut_bytes_are_damage_and_never_a_shorter_ledger(ledger in any_ledger(), cut in 1usize..16) {
            let bytes = ledger.to_bytes();
            prop_assume!(bytes.len() > cut);
            prop_assert_eq!(Ledger::from_bytes(&bytes[..bytes.len() - cut]), Err(DamagedLedger));
        }
    }
}

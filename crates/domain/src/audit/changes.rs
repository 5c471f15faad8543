//! What changed, from what to what?
//! A structural difference of two snapshots: of each only the members that differ, with secrets redacted.
//!
//! Both sides have the form of the thing itself, objects within objects, because people read them side by side. Objects
//! are compared member by member, everything else (lists, too) as a whole. A member that only one side has was added or
//! removed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::audit::snapshot::Snapshot;

/// The members of an object.
pub type Members = Map<String, Value>;

/// The most bytes of both sides: a page of 250 entries must fit into Lambda's answer of 6 MB, and no change may be refused
/// because its entry is too large for its row.
pub const MAX_BYTES: usize = 16 * 1_024;
/// The members that are still shown where both sides together would be larger.
const SMALL_BYTES: usize = 256;
/// What is shown in place of a larger member.
pub const TOO_LARGE: &str = "[too large]";

/// The changed members of a thing, before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// What the thing was called then; `None` where it has no name, and in entries of versions that did not keep it.
    #[serde(rename = "target_name", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As they were; `None` for something new.
    pub before: Option<Members>,
    /// As they are now; `None` for something deleted.
    pub after: Option<Members>,
}

impl Changes {
    /// Something new: all its members.
    pub fn created(thing: Snapshot) -> Self {
        Self { name: thing.name(), before: None, after: Some(thing.shown) }.bounded()
    }

    /// Something deleted: all its members.
    pub fn deleted(thing: Snapshot) -> Self {
        Self { name: thing.name(), before: Some(thing.shown), after: None }.bounded()
    }

    /// What differs; `None` if nothing does. A value that is hidden, and another now, differs.
    pub fn between(before: &Snapshot, after: &Snapshot) -> Option<Self> {
        let name = after.name();
        let (before, after) = differences(before.side(), after.side());
        let changed = !(before.is_empty() && after.is_empty());
        changed.then(|| Self { name, before: Some(before), after: Some(after) }.bounded())
    }

    /// An action that changes no setting: what was asked for.
    pub fn asked_for(members: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        Self { name: None, before: None, after: Some(members.collect()) }.bounded()
    }

    /// One member that changed.
    pub fn of_member(name: &str, before: Value, after: Value) -> Self {
        let only = |value| Some(Members::from_iter([(name.to_owned(), value)]));
        Self { name: None, before: only(before), after: only(after) }
    }

    /// The same of a thing with this name, if the name is not known.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: self.name.or_else(|| Some(name.to_owned())), ..self }
    }

    fn bounded(mut self) -> Self {
        let sides = || [&self.before, &self.after].into_iter().flatten();
        if sides().map(bytes_of_all).sum::<usize>() > MAX_BYTES {
            for side in [&mut self.before, &mut self.after].into_iter().flatten() {
                side.values_mut().filter(|value| bytes(value) > SMALL_BYTES).for_each(|value| {
                    *value = TOO_LARGE.into();
                });
            }
        }
        self
    }
}

/// A document as it is, and as it is shown: the same members, but for texts that are hidden.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) exact: &'a Members,
    pub(crate) shown: &'a Members,
}

/// The shown members that are not equal.
fn differences(before: Side<'_>, after: Side<'_>) -> (Members, Members) {
    let (mut old, mut new) = (Members::new(), Members::new());
    let added = after.exact.keys().filter(|name| !before.exact.contains_key(*name));
    for name in before.exact.keys().chain(added) {
        let (was, is) = (before.exact.get(name), after.exact.get(name));
        if was == is {
            continue;
        }
        if let (Some(was), Some(is)) = (before.object(name), after.object(name)) {
            let (was, is) = differences(was, is);
            old.insert(name.clone(), was.into());
            new.insert(name.clone(), is.into());
            continue;
        }
        old.extend(before.shown_member(name));
        new.extend(after.shown_member(name));
    }
    (old, new)
}

impl<'a> Side<'a> {
    /// The member `name`, if it is an object.
    fn object(self, name: &str) -> Option<Side<'a>> {
        let object = |members: &'a Members| members.get(name)?.as_object();
        Some(Side { exact: object(self.exact)?, shown: object(self.shown)? })
    }

    fn shown_member(self, name: &str) -> Option<(String, Value)> {
        Some((name.to_owned(), self.shown.get(name)?.clone()))
    }
}

fn bytes(value: &Value) -> usize {
    value.to_string().len()
}

fn bytes_of_all(members: &Members) -> usize {
    members.iter().map(|(name, value)| name.len() + bytes(value)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn members(value: Value) -> Members {
        value.as_object().unwrap().clone()
    }

    fn between(before: &Members, after: &Members) -> Option<Changes> {
        let open = |members: &Members| Snapshot { exact: members.clone(), shown: members.clone() };
        Changes::between(&open(before), &open(after))
    }

    /// Changes `document` from one side to the other.
    fn apply(document: &mut Members, from: &Members, to: &Members) {
        for name in from.keys().filter(|name| !to.contains_key(*name)) {
            document.remove(name);
        }
        for (name, value) in to {
            match (document.get_mut(name), from.get(name), value) {
                (Some(Value::Object(inner)), Some(Value::Object(from)), Value::Object(to)) => {
                    apply(inner, from, to);
                }
                _ => {
                    document.insert(name.clone(), value.clone());
                }
            }
        }
    }

    /// Few names and few values, so that documents have much in common.
    fn any_members() -> impl Strategy<Value = Members> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3u8).prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from),
            prop::collection::vec(0..2u8, 0..3).prop_map(Value::from),
        ];
        let value = leaf.prop_recursive(3, 24, 4, |inner| {
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect()))
        });
        prop::collection::btree_map("[a-d]", value, 0..5).prop_map(|members| members.into_iter().collect())
    }

    proptest! {
        #[test]
        fn the_changes_lead_from_before_to_after_and_back(before in any_members(), after in any_members()) {
            let Some(changes) = between(&before, &after) else {
                prop_assert_eq!(before, after);
                return Ok(());
            };
            prop_assert_ne!(&before, &after);
            let (old, new) = (changes.before.unwrap(), changes.after.unwrap());
            let (mut forth, mut back) = (before.clone(), after.clone());
            apply(&mut forth, &old, &new);
            apply(&mut back, &new, &old);
            prop_assert_eq!((forth, back), (after, before));
        }

        #[test]
        fn whatever_changes_both_sides_stay_small(
            long in prop::collection::btree_map("[a-z]{1,8}", "[a-z\u{1}]{0,600}", 0..60), short in any_members(),
        ) {
            let metadata: Members = long.into_iter().map(|(name, text)| (name, text.into())).collect();
            let large = members(json!({ "metadata": metadata, "a": 1 }));
            let written = |changes: Changes| serde_json::to_string(&changes).unwrap().len();
            for (before, after) in [(&large, &short), (&short, &large)] {
                if let Some(changes) = between(before, after) {
                    prop_assert!(written(changes) <= MAX_BYTES + 100);
                }
            }
        }
    }

    #[test]
    fn only_what_differs_is_shown() {
        let before =
            members(json!({ "a": 1, "b": [1, 2], "c": { "d": 1, "e": { "f": null } }, "g": "gone" }));
        let after = members(json!({ "a": 1, "b": [2], "c": { "d": 1, "e": { "f": 0 } }, "h": "new" }));
        let changes = between(&before, &after).unwrap();
        assert_eq!(
            serde_json::to_value(changes).unwrap(),
            json!({
                "before": { "b": [1, 2], "c": { "e": { "f": null } }, "g": "gone" },
                "after": { "b": [2], "c": { "e": { "f": 0 } }, "h": "new" },
            })
        );
    }

    #[test]
    fn a_change_of_a_hidden_value_alone_is_a_change() {
        let hidden = |value: &str| Snapshot {
            exact: members(json!({ "headers": { "X-Key": value, "X-Same": "1" } })),
            shown: members(json!({ "headers": { "X-Key": "[hidden]", "X-Same": "[hidden]" } })),
        };
        let changes = Changes::between(&hidden("one"), &hidden("two")).unwrap();
        let expected = Some(members(json!({ "headers": { "X-Key": "[hidden]" } })));
        assert_eq!((changes.before, changes.after), (expected.clone(), expected));
        assert_eq!(Changes::between(&hidden("one"), &hidden("one")), None);
    }

    #[test]
    fn a_large_member_gives_way_and_small_ones_stay() {
        let before = members(json!({ "metadata": { "a": "x".repeat(20_000) }, "timeout_seconds": 5 }));
        let after = members(json!({ "metadata": {}, "timeout_seconds": 6 }));
        let changes = between(&before, &after).unwrap();
        let expected = members(json!({ "metadata": TOO_LARGE, "timeout_seconds": 5 }));
        assert_eq!(changes.before, Some(expected));
        assert_eq!(changes.after.unwrap()["timeout_seconds"], 6);
    }
}

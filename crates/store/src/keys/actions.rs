//! Where do the rows of actions and invocations live?
//! The part of the key design that concerns actions; the table of all keys is in [`crate::keys`].

use domain::action::name::ActionName;
use domain::id::{InvocationId, WorkspaceId};

use super::{Day, Key, shard, workspace_partition};

/// Shards of a workspace's invocations of one day.
pub const INVOCATION_SHARDS: u8 = 4;
/// What the sort keys of a workspace's actions start with.
pub const ACTION_PREFIX: &str = "ACTION#";

/// An action's row, by its name: so no two actions of a workspace have the same.
pub fn action(workspace: WorkspaceId, name: &ActionName) -> Key {
    Key::new(workspace_partition(workspace), format!("{ACTION_PREFIX}{name}"))
}

/// An invocation's row.
pub fn invocation(workspace: WorkspaceId, invocation: InvocationId) -> Key {
    let shard = shard(invocation.to_bytes(), INVOCATION_SHARDS);
    Key::new(invocation_partition(workspace, Day::of(invocation.time()), shard), invocation.to_string())
}

/// The partition of a workspace's invocations of one day and shard.
pub fn invocation_partition(workspace: WorkspaceId, day: Day, shard: u8) -> String {
    format!("INVOCATIONS#{workspace}#{day}#{shard:02}")
}

/// Every partition that holds only invocations of one workspace.
pub(super) fn partitions_of_invocations(
    workspace: WorkspaceId,
    days: &[Day],
) -> impl Iterator<Item = String> {
    let all = days.iter().flat_map(|day| (0..INVOCATION_SHARDS).map(move |shard| (*day, shard)));
    all.map(move |(day, shard)| invocation_partition(workspace, day, shard))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::timestamp::Timestamp;

    #[test]
    fn keys_are_written_as_the_table_says() {
        let at = Timestamp::parse("2026-01-05T09:30:00Z").unwrap();
        let (ws, inv) = (WorkspaceId::new(at, 1), InvocationId::new(at, 0x21));
        let name = "refund_order".parse().unwrap();
        assert_eq!(action(ws, &name), Key::new(format!("WS#{ws}"), "ACTION#refund_order"));
        assert_eq!(invocation(ws, inv), Key::new(format!("INVOCATIONS#{ws}#2026-01-05#01"), inv.to_string()));
        let partitions: Vec<_> = super::super::partitions_of_workspace(ws, &[Day::of(at)]).collect();
        assert!(partitions.contains(&invocation(ws, inv).pk), "they are deleted with their workspace");
    }
}

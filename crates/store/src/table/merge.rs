//! How do pages of several partitions become one page?
//! A merge of sorted pages: it ends where the first of them ended, since beyond that its rows are not known.

use crate::Page;
use crate::table::listing::Order;

/// One page of `limit` rows at most, of pages of one listing that have no row in common.
pub(crate) fn merged<T, I: Copy + Ord>(
    read: Vec<Page<T, I>>,
    order: Order,
    limit: usize,
    id: impl Fn(&T) -> I,
) -> Page<T, I> {
    let is_newest_first = order == Order::NewestFirst;
    let ends = read.iter().filter_map(|page| page.next);
    let end = if is_newest_first { ends.max() } else { ends.min() };
    let is_known = |row: I| end.is_none_or(|end| if is_newest_first { row >= end } else { row <= end });
    let mut rows: Vec<_> =
        read.into_iter().flat_map(|page| page.rows).filter(|row| is_known(id(row))).collect();
    rows.sort_by_key(&id);
    if is_newest_first {
        rows.reverse();
    }
    if rows.len() <= limit {
        return Page { rows, next: end };
    }
    rows.truncate(limit);
    let next = rows.last().map(id);
    Page { rows, next }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A page that ends at `next`, after as many of `all` as were looked at.
    fn page(
        all: &[u32],
        order: Order,
        beyond: Option<u32>,
        looked_at: usize,
        is_kept: fn(u32) -> bool,
    ) -> Page<u32, u32> {
        let mut all = all.to_vec();
        all.sort_unstable();
        if order == Order::NewestFirst {
            all.reverse();
        }
        let is_after = |id: &u32| {
            beyond.is_none_or(|beyond| if order == Order::NewestFirst { *id < beyond } else { *id > beyond })
        };
        let all: Vec<_> = all.into_iter().filter(is_after).collect();
        let seen = &all[..looked_at.min(all.len())];
        let next = if seen.len() < all.len() { seen.last().copied() } else { None };
        Page { rows: seen.iter().copied().filter(|id| is_kept(*id)).collect(), next }
    }

    proptest! {
        #[test]
        fn pages_of_several_partitions_have_every_row_once_and_in_order(
            ids in prop::collection::btree_set(0_u32..500, 0..120), looked_at in 1_usize..9, limit in 1_usize..9, is_newest_first: bool,
        ) {
            // Rows that the filter does not keep make pages short that are not the last.
            let is_kept: fn(u32) -> bool = |id| id % 3 != 0;
            let order = if is_newest_first { Order::NewestFirst } else { Order::OldestFirst };
            let partitions: Vec<Vec<u32>> =
                (0..3).map(|n| ids.iter().copied().filter(|id| id / 7 % 3 == n).collect()).collect();
            let (mut listed, mut beyond) = (Vec::new(), None);
            loop {
                let read = partitions.iter().map(|all| page(all, order, beyond, looked_at, is_kept)).collect();
                let merged = merged(read, order, limit, |id| *id);
                prop_assert!(merged.rows.len() <= limit);
                listed.extend(merged.rows);
                match merged.next {
                    Some(next) => beyond = Some(next),
                    None => break,
                }
            }
            let mut expected: Vec<_> = ids.into_iter().filter(|id| is_kept(*id)).collect();
            if is_newest_first {
                expected.reverse();
            }
            prop_assert_eq!(listed, expected);
        }
    }
}

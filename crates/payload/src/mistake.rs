//! What is wrong with a filter or a template?
//! A mistake: where it stands, and what to write instead.

/// A mistake in a filter or a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands: a JSON pointer (RFC 6901) into the filter or template; empty for the whole of it.
    pub pointer: String,
    /// What is wrong and what to write instead: a part of a sentence that begins with a verb, such as "must be …".
    pub detail: String,
}

/// The pointer to a member or an element of what `pointer` leads to.
pub(crate) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The word among `known` that is meant by a misspelled one: at most two characters are others, and most are not.
pub(crate) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let close = known.into_iter().map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate));
    let (distance, candidate) = close.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2 && distance < candidate.len().div_ceil(2)).then_some(candidate)
}

/// How many characters must be put in, left out or changed (Levenshtein). Words whose lengths differ by more than eight are
/// infinitely far from each other.
pub fn distance(one: &str, other: &str) -> usize {
    if one.len().abs_diff(other.len()) > 8 {
        return usize::MAX;
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, character) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = place + 1;
        for (column, candidate) in other.iter().enumerate() {
            let changed = diagonal + usize::from(character != *candidate);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_misspelled_word_is_recognised_and_a_strange_one_is_not() {
        let known = ["$eq", "$ne", "$exists", "$startsWith"];
        assert_eq!(meant("$neq", known), Some("$eq"));
        assert_eq!(meant("$exist", known), Some("$exists"));
        assert_eq!(meant("$startswith", known), Some("$startsWith"));
        assert_eq!(meant("$where", known), None);
        assert_eq!(meant("", known), None);
    }

    proptest! {
        #[test]
        fn a_distance_is_one(a in "[a-c.]{0,8}", b in "[a-c.]{0,8}", c in "[a-c.]{0,8}") {
            let d = distance;
            prop_assert_eq!(d(&a, &b), d(&b, &a));
            prop_assert_eq!(d(&a, &b) == 0, a == b);
            prop_assert!(d(&a, &c) <= d(&a, &b) + d(&b, &c));
        }
    }
}

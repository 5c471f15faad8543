//! Which known event types may the producer of an unknown one have meant?
//! The nearest names by edit distance (Levenshtein), few and near ones only.

use payload::distance;

use crate::event::event_type::EventType;

/// Most names that are suggested.
const MOST: usize = 3;

/// The names of `known` that are near `name`, nearest first, at most three.
pub fn near<'a>(name: &EventType, known: impl IntoIterator<Item = &'a EventType>) -> Vec<&'a EventType> {
    let text = name.as_str().to_ascii_lowercase();
    // A third of a name may be wrong; of a long one, not more than six characters.
    let reach = (text.len() / 3).clamp(1, 6);
    let mut found: Vec<_> = known
        .into_iter()
        .filter(|known| known.as_str().len().abs_diff(text.len()) <= reach)
        .map(|known| (distance(&text, &known.as_str().to_ascii_lowercase()), known))
        .filter(|(distance, _)| *distance <= reach)
        .collect();
    found.sort_unstable();
    found.into_iter().take(MOST).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_nearest_first() {
        let known = ["invoice.paid", "invoice.payed", "invoice.void", "ticket.created"]
            .map(|text| EventType::parse(text).unwrap());
        let suggested = |text: &str| {
            let name = EventType::parse(text).unwrap();
            near(&name, &known).into_iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(suggested("invoice.pay"), ["invoice.paid", "invoice.payed"]);
        assert_eq!(suggested("Invoice.Paid")[0], "invoice.paid");
        assert_eq!(suggested("tickets.created"), ["ticket.created"]);
        assert_eq!(suggested("order.shipped"), [""; 0]);
    }
}

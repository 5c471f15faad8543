//! Does a rule feed itself?
//! A search for a cycle in the graph from emitted types to the rules that look at them.
//!
//! Filters and channels are not asked: whether a condition ever holds cannot be known, and a rule that is off or only watches
//! may be switched on later. What comes about in spite of it ends at run time, at the same rule or at the third one
//! ([`crate::event::cause`]).

use std::collections::{HashSet, VecDeque};

use crate::event::event_type::{EventType, wants};
use crate::id::RuleId;
use crate::problem::Problem;
use crate::rule::RuleSettings;

/// A rule as the graph has it.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// The rule.
    pub id: RuleId,
    /// Its settings.
    pub settings: &'a RuleSettings,
}

impl<'a> Node<'a> {
    /// The types that it emits, each with the place of its step.
    fn emits(self) -> impl Iterator<Item = (usize, &'a EventType)> {
        let steps = self.settings.then.iter().enumerate();
        steps.filter_map(|(place, step)| Some((place, step.event_type.as_ref()?)))
    }

    fn looks_at(self, event_type: &EventType) -> bool {
        wants(&self.settings.when.events, event_type)
    }
}

/// Refuses a rule that would feed itself, alone or through `others`; the shortest way is named.
///
/// # Errors
/// [`Problem::Invalid`] with a pointer to the type that is emitted first.
pub fn check(rule: Node<'_>, others: &[Node<'_>]) -> Result<(), Problem> {
    let Some((place, way)) = shortest(rule, others) else { return Ok(()) };
    let mut told = String::from("makes a loop: this rule emits it");
    for (name, emitted) in &way {
        told.push_str(&format!(", on which the rule \"{name}\" emits {emitted}"));
    }
    told.push_str(
        ", on which this rule fires again; emit a type that `when` does not list, or list other types there",
    );
    Err(Problem::invalid(format!("/then/{place}/type"), told))
}

/// The shortest way from `rule` back to itself: the place of its first step, and each further rule with what it emits.
fn shortest<'a>(rule: Node<'a>, others: &[Node<'a>]) -> Option<(usize, Vec<(&'a str, &'a EventType)>)> {
    let others: Vec<Node<'_>> = others.iter().copied().filter(|other| other.id != rule.id).collect();
    // A type that was emitted, and the way there; breadth first.
    let mut waiting: VecDeque<(&EventType, usize, Vec<(&str, &EventType)>)> =
        rule.emits().map(|(place, emitted)| (emitted, place, Vec::new())).collect();
    let mut seen: HashSet<&EventType> = HashSet::new();
    while let Some((emitted, place, way)) = waiting.pop_front() {
        if !seen.insert(emitted) {
            continue;
        }
        if rule.looks_at(emitted) {
            return Some((place, way));
        }
        for other in others.iter().filter(|other| other.looks_at(emitted)) {
            for (_, next) in other.emits() {
                let mut longer = way.clone();
                longer.push((other.settings.name.as_str(), next));
                waiting.push_back((next, place, longer));
            }
        }
    }
    None
}

//! Which parts of a changed rule are checked anew?
//! Authorization and validation of a change: whoever can only make a rule do less needs no leave for what it does, and what
//! was saved once is not held against what is around it again.

use crate::rule::step::{Does, Step};
use crate::rule::{Mode, RuleSettings};

impl RuleSettings {
    /// Whether its steps are done.
    fn acts(&self) -> bool {
        self.active && self.mode == Mode::Live
    }

    /// Whether it invokes nothing that it did not invoke as it was `before`: the same actions, with the same parameters, for the
    /// same events, or for none.
    pub fn invokes_no_more_than(&self, before: &Self) -> bool {
        let same_events = self.when == before.when && self.filter == before.filter;
        let invoking = self.then.iter().filter(|step| step.does == Does::Invoke);
        same_events
            && (before.acts() || !self.acts())
            && invoking.into_iter().all(|step| before.then.iter().any(|old| step.is_as(old)))
    }

    /// Whether `step`, one of its own, is held against what is stored: a new or changed one, and every one that begins to be
    /// done. An old one is not, because its target may be deleted or its type have a newer example, and a rule must be able to
    /// be switched off, or to get another name, all the same.
    pub fn has_anew(&self, step: &Step, before: &Self) -> bool {
        let begins = self.acts() && !before.acts();
        let same_types = self.when.events == before.when.events;
        begins || !same_types || !before.then.iter().any(|old| step.is_as(old))
    }
}

impl Step {
    /// Whether it is `old`, unchanged. What a request says of the endpoint that Posthorn made is passed over.
    pub fn is_as(&self, old: &Self) -> bool {
        let said = |step: &Self| Self { endpoint_id: step.forwards_to(), ..step.clone() };
        said(self) == said(old)
    }
}

//! What does a change of a rule do to its endpoints?
//! The difference between the steps before and after: a step that goes on keeps its endpoint, with its id, secrets and state.

use std::collections::{BTreeMap, HashMap};

use domain::access::actor::Actor;
use domain::endpoint::purpose::Purpose;
use domain::endpoint::{Disabled, DisabledReason, Endpoint};
use domain::id::{EndpointId, EndpointKey};
use domain::rule::Rule;
use domain::rule::compile::CompiledStep;
use domain::signing::profile::Profile;
use domain::signing::secret::{ActiveSecret, Secret};
use domain::timestamp::Timestamp;
use store::rows::rules::EndpointChanges;

use crate::manage::management::Management;

/// What is written with a rule, and what follows.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The changes of endpoints.
    pub(super) changes: EndpointChanges,
    /// The endpoint of each step, in the order of the steps.
    pub(super) endpoints: Vec<EndpointId>,
    /// The secrets that were made, by the steps' ids.
    pub(super) secrets: BTreeMap<String, Secret>,
    /// The endpoints whose failures are forgotten, and whose parked deliveries are sent.
    pub(super) resumed: Vec<EndpointKey>,
}

/// Who changes a rule, and how.
#[derive(Debug)]
pub(super) struct Occasion<'a> {
    pub(super) management: &'a Management,
    pub(super) by: Actor,
    pub(super) now: Timestamp,
    /// Whether the rule was switched on explicitly.
    pub(super) resume: bool,
}

impl Plan {
    /// The plan of a rule that becomes `rule`, compiled to `compiled`; `before` is the rule as it is, with its endpoints.
    pub(super) fn of(
        occasion: &Occasion<'_>,
        before: Option<(&Rule, &HashMap<EndpointId, Endpoint>)>,
        rule: &Rule,
        compiled: Vec<CompiledStep>,
    ) -> Self {
        let mut plan = Self::default();
        let old_endpoint = |place: usize| {
            let (old, endpoints) = before?;
            let step = rule.settings.then.get(place)?;
            let (_, id) = old.steps().find(|(old, _)| step.continues(old))?;
            endpoints.get(&id)
        };
        for (place, step) in compiled.into_iter().enumerate() {
            match old_endpoint(place) {
                None => plan.create(occasion, rule, step),
                Some(old) => plan.go_on(occasion, old, step),
            }
        }
        let gone = before.into_iter().flat_map(|(old, endpoints)| {
            let ids = old.endpoints.iter().filter(|id| !plan.endpoints.contains(id));
            ids.filter_map(|id| endpoints.get(id)).collect::<Vec<_>>()
        });
        plan.changes.deleted = gone.map(|old| (old.deleted(occasion.now), old.revision)).collect();
        plan
    }

    fn create(&mut self, occasion: &Occasion<'_>, rule: &Rule, compiled: CompiledStep) {
        let Occasion { management, now, .. } = *occasion;
        let CompiledStep { step, settings, url } = compiled;
        let secret = management.new_secret(settings.signature.profile);
        let shown = settings.signature.profile != Profile::None && secret.shown_to_customer().is_some();
        if shown {
            self.secrets.insert(step.step.clone(), secret.clone());
        }
        let endpoint = Endpoint {
            id: EndpointId::new(now, management.context.randomness.id()),
            workspace_id: rule.workspace_id,
            purpose: Purpose::Rule(step),
            disabled: (!settings.active).then(|| occasion.by_hand()),
            settings,
            url,
            secrets: vec![ActiveSecret { secret, expires_at: None }],
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        self.endpoints.push(endpoint.id);
        self.changes.created.push(endpoint);
    }

    fn go_on(&mut self, occasion: &Occasion<'_>, old: &Endpoint, compiled: CompiledStep) {
        let CompiledStep { step, mut settings, url } = compiled;
        let moved = settings.url != old.settings.url;
        let was_off = matches!(old.disabled_reason(), Some(DisabledReason::Failing | DisabledReason::Gone));
        // What Posthorn switched off stays off, unless the rule is switched on, or sends elsewhere.
        if settings.active && !old.settings.active && was_off && !moved && !occasion.resume {
            settings.active = false;
        }
        let profile = settings.signature.profile;
        let mut endpoint = Endpoint { purpose: Purpose::Rule(step), settings, url, ..old.clone() };
        if !endpoint.secrets.first().is_some_and(|active| active.secret.fits(profile)) {
            let secret = occasion.management.new_secret(profile);
            if profile != Profile::None
                && secret.shown_to_customer().is_some()
                && let Purpose::Rule(step) = &endpoint.purpose
            {
                self.secrets.insert(step.step.clone(), secret.clone());
            }
            endpoint.secrets = vec![ActiveSecret { secret, expires_at: None }];
        }
        match (old.settings.active, endpoint.settings.active) {
            (_, true) => endpoint.disabled = None,
            (true, false) => endpoint.disabled = Some(occasion.by_hand()),
            (false, false) => {}
        }
        if endpoint.settings.active && (occasion.resume || moved || !old.settings.active) {
            self.resumed.push(endpoint.key());
        }
        self.endpoints.push(endpoint.id);
        if endpoint != *old {
            endpoint.revision += 1;
            endpoint.updated_at = occasion.now;
            self.changes.changed.push(endpoint);
        }
    }
}

impl Occasion<'_> {
    /// How an endpoint is off whose rule was switched off.
    fn by_hand(&self) -> Disabled {
        Disabled { reason: DisabledReason::Manual, at: Some(self.now), by: Some(self.by.clone()) }
    }
}

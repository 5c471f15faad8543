//! Which endpoints does a rule become?
//! Compilation: each step is one endpoint with the rule's types, channels and filter, so that fan-out, retries, circuit,
//! limits, replays and logs are those of any endpoint.
//!
//! A step that posts nothing by itself has no customer's URL, but one of Posthorn's own scheme
//! ([`EndpointUrl::of_step`](crate::endpoint::endpoint_url::EndpointUrl::of_step)), which no HTTP request can go to.

use crate::endpoint::EndpointSettings;
use crate::endpoint::address::AllowedTargets;
use crate::endpoint::defaults::EndpointDefaults;
use crate::endpoint::endpoint_url::{EndpointUrl, StepUrl};
use crate::endpoint::purpose::{RuleStep, StepKind};
use crate::id::RuleId;
use crate::metadata::Metadata;
use crate::policy::outcome::{OutcomeRules, StatusPattern};
use crate::problem::{FieldError, Invalid, Problem};
use crate::rule::step::{Does, Step};
use crate::rule::{Mode, RuleSettings};
use crate::signing::profile::{Profile, SignatureSettings};

/// What Posthorn itself answers to a step that can never succeed: it is not tried again.
const REFUSED: StatusPattern = StatusPattern::Class(4);

/// The endpoint of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledStep {
    /// The step.
    pub step: RuleStep,
    /// The endpoint's settings.
    pub settings: EndpointSettings,
    /// Its URL, checked.
    pub url: EndpointUrl,
}

impl Step {
    /// The step with the default settings of its workspace. They are copied when it is made, as those of an endpoint are.
    #[must_use]
    pub fn with_defaults(mut self, defaults: &EndpointDefaults) -> Self {
        if self.url.is_some() {
            self.retry = self.retry.or_else(|| defaults.retry.clone());
            self.timeout_seconds = self.timeout_seconds.or(defaults.timeout_seconds);
            self.disable = self.disable.or(defaults.disable);
            self.signature = self.signature.or(defaults.signature);
        }
        self
    }

    fn kind(&self) -> StepKind {
        match (self.does, self.forwards_to()) {
            (Does::Deliver, Some(endpoint)) => StepKind::Forward(endpoint),
            (Does::Deliver, None) => StepKind::Deliver,
            (Does::Emit, _) => StepKind::Emit,
            (Does::Invoke, _) => StepKind::Invoke,
        }
    }

    /// The URL of a step that posts nothing by itself.
    fn own_url(&self) -> Option<StepUrl> {
        match (self.does, self.forwards_to()) {
            (Does::Deliver, to) => to.map(StepUrl::Forward),
            (Does::Emit, _) => self.event_type.clone().map(StepUrl::Emit),
            (Does::Invoke, _) => self.action.clone().map(StepUrl::Invoke),
        }
    }
}

impl RuleSettings {
    /// The endpoint of each step, in the order of the steps.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer into the rule for each setting that an endpoint cannot have.
    pub fn compile(&self, rule: RuleId, allowed: &AllowedTargets) -> Result<Vec<CompiledStep>, Problem> {
        let (mut compiled, mut errors) = (Vec::with_capacity(self.then.len()), Vec::new());
        for (place, step) in self.then.iter().enumerate() {
            let settings = self.settings_of(step).completed();
            let own = step.own_url().and_then(|own| EndpointUrl::of_step(&own));
            let url = match (settings.check(allowed), own) {
                (Ok(url), None) => Some(url),
                (Ok(_), own @ Some(_)) => own,
                (Err(problem), own) => {
                    let found = problem.errors().into_iter();
                    let found = found.filter(|error| own.is_none() || error.pointer != "/url");
                    let before = errors.len();
                    errors.extend(found.map(|error| into_rule(step, place, error)));
                    own.filter(|_| errors.len() == before)
                }
            };
            if let Some(url) = url {
                let (step, watching) = (step, self.mode == Mode::Watch);
                let step = RuleStep { rule, step: step.id.clone(), does: step.kind(), watching };
                compiled.push(CompiledStep { step, settings, url });
            }
        }
        let mut invalid = Invalid::new();
        let mut told: Vec<FieldError> = Vec::new();
        for error in errors {
            // What is wrong with `when` is said once, not once a step.
            if !told.contains(&error) {
                invalid.push(error.pointer.clone(), error.detail.clone());
                told.push(error);
            }
        }
        invalid.into_result()?;
        Ok(compiled)
    }

    fn settings_of(&self, step: &Step) -> EndpointSettings {
        let own = step.own_url();
        let unsigned = SignatureSettings { profile: Profile::None };
        let ours = OutcomeRules { permanent: vec![REFUSED], ..OutcomeRules::default() };
        let body = match own {
            Some(_) => crate::endpoint::BodyForm::Data,
            None => step.preset.unwrap_or_default().body(),
        };
        EndpointSettings {
            url: own.as_ref().map(ToString::to_string).or_else(|| step.url.clone()).unwrap_or_default(),
            events: self.when.events.clone(),
            channels: self.when.channels.clone(),
            active: self.active,
            description: self.name.clone(),
            headers: step.headers.clone(),
            header_prefix: step.header_prefix.clone().unwrap_or_else(crate::endpoint::default_header_prefix),
            signature: match own {
                Some(_) => unsigned,
                None => step.signature.unwrap_or_default(),
            },
            filter: self.filter.clone(),
            body,
            template: step.own_template().cloned(),
            delay_seconds: step.delay_seconds,
            method: step.method.unwrap_or_default(),
            timeout_seconds: step.timeout_seconds.unwrap_or_else(crate::endpoint::default_timeout_seconds),
            retry: step.retry.clone().unwrap_or_default(),
            outcomes: match own {
                Some(_) => ours,
                None => step.outcomes.clone().unwrap_or_default(),
            },
            disable: step.disable.unwrap_or_default(),
            rate_limit: step.rate_limit,
            max_concurrency: step.max_concurrency,
            uid: None,
            metadata: Metadata::new(),
        }
    }
}

/// An error of the settings of a step's endpoint, with the pointer to where the rule says it; `place` is the step's.
pub fn into_rule(step: &Step, place: usize, error: FieldError) -> FieldError {
    let FieldError { pointer, detail } = error;
    let path = pointer.strip_prefix('/').unwrap_or_default();
    let (member, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    let pointer = match member {
        "events" | "channels" => format!("/when/{member}{rest}"),
        "filter" => format!("/if{rest}"),
        "template" => format!("/then/{place}/{}{rest}", step.template_member()),
        "body" => format!("/then/{place}/preset{rest}"),
        "active" => "/active".to_owned(),
        _ => format!("/then/{place}/{member}{rest}"),
    };
    FieldError { pointer, detail }
}

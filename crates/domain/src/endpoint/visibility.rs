//! Who may know that an endpoint exists?
//! Visibility: a customer in the portal does not see the workspace's own endpoints, and so nothing that was sent to them.

use crate::access::api_key::{ApiKey, Scope};
use crate::endpoint::deleted::DeletedEndpoint;
use crate::endpoint::purpose::Purpose;
use crate::endpoint::subscription::Subscription;
use crate::endpoint::{Endpoint, EndpointSettings};

impl Endpoint {
    /// Whether `caller` may know it.
    pub fn is_seen_by(&self, caller: &ApiKey) -> bool {
        is_seen(caller, &self.purpose, &self.settings)
    }
}

impl Subscription {
    /// Whether `caller` may know its endpoint.
    pub fn is_seen_by(&self, caller: &ApiKey) -> bool {
        sees(caller, self.is_notification, self.purpose.rule_step().is_some())
    }
}

impl DeletedEndpoint {
    /// Whether `caller` may know that there was such an endpoint.
    pub fn is_seen_by(&self, caller: &ApiKey) -> bool {
        sees(caller, self.is_notification, self.rule_id.is_some())
    }
}

/// Whether `caller` may know an endpoint for this purpose with these settings.
pub fn is_seen(caller: &ApiKey, purpose: &Purpose, settings: &EndpointSettings) -> bool {
    sees(caller, settings.is_notification(), purpose.rule_step().is_some())
}

/// The workspace's own are its notifications and, for who may not read rules, the steps of rules.
fn sees(caller: &ApiKey, is_notification: bool, is_rule_step: bool) -> bool {
    let is_own = is_notification || (is_rule_step && caller.require(Scope::RulesRead).is_err());
    !(is_own && caller.is_portal_link())
}

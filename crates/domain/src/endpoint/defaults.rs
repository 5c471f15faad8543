//! Which settings has an endpoint for which its maker named none?
//! Default settings: those of the workspace, else those of the installation, else Posthorn's.
//!
//! They are copied into the endpoint when it is made, so an endpoint shows what it has, and a later change of the
//! defaults does not change it (docs/adr/0025-uids-and-copied-defaults.md).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::endpoint::BodyForm;
use crate::endpoint::bounds::{check_disable, check_timeout};
use crate::json_object::{only_object, only_object_or_null};
use crate::policy::circuit::DisablePolicy;
use crate::policy::retry::RetryPolicy;
use crate::problem::Invalid;
use crate::signing::profile::{Profile, SignatureSettings};

/// Settings for endpoints that are created without them. Each is used whole, or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EndpointDefaults {
    /// When a failed delivery is tried again.
    #[serde(default, deserialize_with = "only_object_or_null", skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryPolicy>,
    /// The timeout of one attempt in seconds, 1 to 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 30))]
    pub timeout_seconds: Option<u64>,
    /// When an endpoint is switched off for failing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable: Option<DisablePolicy>,
    /// How deliveries are signed.
    #[serde(default, deserialize_with = "only_object_or_null", skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureSettings>,
    /// The form of a delivery's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyForm>,
}

/// The error for defaults of the installation that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the default settings of endpoints cannot be used: {0}")]
pub struct BadDefaults(String);

impl EndpointDefaults {
    /// The defaults of an installation, which stand in its configuration as a JSON object.
    ///
    /// # Errors
    /// [`BadDefaults`] says what is wrong.
    pub fn of_installation(json: &str) -> Result<Self, BadDefaults> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let defaults = only_object::<_, Self>(&mut reader).and_then(|read| reader.end().map(|()| read));
        let defaults = defaults.map_err(|error| BadDefaults(error.to_string()))?;
        let mut invalid = Invalid::new();
        defaults.check("", false, &mut invalid);
        invalid.into_result().map_err(|problem| BadDefaults(problem.to_string()))?;
        Ok(defaults)
    }

    /// Checks every bound, as an endpoint's own settings are checked; `within` is the pointer to the defaults.
    pub(crate) fn check(&self, within: &str, allow_unsigned: bool, invalid: &mut Invalid) {
        if let Some(seconds) = self.timeout_seconds {
            check_timeout(seconds, within, invalid);
        }
        if let Some(policy) = self.disable {
            check_disable(policy, within, invalid);
        }
        let pointer = format!("{within}/body");
        let fits_any_url = self.body.is_none_or(|body| !body.is_message());
        invalid.require(
            fits_any_url,
            &pointer,
            "must be `envelope` or `data`: a notification is one by itself",
        );
        let unsigned = self.signature.is_some_and(|signature| signature.profile == Profile::None);
        let pointer = format!("{within}/signature/profile");
        invalid.require(
            allow_unsigned || !unsigned,
            &pointer,
            "`none` is not allowed without `allow_unsigned`",
        );
    }

    /// These defaults, and those of `others` for settings that they do not have.
    #[must_use]
    pub fn or(&self, others: &Self) -> Self {
        Self {
            retry: self.retry.clone().or_else(|| others.retry.clone()),
            timeout_seconds: self.timeout_seconds.or(others.timeout_seconds),
            disable: self.disable.or(others.disable),
            signature: self.signature.or(others.signature),
            body: self.body.or(others.body),
        }
    }

    /// Adds each default to the settings of an endpoint that do not have the member.
    pub fn add_to(&self, settings: &mut Map<String, Value>) {
        let Ok(Value::Object(defaults)) = serde_json::to_value(self) else { return };
        for (name, default) in defaults {
            settings.entry(name).or_insert(default);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::EndpointSettings;
    use serde_json::json;

    fn defaults(json: Value) -> EndpointDefaults {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_setting_comes_of_the_request_then_the_workspace_then_the_installation() {
        let workspace = defaults(json!({ "timeout_seconds": 20, "retry": { "schedule_seconds": [1] } }));
        let installation = defaults(json!({ "timeout_seconds": 25, "body": "data", "disable": "strict-5" }));
        let mut settings = Map::new();
        settings.insert("url".to_owned(), "https://example.com".into());
        settings.insert("disable".to_owned(), "strict-10".into());
        workspace.or(&installation).add_to(&mut settings);
        let settings: EndpointSettings = serde_json::from_value(settings.into()).unwrap();
        assert_eq!((settings.timeout_seconds, settings.body), (20, BodyForm::Data));
        assert_eq!(Some(settings.retry), workspace.retry);
        assert_eq!(settings.disable.consecutive_failures, 10);
        assert_eq!(settings.signature, SignatureSettings::default());
    }

    #[test]
    fn what_is_written_is_read_back_and_what_is_none_is_not_written() {
        for json in [
            json!({}),
            json!({ "retry": { "preset": "three-tries" }, "signature": { "profile": "covered" } }),
        ] {
            assert_eq!(serde_json::to_value(defaults(json.clone())).unwrap(), json);
        }
        let nulls = json!({ "retry": null, "timeout_seconds": null, "disable": null, "signature": null, "body": null });
        assert_eq!(defaults(nulls), EndpointDefaults::default());
    }

    #[test]
    fn the_installations_defaults_are_refused_with_a_text_that_says_why() {
        let good = r#"{"timeout_seconds":15,"retry":{"preset":"24h-exponential"}}"#;
        assert_eq!(EndpointDefaults::of_installation(good).unwrap().timeout_seconds, Some(15));
        for (bad, why) in [
            ("fifteen", "expected"),
            ("[]", "an object"),
            ("{} {}", "trailing"),
            (r#"{"timeout":1}"#, "unknown field `timeout`"),
            (r#"{"timeout_seconds":31}"#, "/timeout_seconds: must be 1 to 30"),
            (r#"{"disable":{"window_seconds":999999999}}"#, "/disable/window_seconds: must be 0 to 604800"),
            (r#"{"retry":{"schedule_seconds":[0]}}"#, "schedule_seconds"),
            (r#"{"retry":[]}"#, "an object"),
            (r#"{"body":"slack"}"#, "/body: must be `envelope` or `data`"),
            (r#"{"signature":{"profile":"none"}}"#, "/signature/profile: `none` is not allowed"),
        ] {
            let error = EndpointDefaults::of_installation(bad).unwrap_err().to_string();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }
}

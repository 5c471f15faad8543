//! What does each function need from its environment?
//! A reader of variables that notes each name it is asked for: what a function needs is what it reads, and every missing
//! variable is named at once.

use tracing::level_filters::LevelFilter;
use usecases::Clock;

use crate::metrics::Metrics;

/// The name of the table.
pub const TABLE: &str = "POSTHORN_TABLE";
/// URL of the queue of delivery jobs.
pub const QUEUE_URL: &str = "POSTHORN_QUEUE_URL";
/// URL of the dead-letter queue.
pub const DEAD_LETTER_QUEUE_URL: &str = "POSTHORN_DEAD_LETTER_QUEUE_URL";

/// URL of the queue of tasks.
pub const TASKS_QUEUE_URL: &str = "POSTHORN_TASKS_QUEUE_URL";
/// The KMS key that wraps the data key of secrets.
pub const KMS_KEY_ID: &str = "POSTHORN_KMS_KEY_ID";
/// Without KMS: a file with a key of 32 bytes in base64. It takes precedence over [`KMS_KEY_ID`].
pub const DATA_KEY_FILE: &str = "POSTHORN_DATA_KEY_FILE";

/// The installation's default settings of endpoints, a JSON object.
pub const ENDPOINT_DEFAULTS: &str = "POSTHORN_ENDPOINT_DEFAULTS";

/// The address of the API as providers of incoming webhooks call it: `https://` and a host, without a path. Several of
/// them sign the URL that they call.
pub const PUBLIC_URL: &str = "POSTHORN_PUBLIC_URL";

/// CloudWatch namespace of the metrics. Without it no metrics are written.
pub const METRICS_NAMESPACE: &str = "POSTHORN_METRICS_NAMESPACE";
/// The variables of OpenTelemetry for the OTLP endpoint: either turns traces on. Its library reads them, and those of
/// headers, service and sampler; see <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.
pub const TRACES_ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
/// The log level, in the form of Lambda's setting: `TRACE` to `ERROR`, or `FATAL`.
const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
const LOCAL_LOG_FILTER: &str = "RUST_LOG";
/// How many invocations Lambda sends to one process at once, if more than one.
const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
/// ARN of the SNS topic for operational events. Without it they are not published.
pub const OPERATIONAL_TOPIC: &str = "POSTHORN_OPERATIONAL_TOPIC_ARN";

/// The address that e-mail notifications are sent from, verified in SES. Without it there are none.
pub const MAIL_FROM: &str = "POSTHORN_MAIL_FROM";

/// Required variables are missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment lacks {}", .0.join(", "))]
pub struct ConfigError(pub Vec<&'static str>);

/// Reads variables, and notes which it was asked for and which were missing. An empty one is missing.
pub struct Variables<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    asked: Vec<&'static str>,
    missing: Vec<&'static str>,
}

/// Reads a configuration from the environment: once, when the function starts.
///
/// # Errors
/// [`ConfigError`] names every missing variable.
pub fn from_environment<T>(read: impl FnOnce(&mut Variables<'_>) -> T) -> Result<T, ConfigError> {
    from(&variable, read)
}

/// The variables that a configuration reads, for tests of the template.
pub fn names_read_by<T>(read: impl FnOnce(&mut Variables<'_>) -> T) -> Vec<&'static str> {
    let mut variables = Variables::new(&|_| None);
    read(&mut variables);
    variables.asked
}

fn from<T>(
    lookup: &dyn Fn(&str) -> Option<String>,
    read: impl FnOnce(&mut Variables<'_>) -> T,
) -> Result<T, ConfigError> {
    let mut variables = Variables::new(lookup);
    let config = read(&mut variables);
    if variables.missing.is_empty() { Ok(config) } else { Err(ConfigError(variables.missing)) }
}

impl<'a> Variables<'a> {
    fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, asked: Vec::new(), missing: Vec::new() }
    }

    /// A required variable. If it is missing, the whole configuration is refused.
    pub fn required(&mut self, name: &'static str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.missing.push(name);
            String::new()
        })
    }

    /// An optional variable: it may be missing or empty.
    pub fn optional(&mut self, name: &'static str) -> Option<String> {
        self.asked.push(name);
        self.look_up(name)
    }

    /// A variable that no deployment sets: it stands in for another on a laptop.
    fn stand_in(&self, name: &'static str) -> Option<String> {
        self.look_up(name)
    }

    fn look_up(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }
}

/// The configuration of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The name of the table.
    pub name: String,
}

impl Table {
    /// Reads [`TABLE`].
    pub fn read(variables: &mut Variables<'_>) -> Self {
        Self { name: variables.required(TABLE) }
    }
}

/// The queues that a function sends to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queues {
    /// URL of the queue of delivery jobs.
    pub jobs: Option<String>,
    /// URL of the dead-letter queue.
    pub dead_letters: Option<String>,
    /// URL of the queue of tasks.
    pub tasks: Option<String>,
}

impl Queues {
    /// Adds the queue of delivery jobs: reads [`QUEUE_URL`].
    #[must_use]
    pub fn with_jobs(self, variables: &mut Variables<'_>) -> Self {
        Self { jobs: Some(variables.required(QUEUE_URL)), ..self }
    }

    /// Adds the dead-letter queue: reads [`DEAD_LETTER_QUEUE_URL`].
    #[must_use]
    pub fn with_dead_letters(self, variables: &mut Variables<'_>) -> Self {
        Self { dead_letters: Some(variables.required(DEAD_LETTER_QUEUE_URL)), ..self }
    }

    /// Adds the queue of tasks: reads [`TASKS_QUEUE_URL`].
    #[must_use]
    pub fn with_tasks(self, variables: &mut Variables<'_>) -> Self {
        Self { tasks: Some(variables.required(TASKS_QUEUE_URL)), ..self }
    }
}

/// Where the key that wraps the data key is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataKey {
    /// The KMS key with this id or ARN.
    Kms(String),
    /// A key in the file at this path.
    File(String),
}

impl DataKey {
    /// Reads [`KMS_KEY_ID`], or what stands in for it: [`DATA_KEY_FILE`].
    pub fn read(variables: &mut Variables<'_>) -> Self {
        match variables.stand_in(DATA_KEY_FILE) {
            Some(path) => Self::File(path),
            None => Self::Kms(variables.required(KMS_KEY_ID)),
        }
    }
}

/// The configuration of metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telemetry {
    /// CloudWatch namespace of the metrics; `None` for no metrics.
    pub metrics_namespace: Option<String>,
}

impl Telemetry {
    /// Reads [`METRICS_NAMESPACE`].
    pub fn read(variables: &mut Variables<'_>) -> Self {
        Self { metrics_namespace: variables.optional(METRICS_NAMESPACE) }
    }

    /// The metrics, with the system's clock.
    pub fn metrics(self) -> Metrics {
        Metrics::new(self.metrics_namespace, Clock::system())
    }
}

/// The configuration of the SNS topic for operational events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationalTopic {
    /// The topic's ARN; `None` if operational events go to endpoints only.
    pub arn: Option<String>,
}

impl OperationalTopic {
    /// Reads [`OPERATIONAL_TOPIC`].
    pub fn read(variables: &mut Variables<'_>) -> Self {
        Self { arn: variables.optional(OPERATIONAL_TOPIC) }
    }
}

/// The configuration of e-mail notifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFrom {
    /// The address that they are sent from; `None` if there are none.
    pub address: Option<String>,
}

impl MailFrom {
    /// Reads [`MAIL_FROM`].
    pub fn read(variables: &mut Variables<'_>) -> Self {
        Self { address: variables.optional(MAIL_FROM) }
    }
}

/// Whether traces are on.
pub fn traces_are_wanted() -> bool {
    TRACES_ENDPOINTS.iter().any(|name| optional(name).is_some())
}

/// The log level; `INFO` if no level is set.
pub(crate) fn log_level() -> LevelFilter {
    optional(LOG_LEVEL).map_or(LevelFilter::INFO, |name| level(&name))
}

/// The log filter that local mode's variable sets, if any.
pub(crate) fn local_log_filter() -> Option<String> {
    optional(LOCAL_LOG_FILTER)
}

fn level(name: &str) -> LevelFilter {
    match name.parse() {
        Ok(level) => level,
        Err(_) if name.eq_ignore_ascii_case("FATAL") => LevelFilter::ERROR,
        Err(_) => LevelFilter::INFO,
    }
}

/// Whether Lambda may send several invocations to one process at once, as it does on managed instances. See
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-rust.html>.
pub(crate) fn serves_several_at_once() -> bool {
    optional(MAX_CONCURRENCY).and_then(|most| most.parse().ok()).is_some_and(|most: u32| most > 1)
}

fn optional(name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

/// A variable of the AWS SDKs, for [`Aws`](crate::aws::Aws). An empty one is missing.
pub(crate) fn of_aws(name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Config = (Table, Queues, DataKey, Telemetry);

    fn config(variables: &mut Variables<'_>) -> Config {
        let queues = Queues::default().with_jobs(variables).with_tasks(variables);
        (Table::read(variables), queues, DataKey::read(variables), Telemetry::read(variables))
    }

    #[test]
    fn every_missing_variable_is_named_and_an_empty_one_is_missing() {
        let lookup = |name: &str| match name {
            TABLE => Some("posthorn".to_owned()),
            QUEUE_URL => Some(String::new()),
            _ => None,
        };
        let error = from(&lookup, config).unwrap_err();
        let missing = "POSTHORN_QUEUE_URL, POSTHORN_TASKS_QUEUE_URL, POSTHORN_KMS_KEY_ID";
        assert_eq!(error.to_string(), format!("the environment lacks {missing}"));
    }

    #[test]
    fn the_names_are_those_that_are_read_but_not_what_stands_in_on_a_laptop() {
        let names = [QUEUE_URL, TASKS_QUEUE_URL, TABLE, KMS_KEY_ID, METRICS_NAMESPACE];
        assert_eq!(names_read_by(config), names);
    }

    #[test]
    fn a_key_file_goes_before_kms() {
        let all = |name: &str| Some(name.to_lowercase());
        let (table, queues, key, telemetry) = from(&all, config).unwrap();
        assert_eq!(key, DataKey::File("posthorn_data_key_file".to_owned()));
        assert_eq!(table.name, "posthorn_table");
        assert_eq!(queues.tasks.as_deref(), Some("posthorn_tasks_queue_url"));
        assert_eq!(telemetry.metrics_namespace.as_deref(), Some("posthorn_metrics_namespace"));
        let only_kms = |name: &str| (name != DATA_KEY_FILE).then(|| "key".to_owned());
        assert_eq!(from(&only_kms, config).unwrap().2, DataKey::Kms("key".to_owned()));
    }

    #[test]
    fn a_level_is_one_of_lambdas_or_info() {
        let levels = ["DEBUG", "error", "FATAL", "chatty"].map(level);
        let [debug, error, info] = [LevelFilter::DEBUG, LevelFilter::ERROR, LevelFilter::INFO];
        assert_eq!(levels, [debug, error, error, info]);
    }
}

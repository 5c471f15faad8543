//! What does each function need from its environment? Read once, when the function starts; every missing variable
//! is named at once.

use tracing::level_filters::LevelFilter;

/// Name of the table.
pub const TABLE: &str = "POSTHORN_TABLE";
/// URL of the queue of delivery jobs.
pub const QUEUE_URL: &str = "POSTHORN_QUEUE_URL";
/// URL of the dead-letter queue.
pub const DEAD_LETTER_QUEUE_URL: &str = "POSTHORN_DEAD_LETTER_QUEUE_URL";

/// URL of the queue of tasks.
pub const TASKS_QUEUE_URL: &str = "POSTHORN_TASKS_QUEUE_URL";
/// The KMS key that wraps the data key of secrets.
pub const KMS_KEY_ID: &str = "POSTHORN_KMS_KEY_ID";
/// Where there is no KMS: a file with a key of 32 bytes in base64. It goes before [`KMS_KEY_ID`].
pub const DATA_KEY_FILE: &str = "POSTHORN_DATA_KEY_FILE";

/// CloudWatch namespace of the metrics; none are written where it is not set.
pub const METRICS_NAMESPACE: &str = "POSTHORN_METRICS_NAMESPACE";
/// Where spans are sent by OTLP, as OpenTelemetry names it: either turns traces on. Its library reads them, and those of
/// headers, service and sampler; see <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.
pub const TRACES_ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
/// Which lines are logged, as Lambda's own setting has it: `TRACE` to `ERROR`, or `FATAL`.
const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
/// How many invocations Lambda brings at once, where it brings more than one.
const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
/// ARN of the SNS topic that is told of operational events; none is where it is not set.
pub const OPERATIONAL_TOPIC: &str = "POSTHORN_OPERATIONAL_TOPIC_ARN";

/// Who keeps the key that seals secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataKeySource {
    /// The KMS key with this id or ARN.
    Kms(String),
    /// The file at this path.
    File(String),
}

/// The environment lacks something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment lacks {}", .0.join(", "))]
pub struct ConfigError(pub Vec<&'static str>);

/// Configuration of the actions function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionsConfig {
    /// Name of the table.
    pub table: String,
    /// Who keeps the key that seals secrets.
    pub data_key: DataKeySource,
    /// CloudWatch namespace of the metrics, if they are wanted.
    pub metrics_namespace: Option<String>,
}

/// Configuration of the ingest function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestConfig {
    /// Name of the table.
    pub table: String,
    /// URL of the queue of delivery jobs.
    pub queue_url: String,
    /// CloudWatch namespace of the metrics, if they are wanted.
    pub metrics_namespace: Option<String>,
}

/// Configuration of the management function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagementConfig {
    /// Name of the table.
    pub table: String,
    /// URL of the queue of delivery jobs.
    pub queue_url: String,
    /// URL of the queue of tasks.
    pub tasks_queue_url: String,
    /// Who keeps the key that seals secrets.
    pub data_key: DataKeySource,
    /// CloudWatch namespace of the metrics, if they are wanted.
    pub metrics_namespace: Option<String>,
}

/// Configuration of the sender function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderConfig {
    /// Name of the table.
    pub table: String,
    /// URL of the queue of delivery jobs.
    pub queue_url: String,
    /// URL of the dead-letter queue.
    pub dead_letter_queue_url: Option<String>,
    /// URL of the queue of tasks.
    pub tasks_queue_url: String,
    /// Who keeps the key that seals secrets.
    pub data_key: DataKeySource,
    /// CloudWatch namespace of the metrics, if they are wanted.
    pub metrics_namespace: Option<String>,
    /// The SNS topic that is told of operational events, if any.
    pub operational_topic: Option<String>,
}

impl ActionsConfig {
    /// The variables it reads.
    pub const VARIABLES: &[&str] = &[TABLE, KMS_KEY_ID, METRICS_NAMESPACE];

    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names every missing variable.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let [table, data_key] = read([TABLE, KMS_KEY_ID], with_key_file(variable))?;
        let data_key = data_key_source(variable, data_key);
        Ok(Self { table, data_key, metrics_namespace: optional(METRICS_NAMESPACE) })
    }
}

impl IngestConfig {
    /// The variables it reads.
    pub const VARIABLES: &[&str] = &[TABLE, QUEUE_URL, METRICS_NAMESPACE];

    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names every missing variable.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let [table, queue_url] = read([TABLE, QUEUE_URL], variable)?;
        Ok(Self { table, queue_url, metrics_namespace: optional(METRICS_NAMESPACE) })
    }
}

impl ManagementConfig {
    /// The variables it reads.
    pub const VARIABLES: &[&str] = &[TABLE, QUEUE_URL, TASKS_QUEUE_URL, KMS_KEY_ID, METRICS_NAMESPACE];

    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names every missing variable.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let names = [TABLE, QUEUE_URL, TASKS_QUEUE_URL, KMS_KEY_ID];
        let [table, queue_url, tasks_queue_url, data_key] = read(names, with_key_file(variable))?;
        let data_key = data_key_source(variable, data_key);
        let metrics_namespace = optional(METRICS_NAMESPACE);
        Ok(Self { table, queue_url, tasks_queue_url, data_key, metrics_namespace })
    }
}

/// Configuration of the maintenance function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceConfig {
    /// Name of the table.
    pub table: String,
    /// URL of the queue of delivery jobs.
    pub queue_url: String,
    /// URL of the queue of tasks.
    pub tasks_queue_url: String,
    /// Who keeps the key that seals secrets.
    pub data_key: DataKeySource,
    /// CloudWatch namespace of the metrics, if they are wanted.
    pub metrics_namespace: Option<String>,
    /// The SNS topic that is told of operational events, if any.
    pub operational_topic: Option<String>,
}

impl MaintenanceConfig {
    /// The variables it reads.
    pub const VARIABLES: &[&str] =
        &[TABLE, QUEUE_URL, TASKS_QUEUE_URL, KMS_KEY_ID, METRICS_NAMESPACE, OPERATIONAL_TOPIC];

    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names every missing variable.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let names = [TABLE, QUEUE_URL, TASKS_QUEUE_URL, KMS_KEY_ID];
        let [table, queue_url, tasks_queue_url, data_key] = read(names, with_key_file(variable))?;
        Ok(Self {
            table,
            queue_url,
            tasks_queue_url,
            data_key: data_key_source(variable, data_key),
            metrics_namespace: optional(METRICS_NAMESPACE),
            operational_topic: optional(OPERATIONAL_TOPIC),
        })
    }
}

impl SenderConfig {
    /// The variables it reads.
    pub const VARIABLES: &[&str] = &[
        TABLE,
        QUEUE_URL,
        DEAD_LETTER_QUEUE_URL,
        TASKS_QUEUE_URL,
        KMS_KEY_ID,
        METRICS_NAMESPACE,
        OPERATIONAL_TOPIC,
    ];

    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names every missing variable.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let names = [TABLE, QUEUE_URL, DEAD_LETTER_QUEUE_URL, TASKS_QUEUE_URL, KMS_KEY_ID];
        let [table, queue_url, dead_letters, tasks_queue_url, data_key] =
            read(names, with_key_file(variable))?;
        let data_key = data_key_source(variable, data_key);
        Ok(Self {
            table,
            queue_url,
            dead_letter_queue_url: Some(dead_letters),
            tasks_queue_url,
            data_key,
            metrics_namespace: optional(METRICS_NAMESPACE),
            operational_topic: optional(OPERATIONAL_TOPIC),
        })
    }
}

/// Whether spans are to be sent.
pub fn traces_are_wanted() -> bool {
    TRACES_ENDPOINTS.iter().any(|name| optional(name).is_some())
}

/// The lines that are to be logged; `INFO` and above when nothing is said.
pub(crate) fn log_level() -> LevelFilter {
    optional(LOG_LEVEL).map_or(LevelFilter::INFO, |name| level(&name))
}

fn level(name: &str) -> LevelFilter {
    match name.parse() {
        Ok(level) => level,
        Err(_) if name.eq_ignore_ascii_case("FATAL") => LevelFilter::ERROR,
        Err(_) => LevelFilter::INFO,
    }
}

/// Whether Lambda may bring several invocations at once: it does on managed instances. See
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-rust.html>.
pub(crate) fn serves_several_at_once() -> bool {
    optional(MAX_CONCURRENCY).and_then(|most| most.parse().ok()).is_some_and(|most: u32| most > 1)
}

/// A key file stands in for KMS.
fn with_key_file(lookup: impl Fn(&str) -> Option<String>) -> impl Fn(&str) -> Option<String> {
    move |name| match name {
        KMS_KEY_ID => lookup(DATA_KEY_FILE).or_else(|| lookup(KMS_KEY_ID)),
        _ => lookup(name),
    }
}

fn data_key_source(lookup: impl Fn(&str) -> Option<String>, value: String) -> DataKeySource {
    match lookup(DATA_KEY_FILE) {
        Some(_) => DataKeySource::File(value),
        None => DataKeySource::Kms(value),
    }
}

fn read<const N: usize>(
    names: [&'static str; N],
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<[String; N], ConfigError> {
    let values = names.map(|name| lookup(name).filter(|value| !value.is_empty()));
    let missing: Vec<_> =
        names.iter().zip(&values).filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
    if missing.is_empty() { Ok(values.map(Option::unwrap_or_default)) } else { Err(ConfigError(missing)) }
}

/// A variable that may be left out or empty.
fn optional(name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_variable_is_named_and_an_empty_one_is_missing() {
        let lookup = |name: &str| (name == QUEUE_URL).then(String::new);
        let error = read([TABLE, QUEUE_URL], lookup).unwrap_err();
        assert_eq!(error.to_string(), "the environment lacks POSTHORN_TABLE, POSTHORN_QUEUE_URL");
    }

    #[test]
    fn a_key_file_goes_before_kms() {
        let lookup = |name: &str| Some(name.to_lowercase());
        let value = with_key_file(lookup)(KMS_KEY_ID).unwrap();
        assert_eq!(data_key_source(lookup, value), DataKeySource::File("posthorn_data_key_file".into()));
        let only_kms = |name: &str| (name == KMS_KEY_ID).then(|| "key".to_owned());
        let value = with_key_file(only_kms)(KMS_KEY_ID).unwrap();
        assert_eq!(data_key_source(only_kms, value), DataKeySource::Kms("key".into()));
    }

    #[test]
    fn a_level_is_one_of_lambdas_or_info() {
        let levels = ["DEBUG", "error", "FATAL", "chatty"].map(level);
        let [debug, error, info] = [LevelFilter::DEBUG, LevelFilter::ERROR, LevelFilter::INFO];
        assert_eq!(levels, [debug, error, error, info]);
    }

    #[test]
    fn what_is_there_is_read_in_order() {
        assert_eq!(
            read([TABLE, QUEUE_URL], |name| Some(name.to_lowercase())).unwrap()[1],
            "posthorn_queue_url"
        );
    }
}

//! What does each function need from its environment? Read once, when the function starts; every missing variable
//! is named at once.

/// Name of the table.
pub const TABLE: &str = "POSTHORN_TABLE";
/// URL of the queue of delivery jobs.
pub const QUEUE_URL: &str = "POSTHORN_QUEUE_URL";
/// URL of the dead-letter queue.
pub const DEAD_LETTER_QUEUE_URL: &str = "POSTHORN_DEAD_LETTER_QUEUE_URL";

/// The environment lacks something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment lacks {}", .0.join(", "))]
pub struct ConfigError(pub Vec<&'static str>);

/// Configuration of the ingest function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestConfig {
    /// Name of the table.
    pub table: String,
    /// URL of the queue of delivery jobs.
    pub queue_url: String,
}

/// Configuration of the management function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagementConfig {
    /// Name of the table.
    pub table: String,
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
}

impl IngestConfig {
    /// The variables it needs.
    pub const VARIABLES: &[&str] = &[TABLE, QUEUE_URL];

    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names every missing variable.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let [table, queue_url] = read([TABLE, QUEUE_URL], variable)?;
        Ok(Self { table, queue_url })
    }
}

impl ManagementConfig {
    /// The variables it needs.
    pub const VARIABLES: &[&str] = &[TABLE];

    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names every missing variable.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let [table] = read([TABLE], variable)?;
        Ok(Self { table })
    }
}

impl SenderConfig {
    /// The variables it needs.
    pub const VARIABLES: &[&str] = &[TABLE, QUEUE_URL, DEAD_LETTER_QUEUE_URL];

    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names every missing variable.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let [table, queue_url, dead_letters] = read([TABLE, QUEUE_URL, DEAD_LETTER_QUEUE_URL], variable)?;
        Ok(Self { table, queue_url, dead_letter_queue_url: Some(dead_letters) })
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
    fn what_is_there_is_read_in_order() {
        assert_eq!(
            read([TABLE, QUEUE_URL], |name| Some(name.to_lowercase())).unwrap()[1],
            "posthorn_queue_url"
        );
    }
}

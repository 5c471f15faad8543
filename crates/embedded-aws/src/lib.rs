//! How do local mode and tests run without AWS?
//! Embedded emulators of DynamoDB and SQS; never linked into a function.
//!
//! The SDKs of this process reach them without a socket, other processes on loopback. DynamoDB is `dynoxide`. SQS is
//! Posthorn's own emulator over SQLite: the operations that Posthorn uses, each as AWS documents it.

mod checkpoint;
pub mod clock;
pub mod dynamodb;
pub mod file;
mod in_process;
pub mod sqs;

pub use clock::Clock;
pub use dynamodb::DynamoDb;
pub use file::Durability;
pub use sqs::Sqs;

/// Why an emulator could not be started or used.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// The file could not be opened or written.
    #[error("the queue's file cannot be used")]
    Sqlite(#[from] rusqlite::Error),
    /// A file is damaged.
    #[error("the data file {} is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: std::path::PathBuf,
        /// What SQLite says of it.
        detail: String,
    },
    /// The file was made by a version of Posthorn with another table schema.
    #[error("the queue's file was made by another version of Posthorn; start with another data folder")]
    OtherVersion,
    /// The table's file could not be opened.
    #[error("the table's file cannot be used: {0}")]
    Dynoxide(String),
    /// The port could not be used.
    #[error("the port cannot be used")]
    Port(#[from] std::io::Error),
    /// The error that SQS would answer.
    #[error("the queue refused the request: {0}")]
    Queue(String),
    /// The thread that owns the file is gone.
    #[error("the queue's thread has stopped")]
    Stopped,
}

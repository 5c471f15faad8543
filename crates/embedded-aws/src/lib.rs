//! DynamoDB and SQS in this process, for local mode and tests; never in a function. SDKs in this process reach them without a
//! socket, others on loopback.
//!
//! DynamoDB is `dynoxide`. SQS is ours, over SQLite: the operations Posthorn uses, each as AWS documents it.

mod checkpoint;
pub mod clock;
pub mod dynamodb;
mod in_process;
pub mod sqs;

pub use clock::Clock;
pub use dynamodb::DynamoDb;
pub use sqs::Sqs;

/// An emulator could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// The file could not be opened or written.
    #[error("the queue's file cannot be used")]
    Sqlite(#[from] rusqlite::Error),
    /// The file was made by a version that keeps messages in another way.
    #[error("the queue's file is of another version of Posthorn; start with another data folder")]
    OtherVersion,
    /// The table's file could not be opened.
    #[error("the table's file cannot be used: {0}")]
    Dynoxide(String),
    /// The port could not be used.
    #[error("the port cannot be used")]
    Port(#[from] std::io::Error),
    /// What SQS would answer.
    #[error("the queue says: {0}")]
    Queue(String),
    /// The thread that owns the file is gone.
    #[error("the queue's file is no longer served")]
    Stopped,
}

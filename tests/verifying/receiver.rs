//! The receiver in `docs/receivers/rust`, compiled with this package.
#![expect(clippy::disallowed_methods, reason = "a customer's program reads its own clock and environment")]

#[path = "../../docs/receivers/rust/receiver.rs"]
mod receiver;

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    receiver::main()
}

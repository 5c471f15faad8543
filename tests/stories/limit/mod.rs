//! How much goes out at once?

mod limits;

//! Where does randomness come from?
//! An injected source of randomness: the operating system; tests use fixed bytes.

use std::sync::Arc;

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// A source of random bytes, cheap to clone.
#[derive(Clone)]
pub struct Randomness(Arc<Fill>);

impl Randomness {
    /// Random bytes fit for keys.
    pub fn system() -> Self {
        #[expect(clippy::expect_used, reason = "without randomness no id, key or secret can be made")]
        Self::new(|bytes| getrandom::fill(bytes).expect("the operating system gives random bytes"))
    }

    /// A source that calls `fill`.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// Enough randomness for an id.
    pub fn id(&self) -> u128 {
        u128::from_le_bytes(self.bytes())
    }

    /// A number from 0 up to, not including, 1.
    pub fn unit(&self) -> f64 {
        f64::from(u32::from_le_bytes(self.bytes())) / (f64::from(u32::MAX) + 1.0)
    }
}

impl std::fmt::Debug for Randomness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Randomness")
    }
}

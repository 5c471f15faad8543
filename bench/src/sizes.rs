//! How large is each function's zip?
//! Package sizes. Each is held to what it may take, because Lambda downloads the zip at every cold start; the aim is 5 MB.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use anyhow::ensure;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::figure::print;
use crate::functions::{FUNCTIONS, binary};

/// Largest zip, in bytes.
const BUDGET_BYTES: u64 = 5_000_000;
/// The same for two functions that check JSON Schemas and do much besides: the validator and its regular expressions are
/// 0.55 MB of a zip (docs/performance.md, "The functions").
const LARGER_BUDGETS_BYTES: [(&str, u64); 2] = [("actions", 6_200_000), ("definitions", 5_500_000)];
/// The bytes that a zip of one file adds to its compressed bytes: a local header, an entry of the directory and the
/// directory's end (APPNOTE 4.3.7, 4.3.12, 4.3.16), and twice the name. A function's binary is called `bootstrap`
/// there.
const FRAME_BYTES: u64 = 30 + 46 + 22 + 2 * "bootstrap".len() as u64;

/// Prints each function's size, of the binaries in `folder`, or beside this binary if none is given.
///
/// # Errors
/// When a zip is too large or a binary does not exist.
pub(crate) fn run(folder: Option<&Path>) -> anyhow::Result<()> {
    let mut too_large = Vec::new();
    for function in FUNCTIONS {
        let bytes = zipped_bytes(&binary(function, folder)?)?;
        print(&format!("zipped, {function}"), megabytes(bytes), "MB");
        let larger = LARGER_BUDGETS_BYTES.iter().find(|(name, _)| *name == function);
        let budget = larger.map_or(BUDGET_BYTES, |(_, bytes)| *bytes);
        if bytes > budget {
            too_large.push(format!("{function} is larger than {} MB", megabytes(budget)));
        }
    }
    ensure!(too_large.is_empty(), "zipped, {}", too_large.join(", "));
    Ok(())
}

fn zipped_bytes(path: &Path) -> anyhow::Result<u64> {
    let mut zip = DeflateEncoder::new(Counter(0), Compression::best());
    io::copy(&mut File::open(path)?, &mut zip)?;
    Ok(zip.finish()?.0 + FRAME_BYTES)
}

/// A writer that counts its bytes.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a binary's size is exact")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

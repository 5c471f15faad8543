//! Prepares the OpenAPI document for the function to serve.
//! `docs/openapi.json` minified, once as it is and once gzipped: the function compresses nothing while it runs.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

const DOCUMENT: &str = "../../docs/openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let document = minified(&std::fs::read_to_string(DOCUMENT)?);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(document.as_bytes())?;
    let checksum = crc32fast::hash(document.as_bytes());

    #[expect(clippy::disallowed_methods, reason = "Cargo tells a build script its folder this way")]
    let folder = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&folder).join("openapi.json"), &document)?;
    std::fs::write(Path::new(&folder).join("openapi.json.gz"), gzip.finish()?)?;
    println!("cargo::rustc-env=OPENAPI_ETAG=W/\"{:x}-{:08x}\"", document.len(), checksum);
    Ok(())
}

/// The JSON text without the whitespace between its tokens.
fn minified(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let kept = json.chars().filter(|&letter| {
        let keep = in_string || !letter.is_ascii_whitespace();
        if letter == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && letter == '\\' && !escaped;
        keep
    });
    kept.collect()
}

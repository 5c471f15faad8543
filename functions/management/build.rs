//! Prepares what the function serves as it is: the OpenAPI document and the console's files.
//! Each is gzipped here, so the function compresses nothing while it runs.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

#[path = "src/console/content_types.rs"]
mod content_types;
#[path = "build/lexer.rs"]
mod lexer;
#[path = "build/module.rs"]
mod module;
#[path = "build/pack.rs"]
mod pack;
#[path = "build/style.rs"]
mod style;

const DOCUMENT: &str = "../../docs/openapi.json";
const CONSOLE: &str = "../../console";

fn main() -> Result<(), Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "Cargo tells a build script its folder this way")]
    let folder = PathBuf::from(std::env::var("OUT_DIR")?);
    openapi(&folder)?;
    console(&folder)
}

/// The OpenAPI document minified and gzipped, and its version.
fn openapi(folder: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let document = minified(&std::fs::read_to_string(DOCUMENT)?);
    std::fs::write(folder.join("openapi.json.gz"), gzipped(document.as_bytes())?)?;
    let checksum = crc32fast::hash(document.as_bytes());
    println!("cargo::rustc-env=OPENAPI_ETAG=W/\"{:x}-{checksum:08x}\"", document.len());
    Ok(())
}

/// `console.rs`: the page, and every file with its content type, gzipped. `HASH` changes with any of them.
fn console(folder: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CONSOLE}");
    let read = |path: &str| Ok(std::fs::read_to_string(Path::new(CONSOLE).join(path))?);
    let page = read("index.html")?;
    let contents = contents(&read)?;
    let (mut hasher, mut length) = (crc32fast::Hasher::new(), page.len());
    hasher.update(page.as_bytes());
    let mut files = String::new();
    for (number, (path, (content_type, content))) in contents.iter().enumerate() {
        hasher.update(path.as_bytes());
        hasher.update(content);
        length += content.len();
        std::fs::write(folder.join(format!("{number}.gz")), gzipped(content)?)?;
        writeln!(
            files,
            "    ({path:?}, {content_type:?}, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{number}.gz\"))),"
        )?;
    }
    for named in page.split("%ASSETS%/").skip(1).filter_map(|rest| rest.split('"').next()) {
        if !contents.contains_key(named) {
            return Err(format!("index.html names {named}, which is not served").into());
        }
    }
    let hash = format!("{:08x}{length:x}", hasher.finalize());
    let page = page.replace("%ASSETS%", &format!("/console/assets/{hash}"));
    let source = format!(
        "const PAGE: &str = {page:?};\nconst HASH: &str = {hash:?};\nconst VERSION: &str = {:?};\n\
         const FILES: &[(&str, &str, &[u8])] = &[\n{files}];\n",
        format!("W/\"{hash}\""),
    );
    Ok(std::fs::write(folder.join("console.rs"), source)?)
}

/// Files by their paths: content type and content.
type Contents = BTreeMap<String, (&'static str, Vec<u8>)>;

/// What is served: the modules in their packs, style sheets without comments, the rest as it is.
fn contents(read: &pack::Read<'_>) -> Result<Contents, Box<dyn Error>> {
    let mut paths = Vec::new();
    walk(Path::new(CONSOLE), "", &mut paths)?;
    let mut contents = BTreeMap::new();
    for path in paths.into_iter().filter(|path| !path.ends_with(".js")) {
        let Some(content_type) = content_types::content_type(&path) else { continue };
        let content = match path.ends_with(".css") {
            true => style::stripped(&read(&path)?).map_err(|why| format!("{path}: {why}"))?.into_bytes(),
            false => std::fs::read(Path::new(CONSOLE).join(&path))?,
        };
        contents.insert(path, (content_type, content));
    }
    for (path, text) in pack::packs(read)? {
        let content_type = content_types::content_type(&path).ok_or("a pack of no known type")?;
        if contents.insert(path.clone(), (content_type, text.into_bytes())).is_some() {
            return Err(format!("{path} is both a file and a pack").into());
        }
    }
    Ok(contents)
}

/// Collects the paths of the files below `folder`, which is `prefix` of the console's: not the page, tests, pages that only
/// people who develop it see (`dev_…`), hidden files, or what npm installed.
fn walk(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| "the name of a file is no UTF-8")?;
        let path = format!("{prefix}{name}");
        let left_out = name.starts_with('.')
            || name.starts_with("dev_")
            || name.ends_with(".test.js")
            || name == "node_modules"
            || path == "index.html";
        if left_out {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{path}/"), paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

fn gzipped(content: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(content)?;
    Ok(gzip.finish()?)
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

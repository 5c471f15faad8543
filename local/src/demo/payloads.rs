//! Which events does the demo send?
//! Sample payloads: every JSON file of a folder, each `{"type":…,"data":…}`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::value::RawValue;

/// One sample event; its data is kept byte for byte.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sample {
    #[serde(rename = "type")]
    pub(crate) event_type: String,
    pub(crate) data: Box<RawValue>,
}

/// Reads the files of `folder`, or the samples that come with the source.
pub(crate) fn load(folder: Option<PathBuf>) -> anyhow::Result<Vec<Sample>> {
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/payloads"));
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    if files.is_empty() {
        bail!("{} holds no .json file", folder.display());
    }
    files
        .iter()
        .map(|path| {
            let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            serde_json::from_slice(&text)
                .with_context(|| format!("{} is not {{\"type\":…,\"data\":…}}", path.display()))
        })
        .collect()
}

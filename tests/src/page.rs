//! Which commands does a page of the documentation print, and with which answers?
//! A parser of Markdown: the `sh` blocks of a page, which bash and curl run exactly as they are printed.

use std::collections::VecDeque;
use std::path::Path;

use tokio::process::Command;

/// What curl is asked for besides the printed command: the answer's status, as the last line of its error output.
const CURL_SETTINGS: &str = "write-out = \"%{stderr}%{http_code}\\n\"\n";

/// One `sh` block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The heading above the block.
    pub heading: String,
    /// The number of the block's first line.
    pub line: usize,
    /// The command, with its continuation lines.
    pub command: String,
    /// What the page prints below the command.
    pub answer: String,
    /// The status that the paragraph after the block begins with.
    pub status: Option<u16>,
}

/// What curl received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// HTTP status.
    pub status: u16,
    /// The body of the answer.
    pub body: String,
}

/// The `sh` blocks of `page`, in its order. The command of a block ends with its first line without a backslash.
pub fn examples(page: &str) -> VecDeque<Example> {
    let mut examples = VecDeque::new();
    let mut heading = "";
    let mut lines = page.lines().zip(1..).peekable();
    while let Some((text, line)) = lines.next() {
        if text.starts_with('#') {
            heading = text.trim_start_matches('#').trim();
        }
        if text != "```sh" {
            continue;
        }
        let block: Vec<_> = lines.by_ref().map(|(text, _)| text).take_while(|text| *text != "```").collect();
        let command = block.iter().take_while(|text| text.ends_with('\\')).count() + 1;
        let (command, answer) = block.split_at(command.min(block.len()));
        while lines.next_if(|(text, _)| text.is_empty()).is_some() {}
        examples.push_back(Example {
            heading: heading.to_owned(),
            line: line + 1,
            command: command.join("\n"),
            answer: answer.join("\n"),
            status: lines.peek().and_then(|(text, _)| leading_status(text)),
        });
    }
    examples
}

/// `202` of "`202` promises …" and "Always `207`, …".
fn leading_status(paragraph: &str) -> Option<u16> {
    let code = paragraph.strip_prefix("Always ").unwrap_or(paragraph).strip_prefix('`')?;
    code.split_once('`')?.0.parse().ok()
}

/// Runs a printed curl command in bash with these variables. A variable that is not set is a failure. `folder` is for
/// curl's settings.
///
/// # Panics
/// When curl got no answer.
pub async fn run(command: &str, variables: &[(&str, &str)], folder: &Path) -> Received {
    std::fs::create_dir_all(folder).unwrap();
    // Moved into place: stories of other threads and processes may have curl read it at the same time.
    let written = folder.join(format!("curlrc-{}-{:?}", std::process::id(), std::thread::current().id()));
    std::fs::write(&written, CURL_SETTINGS).unwrap();
    std::fs::rename(&written, folder.join(".curlrc")).unwrap();
    let mut bash = Command::new("bash");
    bash.args(["-euc", command]).envs(variables.iter().copied()).env("CURL_HOME", folder);
    let output = bash.output().await.unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let status = error.lines().last().and_then(|line| line.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no answer to\n{command}\n{error}"));
    Received { status, body: String::from_utf8(output.stdout).unwrap() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_of_a_page_is_found_with_its_heading_and_status() {
        let page = "# A\n\n## Send\n\n```sh\ncurl a \\\n  -d b\n{\"id\": …,\n  …}\n```\n\n`202` promises.\n\n\
                    ### Other\n```json\n{}\n```\n```sh\ncurl c\n```\nAlways `207`, unless\n";
        let found = examples(page);
        assert_eq!(found.len(), 2);
        let first = Example {
            heading: "Send".to_owned(),
            line: 6,
            command: "curl a \\\n  -d b".to_owned(),
            answer: "{\"id\": …,\n  …}".to_owned(),
            status: Some(202),
        };
        assert_eq!(found[0], first);
        assert_eq!((found[1].heading.as_str(), found[1].status), ("Other", Some(207)));
        assert_eq!((found[1].command.as_str(), found[1].answer.as_str()), ("curl c", ""));
    }
}

//! With which inputs does the fuzzer begin?
//! Writes seeds into `corpus/` and words into `dictionary.txt`: the providers' samples and published vectors, the bodies
//! of `examples/bodies.txt`, and the words of the sources of adapters, filters and templates. What the fuzzer found stays.
//!
//! ```sh
//! cargo run --manifest-path fuzz/Cargo.toml --example seeds
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use domain::source::provider::Provider;
use domain::source::scheme::Scheme;
use fuzz::input::{Input, PAIRS, Switch};
use fuzz::keys::Keys;
use fuzz::{ADDRESS, now, source};
use providers::sample::{Draft, Sample};
use serde_json::Value;

/// Longest body of a vector that is kept, and how many of a kind.
const MAX_BODY_BYTES: usize = 1200;
const MAX_OF_A_KIND: usize = 3;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
type Headers = Vec<(String, String)>;

fn main() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crate_of_adapters = here.join("../crates/providers");
    let mut seeds = Seeds::default();
    for place in 0..PAIRS.len() {
        seeds.add_sample(place);
    }
    seeds.add_vectors(&std::fs::read_to_string(crate_of_adapters.join("tests/vectors.json"))?)?;
    seeds.add_bodies(&std::fs::read_to_string(here.join("examples/bodies.txt"))?)?;
    for ((target, name), seed) in &seeds.0 {
        let folder = here.join("corpus").join(target);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), seed)?;
    }
    let sources = [crate_of_adapters.join("src"), here.join("../crates/payload/src")];
    std::fs::write(here.join("dictionary.txt"), dictionary(&sources)?)?;
    Ok(())
}

/// What a seed holds beside its provider and scheme.
struct Request<'a> {
    switches: u8,
    query: &'a str,
    headers: Headers,
    body: &'a [u8],
}

/// The seeds by target and name.
#[derive(Default)]
struct Seeds(BTreeMap<(&'static str, String), Vec<u8>>);

impl Seeds {
    /// A sample, as it is and without its signature.
    fn add_sample(&mut self, place: usize) {
        let (provider, scheme) = PAIRS[place];
        let input = Input::parse(&Input::write(place, 0, "", &[], b""));
        let settings = source::settings(&input);
        let secrets: Vec<String> = Keys::strangers().secret(scheme).into_iter().collect();
        let setup = source::setup(&settings, &secrets, None);
        let draft = Draft { setup: &setup, url: ADDRESS, now: now(), randomness: [7; 32] };
        let Sample { method, query, headers, body, .. } = providers::sample(provider, &draft);
        let headers: Headers =
            headers.into_iter().map(|(name, value)| (name, value.replace('\n', " "))).collect();
        let query = query.trim_start_matches('?');
        let request = Request { switches: switches_of(method), query, headers, body: &body };
        self.add(&format!("{provider}-{scheme}-sample"), place, &request);
    }

    /// Some vectors of each kind, valid or not.
    fn add_vectors(&mut self, json: &str) -> Result<()> {
        let vectors: Vec<Value> = serde_json::from_str(json)?;
        let mut counts = BTreeMap::<_, usize>::new();
        for vector in &vectors {
            let text = |name: &str| vector[name].as_str().unwrap_or_default();
            let Some(place) = place_of(text("provider"), text("kind")) else { continue };
            let count = counts.entry((place, text("expect"))).or_default();
            if *count >= MAX_OF_A_KIND || text("body").len() > MAX_BODY_BYTES {
                continue;
            }
            *count += 1;
            let headers = vector["headers"].as_object().into_iter().flatten();
            let headers: Headers = headers
                .filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?.replace('\n', " "))))
                .collect();
            let query = text("url").split_once('?').map_or("", |(_, query)| query);
            let (switches, body) = (switches_of(text("method")), text("body").as_bytes());
            self.add(text("id"), place, &Request { switches, query, headers, body });
        }
        Ok(())
    }

    /// The bodies of a file: a line with a name, provider, scheme, switches and headers, then the body, then `===`.
    fn add_bodies(&mut self, text: &str) -> Result<()> {
        for block in text.split("\n===\n").map(str::trim).filter(|block| !block.is_empty()) {
            let (head, body) = block.split_once('\n').unwrap_or((block, ""));
            let words: Vec<&str> = head.split_whitespace().collect();
            let [name, provider, scheme, switches, headers @ ..] = words.as_slice() else {
                return Err(format!("{head}: name, provider, scheme and switches are missing").into());
            };
            let place =
                PAIRS.iter().position(|pair| (pair.0.as_str(), pair.1.as_str()) == (*provider, *scheme));
            let place = place.ok_or_else(|| format!("{head}: no such pair"))?;
            let headers: Headers = headers
                .iter()
                .filter_map(|header| header.split_once(':'))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let is_multipart = body.starts_with("--");
            let body = if is_multipart { body.replace('\n', "\r\n") } else { body.to_owned() };
            let seed = Input::write(place, switches.parse()?, "", &headers, body.as_bytes());
            let target = if is_multipart { "attachment" } else { "split" };
            self.0.insert((target, (*name).to_owned()), seed);
        }
        Ok(())
    }

    /// A request for the target `verify`, and its body for `split` and, if it is multipart, `attachment`.
    fn add(&mut self, name: &str, place: usize, request: &Request<'_>) {
        let (provider, scheme) = PAIRS[place];
        let Request { switches, query, ref headers, body } = *request;
        let seed = Input::write(place, switches, query, headers, body);
        self.0.insert(("verify", name.to_owned()), seed);
        let names_type =
            |name: &str| ["content-type", "topic", "event"].iter().any(|word| name.contains(word));
        let few: Headers = headers.iter().filter(|(name, _)| names_type(name)).cloned().collect();
        let body = signed_part(scheme, body);
        let seed = Input::write(place, switches, query, &few, &body);
        if provider == Provider::SendgridInboundParse {
            self.0.insert(("attachment", name.to_owned()), seed.clone());
        }
        self.0.insert(("split", name.to_owned()), seed);
    }
}

/// What the target `split` puts into the message that it signs.
fn signed_part(scheme: Scheme, body: &[u8]) -> Vec<u8> {
    let Ok(json) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    match scheme {
        Scheme::Sns => json["Message"].as_str().map_or(Vec::new(), |text| text.as_bytes().to_vec()),
        Scheme::Mailgun => json["event-data"].to_string().into_bytes(),
        _ => body.to_vec(),
    }
}

fn switches_of(method: &str) -> u8 {
    if method == "GET" { Switch::Get as u8 } else { 0 }
}

fn place_of(provider: &str, kind: &str) -> Option<usize> {
    let provider = match provider {
        "aws_sns" => "aws_ses",
        "twilio" => "twilio_sms",
        "meta" => "meta_whatsapp",
        other => other,
    };
    let scheme = match kind {
        "signature_jwt" => Some(Scheme::MessagebirdJwt),
        "legacy_sig" => Some(Scheme::VonageLegacy),
        "v2" => Some(Scheme::PlivoV2),
        _ if provider == "messagebird" => Some(Scheme::MessagebirdLegacy),
        _ => None,
    };
    let is_meant =
        |pair: &(Provider, Scheme)| pair.0.as_str() == provider && scheme.is_none_or(|one| one == pair.1);
    PAIRS.iter().position(is_meant)
}

/// The short texts in the sources: names of members, headers, types and states, operators and filters.
fn dictionary(sources: &[PathBuf]) -> Result<String> {
    let mut words = BTreeSet::new();
    let mut folders = sources.to_vec();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path)?;
                let code = source.split("#[cfg(test)]").next().unwrap_or_default();
                let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                words.extend(code.flat_map(|line| line.split('"').skip(1).step_by(2)).filter_map(word));
            }
        }
    }
    let lines = words.iter().map(|word| format!("\"{word}\"\n"));
    let head =
        "# The words of the adapters', filters' and templates' sources, written by examples/seeds.rs.\n";
    Ok(head.to_owned() + &lines.collect::<String>())
}

/// A word as it stands in JSON, forms and headers.
fn word(text: &str) -> Option<String> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/=$".contains(&byte);
    let word = text.trim_start_matches('/');
    ((2..=32).contains(&word.len()) && word.bytes().all(is_word)).then(|| word.to_owned())
}

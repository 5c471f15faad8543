//! Judges the cases on standard input with the verification in `docs/receivers/rust`; see README.md.

#[path = "../../docs/receivers/rust/verify.rs"]
mod verify;

use std::error::Error;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verify::{verify_body, verify_covered, verify_standard};

fn main() -> Result<(), Box<dyn Error>> {
    let input = std::io::read_to_string(std::io::stdin())?;
    for line in input.split('\n').filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [profile, now, path, secret, prefix, encoded, pairs @ ..] = &fields[..] else {
            return Err("a field is missing".into());
        };
        let (now, body) = (now.parse()?, STANDARD.decode(encoded)?);
        let mut headers = HeaderMap::new();
        for pair in pairs {
            let (name, value) = pair.split_once('=').ok_or("a header has no value")?;
            headers.insert(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
        }
        let answer = match *profile {
            "standard" => verify_standard(&headers, &body, secret, now),
            "body" => verify_body(&headers, &body, secret, prefix),
            "covered" => verify_covered(&headers, &body, path, (secret, prefix), now),
            _ => return Err("the profile is unknown".into()),
        };
        println!("{}", if answer.is_ok() { "ok" } else { "refused" });
    }
    Ok(())
}

//! Are the files of a request those that its event names?
//! Multipart bodies: every named file can be had by its number, byte for byte, and none that is not named.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::source::provider::Provider;
use domain::source::scheme::Scheme;
use providers::adapter::{Adapter, Verdict};
use providers::request::Request;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::input::{Input, Switch};
use crate::keys::Keys;
use crate::oracle::split;
use crate::signing::{self, Signed, Signer};
use crate::source;

/// An event names at least so many files, if there are so many.
const NAMED_AT_LEAST: usize = 20;

/// Checks an input, as Mailgun or SendGrid sends it.
///
/// # Panics
/// When a law is broken.
pub fn check(data: &[u8]) {
    let mut input = Input::parse(data);
    let is_mailgun = input.is(Switch::ThirdForm);
    (input.provider, input.scheme) = if is_mailgun {
        (Provider::Mailgun, Scheme::Mailgun)
    } else {
        (Provider::SendgridInboundParse, Scheme::AddressOnly)
    };
    let keys = Keys::ours();
    let secret = keys.secret(input.scheme);
    let mut request = signing::sign(&input, Signer::new(keys, secret.as_deref().unwrap_or_default()));
    if !request.headers.iter().any(|(name, _)| name == "content-type") {
        request.headers.push(("content-type".to_owned(), b"multipart/form-data; boundary=b".to_vec()));
    }
    let adapter = providers::adapter(input.provider);
    assert_eq!(adapter.attachment(&request.request(), usize::MAX), None);
    let secrets: Vec<String> = secret.into_iter().collect();
    let settings = source::settings(&input);
    let setup = source::setup(&settings, &secrets, None);
    if let Verdict::Valid(verified) = adapter.verify(&request.request(), &setup) {
        split::check_parts(&input, &request, &verified, &secrets);
        let split = adapter.split(&verified, &setup);
        if let [part] = split.as_ref().map_or(&[][..], |split| &split.parts) {
            files_are_those_named(adapter, &request, part.data.get("attachments"));
        }
    }
}

fn files_are_those_named(adapter: &dyn Adapter, request: &Signed, named: Option<&Value>) {
    let named = named.map_or(&[][..], |named| named.as_array().map_or(&[][..], Vec::as_slice));
    for (number, named) in named.iter().enumerate() {
        is_the_file(adapter, &request.request(), number, named);
    }
    if named.len() < NAMED_AT_LEAST {
        let more = adapter.attachment(&request.request(), named.len());
        assert_eq!(more, None, "a file that no event names");
    }
}

fn is_the_file(adapter: &dyn Adapter, request: &Request<'_>, number: usize, named: &Value) {
    let file =
        adapter.attachment(request, number).unwrap_or_else(|| panic!("file {number} is missing: {named}"));
    assert_eq!(named["size_bytes"], file.bytes.len());
    assert_eq!(named["sha256"], domain::hex::hex(&Sha256::digest(&file.bytes)));
    assert_eq!(named["filename"].as_str(), file.filename.as_deref());
    assert_eq!(named["content_type"].as_str(), file.content_type.as_deref());
    if let Some(content) = named["content"].as_str() {
        assert_eq!(STANDARD.decode(content).ok(), Some(file.bytes), "the file in the event is another");
    }
}

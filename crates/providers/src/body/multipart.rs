//! Which fields and files does a multipart body have?
//! `multipart/form-data` (RFC 7578), by `multer` over the raw bytes. Texts are decoded by their charset (WHATWG Encoding).

use std::borrow::Cow;
use std::convert::Infallible;

use encoding_rs::{Encoding, UTF_8};
use futures_util::FutureExt as _;
use futures_util::stream;
use multer::Multipart;
use multer::bytes::Bytes;
use serde_json::{Value, json};

use crate::adapter::{Attachment, Refusal};
use crate::body::data;
use crate::request::Request;

/// Files are in an event, as base64, while all of them together are at most so long.
const MAX_INLINE_BYTES: usize = 64 * 1024;
/// Most files that an event names.
const MAX_NAMED_FILES: usize = 100;
/// Longest texts of one event together, as JSON. With the files, this is within the 256 KB of an event.
const MAX_TEXT_BYTES: usize = 120 * 1024;

/// One part of the body.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Its file name. A part without one is a text, unless it is called `attachment1`, `attachment-1` and so on.
    pub(crate) filename: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) bytes: Bytes,
}

impl Field {
    /// Whether it is a file.
    pub(crate) fn is_file(&self) -> bool {
        let number = self.name.strip_prefix("attachment").map(|rest| rest.strip_prefix('-').unwrap_or(rest));
        let is_numbered = number
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
        self.filename.is_some() || is_numbered
    }

    /// It as an attachment.
    pub(crate) fn attachment(&self) -> Attachment {
        Attachment {
            filename: self.filename.clone(),
            content_type: self.content_type.clone(),
            bytes: self.bytes.to_vec(),
        }
    }
}

/// Whether the body says that it is multipart.
pub(crate) fn is_multipart(request: &Request<'_>) -> bool {
    request.media_type().eq_ignore_ascii_case("multipart/form-data")
}

/// The parts of a body, in their order.
///
/// # Errors
/// [`domain::source::received::Reason::BodyMalformed`].
pub(crate) fn fields(request: &Request<'_>) -> Result<Vec<Field>, Refusal> {
    let boundary = multer::parse_boundary(request.header("content-type").unwrap_or_default());
    let boundary = boundary
        .map_err(|_| Refusal::malformed("its Content-Type is not multipart/form-data with a boundary"))?;
    let body = Bytes::copy_from_slice(request.body);
    // The whole body is there, so nothing is waited for.
    let read = read(body, boundary).now_or_never();
    read.and_then(Result::ok)
        .ok_or_else(|| Refusal::malformed("its body is not the multipart/form-data that it says"))
}

async fn read(body: Bytes, boundary: String) -> multer::Result<Vec<Field>> {
    let body = stream::once(async move { Ok::<_, Infallible>(body) });
    let mut multipart = Multipart::new(body, boundary);
    let mut fields = Vec::new();
    while let Some(mut field) = multipart.next_field().await? {
        // A part comes in one piece, which is not copied.
        let mut bytes = field.chunk().await?.unwrap_or_default();
        while let Some(more) = field.chunk().await? {
            bytes = [bytes, more].concat().into();
        }
        let content_type = field.headers().get("content-type");
        let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        fields.push(Field {
            name: field.name().unwrap_or_default().to_owned(),
            filename: field.file_name().map(str::to_owned),
            content_type,
            bytes,
        });
    }
    Ok(fields)
}

/// A text in this charset; UTF-8 if there is none or it is not known. What the charset does not have becomes U+FFFD.
pub(crate) fn decode<'a>(bytes: &'a [u8], charset: Option<&str>) -> Cow<'a, str> {
    let encoding = charset.and_then(|label| Encoding::for_label_no_replacement(label.as_bytes()));
    encoding.unwrap_or(UTF_8).decode_without_bom_handling(bytes).0
}

/// `attachments` of an event's `data`: name, type, length and digest of each file, and the files themselves while they are
/// small. `None` if there are none.
pub(crate) fn attachments(fields: &[Field]) -> Option<Value> {
    let files = || fields.iter().filter(|field| field.is_file());
    let are_small = files().map(|file| file.bytes.len()).sum::<usize>() <= MAX_INLINE_BYTES;
    let named = files().take(MAX_NAMED_FILES).map(|file| {
        let mut named = json!({ "size_bytes": file.bytes.len(), "sha256": data::digest(&file.bytes) });
        let content = are_small.then(|| data::base64(&file.bytes));
        for (name, value) in [
            ("filename", file.filename.clone()),
            ("content_type", file.content_type.clone()),
            ("content", content),
        ] {
            if let Some(value) = value {
                named[name] = Value::String(value);
            }
        }
        named
    });
    let named: Vec<Value> = named.collect();
    (!named.is_empty()).then_some(Value::Array(named))
}

/// The file with this number.
pub(crate) fn attachment(fields: &[Field], number: usize) -> Option<Attachment> {
    fields.iter().filter(|field| field.is_file()).nth(number).map(Field::attachment)
}

/// Cuts the longest values so that all together fit into an event, and names those that were cut. The request is kept whole
/// beside the events.
pub(crate) fn shorten(pairs: &mut [(Cow<'_, str>, Cow<'_, str>)]) -> Vec<String> {
    let mut by_length: Vec<(usize, usize)> = pairs
        .iter()
        .enumerate()
        .map(|(index, (name, value))| (json_bytes(name) + json_bytes(value), index))
        .collect();
    by_length.sort_unstable();
    let (mut left, mut cut) = (MAX_TEXT_BYTES, Vec::new());
    for (place, (length, index)) in by_length.iter().copied().enumerate() {
        // Each of those that are left may have the same share; the short ones leave room for the long ones.
        let share = left / (by_length.len() - place);
        if length > share {
            let (name, value) = &mut pairs[index];
            let kept = start(value, share.saturating_sub(json_bytes(name))).to_owned();
            *value = Cow::Owned(kept);
            cut.push(name.to_string());
        }
        left -= length.min(share);
    }
    cut.sort_unstable();
    cut
}

/// How long a text is as JSON, without quotes.
fn json_bytes(text: &str) -> usize {
    text.bytes().map(json_width).sum()
}

fn json_width(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

/// The longest start of `text` that is at most `limit` bytes as JSON.
fn start(text: &str, limit: usize) -> &str {
    let mut length = 0;
    for (index, letter) in text.char_indices() {
        length += text[index..index + letter.len_utf8()].bytes().map(json_width).sum::<usize>();
        if length > limit {
            return &text[..index];
        }
    }
    text
}

/// A part of a sample: name, file name and media type if it is a file, and bytes.
pub(crate) type SampleField<'a> = (&'a str, Option<(&'a str, &'a str)>, &'a [u8]);

/// A body of these parts, for samples.
pub(crate) fn write(boundary: &str, fields: &[SampleField<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, bytes) in fields {
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
        if let Some((filename, content_type)) = file {
            head.push_str(&format!("; filename=\"{filename}\"\r\nContent-Type: {content_type}"));
        }
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(content_type: &str, body: &[u8]) -> Option<Vec<Field>> {
        let headers = [("content-type".to_owned(), content_type.as_bytes().to_vec())];
        let request = Request { method: "POST", url: "https://example.com/in/a", headers: &headers, body };
        fields(&request).ok()
    }

    #[test]
    fn files_and_texts_are_told_apart_and_kept_byte_for_byte() {
        let file = [0u8, 0xff, b'\r', b'\n', b'-', b'-', 0xfe];
        let parts: [SampleField<'_>; 4] = [
            ("text", None, b"caf\xe9"),
            ("attachment1", Some(("a b.pdf", "application/pdf")), &file),
            ("attachment-2", None, b"x"),
            ("attachment-count", None, b"2"),
        ];
        let fields = read("Multipart/Form-Data; boundary=\"xY:Zy\"", &write("xY:Zy", &parts)).unwrap();
        let files: Vec<_> = fields.iter().map(Field::is_file).collect();
        assert_eq!(files, [false, true, true, false]);
        assert_eq!(decode(&fields[0].bytes, Some("ISO-8859-1")), "café");
        assert_eq!(decode(&fields[0].bytes, None), "caf\u{fffd}");
        assert_eq!(decode(&fields[0].bytes, Some("no charset")), "caf\u{fffd}");
        let attachment = attachment(&fields, 0).unwrap();
        assert_eq!(
            (attachment.filename.as_deref(), attachment.bytes.as_slice()),
            (Some("a b.pdf"), &file[..])
        );
        assert_eq!(super::attachment(&fields, 2), None);
        let named = attachments(&fields).unwrap();
        assert_eq!(named[0]["content_type"], "application/pdf");
        assert_eq!(named[0]["size_bytes"], 7);
        assert_eq!(named[0]["content"], data::base64(&file));
        assert_eq!(named[1].get("filename"), None);
    }

    #[test]
    fn large_files_are_named_but_not_in_the_event() {
        for (length, is_inline) in [(MAX_INLINE_BYTES, true), (MAX_INLINE_BYTES + 1, false)] {
            let file = vec![7; length];
            let body = write("b", &[("attachment1", Some(("a", "text/plain")), &file)]);
            let named = attachments(&read("multipart/form-data; boundary=b", &body).unwrap()).unwrap();
            assert_eq!(named[0].get("content").is_some(), is_inline);
            assert_eq!(named[0]["sha256"], data::digest(&file));
        }
    }

    #[test]
    fn what_is_no_multipart_is_refused() {
        let good = write("b", &[("text", None, b"it")]);
        assert!(read("multipart/form-data; boundary=b", &good).is_some());
        for (content_type, body) in [
            ("multipart/form-data", &good[..]),
            ("application/json", &good),
            ("multipart/form-data; boundary=c", &good),
            ("multipart/form-data; boundary=b", &good[..good.len() - 8]),
            ("multipart/form-data; boundary=b", b""),
        ] {
            assert!(read(content_type, body).is_none(), "{content_type}");
        }
    }

    #[test]
    fn long_texts_are_cut_and_short_ones_stay() {
        let (long, short) = ("\u{e9}\n".repeat(MAX_TEXT_BYTES), "short".to_owned());
        let mut pairs = [("html", long.clone()), ("text", long), ("subject", short)]
            .map(|(name, value)| (Cow::Borrowed(name), Cow::Owned(value)));
        assert_eq!(shorten(&mut pairs), ["html", "text"]);
        assert_eq!(pairs[2].1, "short");
        let written: usize = pairs.iter().map(|(_, value)| serde_json::to_string(value).unwrap().len()).sum();
        assert!((MAX_TEXT_BYTES - 100..=MAX_TEXT_BYTES + 10).contains(&written), "{written}");
    }

    proptest! {
        #[test]
        fn nothing_is_cut_that_fits_and_all_fits_in_the_end(texts in proptest::collection::vec("[ -~\n\u{e9}]{0,40}", 0..8), times in 1usize..4000) {
            let values: Vec<String> = texts.iter().map(|text| text.repeat(times)).collect();
            let mut pairs: Vec<_> = values.iter().map(|value| (Cow::Borrowed("name"), Cow::Borrowed(value.as_str()))).collect();
            let length = |values: &[String]| values.iter().map(|value| json_bytes(value) + 4).sum::<usize>();
            let cut = shorten(&mut pairs);
            prop_assert_eq!(cut.is_empty(), length(&values) <= MAX_TEXT_BYTES);
            let kept: Vec<String> = pairs.iter().map(|(_, value)| value.to_string()).collect();
            prop_assert!(length(&kept) <= MAX_TEXT_BYTES);
            for (kept, value) in kept.iter().zip(&values) {
                prop_assert!(value.starts_with(kept.as_str()));
            }
        }
    }
}

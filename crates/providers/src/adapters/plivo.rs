//! How are Plivo's webhooks of SMS, MMS and WhatsApp messages verified and read?
//! V3: HMAC-SHA256 of the URL, its sorted query, the form's sorted parameters and a nonce. V2: of the URL without its query,
//! and a nonce.
//!
//! Which of the two is the source's setting. Each comes in two headers: signed with the Auth Token of the account or
//! subaccount that sent the message, and (`Ma`) with that of the main account; either may be the source's secret. There is
//! no time in them. Source: Plivo's "Signature validation", and plivo-python, plivo-go and plivo-ruby.

use std::borrow::Cow;

use domain::source::received::Reason;
use domain::source::scheme::Scheme;

use crate::adapter::{Adapter, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data};
use crate::body::form::{self, Pairs};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

/// Most signatures of one request that are looked at; Plivo sends one a token in force.
const MAX_SIGNATURES: usize = 10;

/// Plivo's adapter.
#[derive(Debug)]
pub(crate) struct Plivo;

/// The headers of one version.
struct Headers {
    signature: &'static str,
    main_account: &'static str,
    nonce: &'static str,
}

const V2: Headers = Headers {
    signature: "X-Plivo-Signature-V2",
    main_account: "X-Plivo-Signature-Ma-V2",
    nonce: "X-Plivo-Signature-V2-Nonce",
};
const V3: Headers = Headers {
    signature: "X-Plivo-Signature-V3",
    main_account: "X-Plivo-Signature-Ma-V3",
    nonce: "X-Plivo-Signature-V3-Nonce",
};

impl Adapter for Plivo {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        match setup.scheme {
            Scheme::PlivoV3 => {
                verify_v3(request, setup).map(|nonce| Verified::once(request, nonce, content_v3(request)))
            }
            Scheme::PlivoV2 => {
                verify_v2(request, setup).map(|nonce| Verified::once(request, nonce, content_v2(request)))
            }
            _ => Err(Refusal::mismatch()),
        }
        .into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let request = verified.request();
        let text = if request.body.is_empty() { request.query().as_bytes() } else { request.body };
        let params = form::pairs(text);
        if params.is_empty() {
            return Err(Refusal::malformed("it has no parameters"));
        }
        Ok(Split::of(vec![message(&params)]))
    }
}

/// The signatures and the nonce of a request.
fn proof<'a>(request: &Request<'a>, headers: &Headers) -> Result<(Vec<Vec<u8>>, &'a str), Refusal> {
    let header = |name: &str| request.header(&name.to_lowercase());
    let lists = [header(headers.signature), header(headers.main_account)];
    if lists == [None, None] {
        return Err(Refusal::missing(headers.signature));
    }
    let nonce = header(headers.nonce).filter(|nonce| !nonce.is_empty());
    let nonce = nonce.ok_or_else(|| Refusal::missing(headers.nonce))?;
    let signatures = lists.into_iter().flatten().flat_map(|list| list.split(','));
    let signatures = signatures.filter_map(|signature| mac::from_base64(signature.trim()).ok());
    let signatures = signatures.filter(|signature| !signature.is_empty());
    let signatures: Vec<_> = signatures.take(MAX_SIGNATURES).collect();
    if signatures.is_empty() {
        return Err(Refusal::new(Reason::SignatureMalformed, "its signature is not base64"));
    }
    Ok((signatures, nonce))
}

fn check(setup: &Setup<'_>, parts: &[&[u8]], signatures: &[Vec<u8>]) -> Result<(), Refusal> {
    mac::require_match(Hash::Sha256, &setup.secrets, parts, signatures).map_err(|refusal| Refusal {
        detail: "no secret of this source makes its signature; is the secret the Auth Token of the account or subaccount \
                 that sends, and does Plivo call exactly the source's address?"
            .to_owned(),
        ..refusal
    })
}

/// The nonce: neither body nor query is signed, so it may come again only with the same.
fn verify_v2<'a>(request: &Request<'a>, setup: &Setup<'_>) -> Result<&'a str, Refusal> {
    let (signatures, nonce) = proof(request, &V2)?;
    check(setup, &[request.url_without_query().as_bytes(), nonce.as_bytes()], &signatures)?;
    Ok(nonce)
}

/// The nonce: names and values are signed without anything between them, so that `a=bc` and `ab=c` have one signature. It
/// may come again only with the same parameters.
fn verify_v3<'a>(request: &Request<'a>, setup: &Setup<'_>) -> Result<&'a str, Refusal> {
    let (signatures, nonce) = proof(request, &V3)?;
    if nonce.contains('.') {
        // The end of the parameters would count as the beginning of another nonce.
        return Err(Refusal::new(
            Reason::SignatureMalformed,
            "its nonce has a dot, which stands before nonces",
        ));
    }
    let text = signed_v3(request.url_without_query(), request.query(), request.body)?;
    check(setup, &[text.as_bytes(), b".", nonce.as_bytes()], &signatures)?;
    Ok(nonce)
}

/// What V2 does not sign.
fn content_v2(request: &Request<'_>) -> String {
    data::digest_of([request.url.as_bytes(), request.body])
}

/// The parameters, of which V3 does not sign where one ends and the next begins.
fn content_v3(request: &Request<'_>) -> String {
    let parameters = |text| parameters_digest(&form::pairs(text));
    let (query, body) = (parameters(request.query().as_bytes()), parameters(request.body));
    data::digest_of([query.as_bytes(), body.as_bytes()])
}

/// The digest of the parameters in the order of their names.
fn parameters_digest(params: &[(Cow<'_, str>, Cow<'_, str>)]) -> String {
    let mut params: Vec<_> = params.iter().collect();
    // Of parameters with one name, the first counts: their order stays.
    params.sort_by(|one, other| one.0.cmp(&other.0));
    data::digest_of(params.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]))
}

/// What V3 signs before the nonce. A request without a body has only its query, whatever its method.
fn signed_v3(url: &str, query: &str, body: &[u8]) -> Result<String, Refusal> {
    let (query, body) = (sorted(query.as_bytes())?, sorted(body)?);
    let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut text = url.to_owned();
    if !query.is_empty() || !body.is_empty() {
        text.push('?');
    }
    text.push_str(&query.join("&"));
    if !query.is_empty() && !body.is_empty() {
        text.push('.');
    }
    for (name, value) in &body {
        text.push_str(name);
        text.push_str(value);
    }
    Ok(text)
}

/// The parameters by name, and by value where a name comes several times.
fn sorted(text: &[u8]) -> Result<Pairs<'_>, Refusal> {
    let mut pairs = form::signed_pairs(text)?;
    pairs.sort_unstable();
    Ok(pairs)
}

fn event_type(channel: &str, status: &str) -> &'static str {
    match (channel, status) {
        ("whatsapp", "queued") => "whatsapp.accepted",
        ("whatsapp", "sent") => "whatsapp.sent",
        ("whatsapp", "delivered") => "whatsapp.delivered",
        ("whatsapp", "read") => "whatsapp.read",
        ("whatsapp", "undelivered" | "failed" | "rejected") => "whatsapp.failed",
        ("whatsapp", "received") => "whatsapp.message.received",
        ("whatsapp", _) => "whatsapp.unknown",
        (_, "queued") => "sms.accepted",
        (_, "sent") => "sms.sent",
        (_, "delivered") => "sms.delivered",
        (_, "undelivered") => "sms.undelivered",
        (_, "failed") => "sms.failed",
        (_, "rejected") => "sms.rejected",
        (_, "received") => "sms.received",
        _ => "sms.unknown",
    }
}

fn message(params: &[(Cow<'_, str>, Cow<'_, str>)]) -> Part {
    let get = |name| form::first(params, name).filter(|value| !value.is_empty());
    let id = get("MessageUUID");
    // Only a message that arrived has no status.
    let arrived = id.and(get("From")).map(|_| "received");
    let status = get("Status").or(arrived).unwrap_or("unknown");
    let dedupe_key = match (id, get("Sequence")) {
        (None, _) => parameters_digest(params),
        (Some(id), _) if status == "received" => id.to_owned(),
        (Some(id), None) => format!("{id}:{status}"),
        (Some(id), Some(sequence)) => format!("{id}:{status}:{sequence}"),
    };
    let time = match status {
        "queued" => get("QueuedTime").or_else(|| get("MessageTime")),
        "sent" => get("SentTime"),
        "delivered" | "undelivered" | "failed" | "read" => get("DeliveryReportTime"),
        _ => None,
    };
    let data = Data::new()
        .with("message_id", id)
        .with("from", get("From"))
        .with("to", get("To"))
        .with("text", get("Text").or_else(|| get("Body")))
        .with("error_code", get("ErrorCode").filter(|code| *code != "000"))
        .with("media", get("MediaCount").and_then(data::count))
        .with("price", get("TotalAmount"))
        .build();
    Part {
        event_type: event_type(get("Type").unwrap_or_default(), status).to_owned(),
        provider_type: status.to_owned(),
        dedupe_key,
        occurred_at: time.and_then(data::utc),
        data,
        raw: form::raw(params),
    }
}

/// An SMS that was delivered.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let id = draft.id();
    let sample = Sample::form(&[
        ("MessageUUID", &id),
        ("To", "15558675310"),
        ("From", "15550006789"),
        ("Type", "sms"),
        ("Status", "delivered"),
        ("Units", "1"),
        ("TotalRate", "0.0055"),
        ("TotalAmount", "0.0055"),
        ("MCC", "310"),
        ("MNC", "150"),
        ("ErrorCode", "000"),
        ("Sequence", "2"),
    ]);
    let nonce = nonce(draft);
    let is_v2 = draft.setup.scheme == Scheme::PlivoV2;
    let headers = if is_v2 { V2 } else { V3 };
    let signed = if is_v2 {
        format!("{}{nonce}", draft.url)
    } else {
        format!("{}.{nonce}", signed_v3(draft.url, "", &sample.body).unwrap_or_default())
    };
    let signature = mac::sign(Hash::Sha256, draft.secret().as_bytes(), &[signed.as_bytes()]);
    sample
        .with(headers.signature.to_lowercase(), data::base64(&signature))
        .with(headers.nonce.to_lowercase(), nonce)
}

/// Twenty digits, as Plivo's.
fn nonce(draft: &Draft<'_>) -> String {
    draft.derive(b"nonce").iter().take(20).map(|byte| char::from(b'0' + byte % 10)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, URL, one_time, part, refusal, split};

    const TOKEN: &str = "the Auth Token of an account";
    const NONCE: &str = "31627761595286130198";

    fn header(headers: &Headers, which: &str, signed: &str, case: Case) -> Case {
        let signature = data::base64(&mac::sign(Hash::Sha256, TOKEN.as_bytes(), &[signed.as_bytes()]));
        case.header(&which.to_lowercase(), &signature).header(&headers.nonce.to_lowercase(), NONCE)
    }

    fn v3(body: &str) -> Case {
        let signed = format!("{}.{NONCE}", signed_v3(URL, "", body.as_bytes()).unwrap());
        header(&V3, V3.signature, &signed, Case::new(Scheme::PlivoV3, TOKEN).body(body))
    }

    #[test]
    fn a_status_has_its_type() {
        for (status, sms, whatsapp) in [
            ("queued", "sms.accepted", "whatsapp.accepted"),
            ("sent", "sms.sent", "whatsapp.sent"),
            ("delivered", "sms.delivered", "whatsapp.delivered"),
            ("undelivered", "sms.undelivered", "whatsapp.failed"),
            ("failed", "sms.failed", "whatsapp.failed"),
            ("rejected", "sms.rejected", "whatsapp.failed"),
            ("read", "sms.unknown", "whatsapp.read"),
            ("new_one", "sms.unknown", "whatsapp.unknown"),
        ] {
            for (channel, name) in [("sms", sms), ("mms", sms), ("whatsapp", whatsapp)] {
                let part =
                    part(&Plivo, &v3(&format!("MessageUUID=u&Status={status}&Type={channel}&From=1&To=2")));
                assert_eq!(
                    (part.event_type.as_str(), part.provider_type.as_str()),
                    (name, status),
                    "{channel}"
                );
                assert_eq!(part.dedupe_key, format!("u:{status}"));
            }
        }
    }

    #[test]
    fn a_status_says_when_and_what() {
        let body = "MessageUUID=u&Status=failed&Type=sms&From=1&To=2&ErrorCode=300&TotalAmount=0.01&Sequence=3\
                    &SentTime=2026-01-05+09%3A29%3A00.000000&DeliveryReportTime=2026-01-05+09%3A30%3A00.250000";
        let part = part(&Plivo, &v3(body));
        assert_eq!(part.dedupe_key, "u:failed:3");
        assert_eq!(part.occurred_at.map(|at| at.to_string()).as_deref(), Some("2026-01-05T09:30:00.250Z"));
        let data = serde_json::json!({
            "message_id": "u", "from": "1", "to": "2", "error_code": "300", "price": "0.01",
        });
        assert_eq!(serde_json::Value::Object(part.data), data);
        assert!(part.raw.get().contains(r#""SentTime":"2026-01-05 09:29:00.000000""#));
    }

    #[test]
    fn a_message_that_arrived_has_its_text() {
        for (channel, name) in [("sms", "sms.received"), ("whatsapp", "whatsapp.message.received")] {
            let part = part(&Plivo, &v3(&format!("From=1&To=2&Type={channel}&Text=Hi+there&MessageUUID=u")));
            assert_eq!((part.event_type.as_str(), part.dedupe_key.as_str()), (name, "u"));
            assert_eq!(part.data["text"], "Hi there");
        }
        let other = part(&Plivo, &v3("CallUUID=c&Event=StartApp&From=1"));
        assert_eq!((other.event_type.as_str(), other.dedupe_key.len()), ("sms.unknown", 64));
        assert_eq!(split(&Plivo, &v3("")).unwrap_err().reason, Reason::BodyMalformed);
    }

    #[test]
    fn v3_signs_query_and_form_in_order() {
        for (query, body, signed) in [
            ("", "", "u"),
            ("b=2&a=x+y", "", "u?a=x y&b=2"),
            ("", "b=2&a=x+y&c=", "u?ax yb2c"),
            ("d=%26&c=1", "b=2&B=1", "u?c=1&d=&.B1b2"),
            ("a=2&a=1", "b=2&b=1", "u?a=1&a=2.b1b2"),
        ] {
            assert_eq!(signed_v3("u", query, body.as_bytes()).unwrap(), signed);
        }
    }

    /// The values of plivo-go's and plivo-ruby's tests.
    #[test]
    fn v3_of_a_get_is_that_of_the_libraries() {
        const PARAMS: &str = "Direction=outbound&From=19792014278&ALegUUID=3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36\
            &CallStatus=in-progress&BillRate=0.002&ParentAuthID=MANWVLYTK4ZWU1YTY4QA\
            &To=sip%3APlivoSignature382029104058171078704104%40phone-qa.voice.plivodev.com\
            &ALegRequestUUID=3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36&CallUUID=3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36\
            &RequestUUID=3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36\
            &SIP-H-To=%3Csip%3APlivoSignature382029104058171078704104%4052.9.11.55%3Btransport%3Dudp%3E%3Btag%3D1\
            &SessionStart=2020-04-08+11%3A34%3A33.238707&Event=StartApp";
        let base = "https://plivobin.non-prod.plivops.com/api/v1/validate_signature03.xml";
        for (url, signature) in [
            (format!("{base}?{PARAMS}"), "i/MQsaQSAd6fiKhOh2qeeeLHZ9faldADSb3/7+Akfbc="),
            (format!("{base}/?a=b&c=d&{PARAMS}"), "UBq8jAtd32wR8EK9VgxbBn4n5rpI/l1H9iN4WfSEHFQ="),
        ] {
            let mut case = Case::new(Scheme::PlivoV3, "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4")
                .query("")
                .header("x-plivo-signature-v3", signature)
                .header("x-plivo-signature-v3-nonce", NONCE);
            case.url = url;
            assert_eq!(refusal(&Plivo, &case), None);
            case.url.push_str("&c=d");
            assert_eq!(refusal(&Plivo, &case), Some(Reason::SignatureMismatch));
        }
    }

    #[test]
    fn v2_signs_exactly_the_url_and_its_nonce_comes_once() {
        let signed = format!("{URL}{NONCE}");
        let case = header(
            &V2,
            V2.signature,
            &signed,
            Case::new(Scheme::PlivoV2, TOKEN).body("MessageUUID=u&Status=sent"),
        );
        let with_query = Case { url: format!("{URL}?a=1"), ..case.clone() };
        assert_eq!(refusal(&Plivo, &with_query), None);
        let slash = Case { url: format!("{URL}/"), ..case.clone() };
        assert_eq!(refusal(&Plivo, &slash), Some(Reason::SignatureMismatch));
        let once = |case: &Case| one_time(&Plivo, case).unwrap();
        assert_eq!(once(&case).token, NONCE);
        assert_eq!(once(&case), once(&case.clone()));
        assert_ne!(once(&case).content, once(&with_query).content);
        assert_ne!(once(&case).content, once(&case.body("MessageUUID=u&Status=read")).content);
    }

    #[test]
    fn v3_with_parameters_that_are_cut_elsewhere_is_another_content() {
        let case = v3("Text=Pay&To=12&To=34");
        let content = |body: &str| {
            let once = one_time(&Plivo, &case.clone().body(body)).unwrap();
            assert_eq!(once.token, NONCE);
            once.content
        };
        let first = content("Text=Pay&To=12&To=34");
        assert_eq!(first, content("To=12&Text=Pa%79&To=34"));
        for valid in
            ["Tex=tPay&To=12&To=34", "Text=PayTo12To34", "Text=Pay&To=12To34", "Text=Pay&To=34&To=12"]
        {
            assert_ne!(first, content(valid), "{valid}");
        }
        let moved = v3("Text=1.5").body("Text=1").header("x-plivo-signature-v3-nonce", &format!("5.{NONCE}"));
        assert_eq!(refusal(&Plivo, &moved), Some(Reason::SignatureMalformed));
    }

    #[test]
    fn more_parameters_than_a_message_has_are_refused() {
        let form = |count: usize| vec!["a=1"; count].join("&");
        assert_eq!(refusal(&Plivo, &v3(&form(form::MAX_PARAMS))), None);
        let more = v3("a=1").body(form(form::MAX_PARAMS + 1));
        assert_eq!(refusal(&Plivo, &more), Some(Reason::SignatureMalformed));
    }

    #[test]
    fn the_main_accounts_signature_counts_as_well() {
        let body = "MessageUUID=u&Status=sent";
        let signed = format!("{}.{NONCE}", signed_v3(URL, "", body.as_bytes()).unwrap());
        let case = header(&V3, V3.main_account, &signed, Case::new(Scheme::PlivoV3, TOKEN).body(body));
        assert_eq!(refusal(&Plivo, &case), None);
        // The subaccount's, which another secret makes, stands beside it.
        let other = data::base64(&[7; 32]);
        assert_eq!(refusal(&Plivo, &case.clone().header("x-plivo-signature-v3", &other)), None);
        let list = format!("{other}, {}", String::from_utf8(v3(body).headers[0].1.clone()).unwrap());
        assert_eq!(refusal(&Plivo, &v3(body).header("x-plivo-signature-v3", &list)), None);
    }

    #[test]
    fn the_request_does_not_choose_the_version() {
        let signed = format!("{URL}{NONCE}");
        let v2_only = header(&V2, V2.signature, &signed, Case::new(Scheme::PlivoV3, TOKEN));
        assert_eq!(refusal(&Plivo, &v2_only), Some(Reason::SignatureMissing));
        let v3_only = Case { scheme: Scheme::PlivoV2, ..v3("a=1") };
        assert_eq!(refusal(&Plivo, &v3_only), Some(Reason::SignatureMissing));
        assert_eq!(
            refusal(&Plivo, &Case { scheme: Scheme::Hmac, ..v3("a=1") }),
            Some(Reason::SignatureMismatch)
        );
    }

    #[test]
    fn a_proof_that_is_not_whole_is_refused() {
        let case = v3("a=1");
        let no_nonce = case.clone().header("x-plivo-signature-v3-nonce", "");
        assert_eq!(refusal(&Plivo, &no_nonce), Some(Reason::SignatureMissing));
        for bad in ["", ",", "no base64!"] {
            let case = case.clone().header("x-plivo-signature-v3", bad);
            assert_eq!(refusal(&Plivo, &case), Some(Reason::SignatureMalformed), "{bad}");
        }
        assert_eq!(refusal(&Plivo, &case.clone().body("a=2")), Some(Reason::SignatureMismatch));
        let other_nonce = case.header("x-plivo-signature-v3-nonce", "1");
        assert_eq!(refusal(&Plivo, &other_nonce), Some(Reason::SignatureMismatch));
    }
}

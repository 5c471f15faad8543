//! What is never called, whatever a URL, a name server, an endpoint or the environment says.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const PUBLIC: AllowedTargets = AllowedTargets::public_only();
const BLOCKED: Outcome = Outcome::Unreachable(ErrorClass::BlockedAddress);

#[tokio::test]
async fn a_loopback_address_in_a_stored_url_is_never_called() {
    let receiver = Receiver::answering(OK).await;
    let egress = Egress::new(PUBLIC).unwrap();
    let port = receiver.port;
    for url in [
        format!("http://127.0.0.1:{port}/2018-06-01/runtime/invocation/next"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://localhost:{port}/"),
        "https://127.0.0.1/".to_owned(),
        "https://[::1]:8443/".to_owned(),
    ] {
        assert_eq!(post(&egress, &url).await.outcome, BLOCKED, "{url}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn private_addresses_are_refused_in_local_mode_too() {
    let stored: Vec<EndpointUrl> =
        serde_json::from_str(r#"["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/"]"#).unwrap();
    for url in &stored {
        assert_eq!(local_egress().post(request(url)).await.outcome, BLOCKED, "{url}");
    }
}

#[tokio::test]
async fn a_name_that_leads_to_loopback_is_blocked() {
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.7", "fd00:ec2::254"] {
        let egress = Egress::with_lookup(PUBLIC, always(&[address])).unwrap();
        assert_eq!(post(&egress, "https://hooks.example.com/").await.outcome, BLOCKED, "{address}");
    }
}

#[tokio::test]
async fn a_name_that_was_allowed_may_be_private_and_no_other_name() {
    let hosts: &'static [String] = Box::leak(Box::new(["crm".to_owned()]));
    let egress = Egress::with_lookup(LOCAL.with_hosts(hosts), always(&["10.255.255.1"])).unwrap();
    let crm = EndpointUrl::parse("http://crm:9/", &LOCAL.with_hosts(hosts)).unwrap();
    let soon = Request { timeout: Duration::from_millis(200), ..request(&crm) };
    assert_ne!(egress.post(soon).await.outcome, BLOCKED);
    assert_eq!(post(&egress, "http://hooks.example.com:9/").await.outcome, BLOCKED);
    let metadata = Egress::with_lookup(LOCAL.with_hosts(hosts), always(&["169.254.169.254"])).unwrap();
    assert_eq!(metadata.post(request(&crm)).await.outcome, BLOCKED);
}

#[tokio::test]
async fn a_name_with_one_public_and_one_private_address_is_blocked() {
    for addresses in [["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["2606:4700::1", "::1"]] {
        let egress = Egress::with_lookup(PUBLIC, always(&addresses)).unwrap();
        assert_eq!(post(&egress, "https://hooks.example.com/").await.outcome, BLOCKED, "{addresses:?}");
    }
}

#[tokio::test]
async fn not_even_the_permitted_address_of_a_blocked_name_is_contacted() {
    let receiver = Receiver::answering(OK).await;
    let url = format!("http://hooks.example.com:{}/", receiver.port);
    let permitted_only = Egress::with_lookup(LOCAL, always(&["127.0.0.1"])).unwrap();
    assert_eq!(error_class(&post(&permitted_only, &url).await.outcome), None);
    let both = Egress::with_lookup(LOCAL, always(&["127.0.0.1", "10.0.0.1"])).unwrap();
    assert_eq!(post(&both, &url).await.outcome, BLOCKED);
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_name_is_judged_again_at_every_connection() {
    let receiver =
        Receiver::answering_once(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
    let lookups = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&lookups);
    let rebinding = Lookup::new(move |_| {
        let address: IpAddr = if counter.fetch_add(1, Ordering::SeqCst) == 0 {
            [127, 0, 0, 1].into()
        } else {
            [10, 0, 0, 1].into()
        };
        Box::pin(async move { Ok(vec![address]) })
    });
    let egress = Egress::with_lookup(LOCAL, rebinding).unwrap();
    let url = format!("http://hooks.example.com:{}/", receiver.port);
    assert_eq!(error_class(&post(&egress, &url).await.outcome), None);
    assert_eq!(post(&egress, &url).await.outcome, BLOCKED);
    assert_eq!(
        lookups.load(Ordering::SeqCst),
        2,
        "one lookup a connection: what was checked is what is used"
    );
}

#[tokio::test]
async fn a_redirect_is_refused_and_its_target_never_contacted() {
    let target = Receiver::answering(OK).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://127.0.0.1:{}/", target.port);
        let head = format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let outcome = post_to(&Receiver::answering(head).await).await.outcome;
        assert_eq!(error_class(&outcome), Some(ErrorClass::RedirectRefused));
        let Outcome::Answered(answer) = outcome else { panic!("answered") };
        assert_eq!(answer.status, status);
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn proxy_variables_of_the_environment_are_ignored() {
    let proxy = Receiver::answering(OK).await;
    let endpoint = Receiver::answering(OK).await;
    let proxy_url = format!("http://127.0.0.1:{}", proxy.port);
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "refusals::a_post_of_a_process_of_its_own"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        child.env(name, &proxy_url);
    }
    let child = child
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env("RECEIVER", format!("http://hooks.example.com:{}/", endpoint.port))
        .stdout(Stdio::null());
    assert!(child.status().await.unwrap().success());
    assert_eq!((proxy.connections(), endpoint.requests().len()), (0, 1));
}

/// Alone it posts to a receiver of its own; `proxy_variables_of_the_environment_are_ignored` runs it as a process
/// with another environment and a receiver that it names.
#[tokio::test]
async fn a_post_of_a_process_of_its_own() {
    let egress = Egress::with_lookup(LOCAL, always(&["127.0.0.1"])).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the parent test names its receiver in the environment")]
    let named = std::env::var("RECEIVER").ok();
    let own = Receiver::answering(OK).await;
    let url = named.unwrap_or_else(|| format!("http://hooks.example.com:{}/", own.port));
    assert_eq!(error_class(&post(&egress, &url).await.outcome), None);
}

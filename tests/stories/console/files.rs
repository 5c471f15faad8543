//! How does a browser get the console's files?
//! Static files: one page for every address, files under their hash that are kept for ever, and the security headers.

use std::io::Read as _;
use std::sync::Arc;

use flate2::read::GzDecoder;
use local::platform::{Platform, Setup};
use stories::Stage;

use super::{Got, get, request};

/// The path under which the page says that its files are.
fn assets(page: &Got) -> String {
    let text = page.text();
    let begin = text.find("/console/assets/").unwrap();
    let hash = text[begin + "/console/assets/".len()..].split('/').next().unwrap();
    format!("/console/assets/{hash}")
}

fn assert_is_protected(got: &Got, path: &str) {
    let policy = got.header("content-security-policy");
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ] {
        assert!(policy.split("; ").any(|one| one == directive), "{path} {directive}: {policy}");
    }
    assert_eq!(got.header("referrer-policy"), "no-referrer", "{path}");
    assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(got.header("cross-origin-opener-policy"), "same-origin", "{path}");
    assert!(got.header("permissions-policy").contains("camera=()"), "{path}");
}

#[tokio::test]
async fn every_address_of_the_console_is_the_same_page_which_is_asked_for_each_time() {
    let stage = Stage::set().await;
    let first = get(&stage, "/console", &[]).await;
    let portal = format!("/portal/{}", stage.workspace);
    for path in
        ["/console/", "/console/login", "/console/ws_1/deliveries/wd_1?status=failed", "/console/%2e%2e/%00"]
            .map(str::to_owned)
            .into_iter()
            .chain([portal.clone(), format!("{portal}/"), format!("{portal}/endpoints")])
    {
        let got = get(&stage, &path, &[]).await;
        assert_eq!((got.status, got.text()), (200, first.text()), "{path}");
        assert_eq!(got.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(got.header("cache-control"), "no-cache", "{path}");
        assert_is_protected(&got, &path);
    }
    assert!(!first.text().contains("%ASSETS%"));
    assert_eq!(request(&stage, "HEAD", "/console", &[]).await.status, 200);
    assert_eq!(request(&stage, "POST", "/console", &[]).await.status, 405);
    stage.end().await;
}

#[tokio::test]
async fn a_file_under_its_hash_is_kept_for_ever() {
    let stage = Stage::set().await;
    let main = format!("{}/main.js", assets(&get(&stage, "/console", &[]).await));
    let plain = get(&stage, &main, &[]).await;
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
    assert_is_protected(&plain, &main);
    // Modules come in packs, without comments. What is no module comes as it is.
    assert!(plain.text().contains("const $main = $once(") && !plain.text().contains("/**"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../console/vendor/LICENCES.txt");
    let licences = main.replace("main.js", "vendor/LICENCES.txt");
    assert_eq!(get(&stage, &licences, &[]).await.text(), std::fs::read_to_string(source).unwrap());

    let gzipped = get(&stage, &main, &["accept-encoding: br, gzip"]).await;
    assert_eq!(gzipped.header("content-encoding"), "gzip");
    let mut inflated = String::new();
    GzDecoder::new(&gzipped.body[..]).read_to_string(&mut inflated).unwrap();
    assert_eq!(inflated, plain.text());

    let version = plain.header("etag");
    let known = get(&stage, &main, &[&format!("if-none-match: {version}")]).await;
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, version));
    assert_eq!(known.header("cache-control"), plain.header("cache-control"));
    stage.end().await;
}

#[tokio::test]
async fn nothing_else_is_served() {
    let stage = Stage::set().await;
    let assets = assets(&get(&stage, "/console", &[]).await);
    for path in [
        // Of another version: only the page leads to files.
        "/console/assets/0/main.js",
        "/console/assets/dev/main.js",
        "/console/assets/x/../../etc/passwd",
        "/console/assets/x/%2e%2e/%2e%2e/etc/passwd",
        &format!("{assets}/../../../../etc/passwd"),
        &format!("{assets}/..%2f..%2f..%2fetc%2fpasswd"),
        &format!("{assets}//etc/passwd"),
        &format!("{assets}/%2e/main.js"),
        &format!("{assets}/MAIN.js"),
        // No part of what is shipped.
        &format!("{assets}/index.html"),
        &format!("{assets}/README.md"),
        &format!("{assets}/vendor/make"),
        &format!("{assets}/vendor/package-lock.json"),
        &format!("{assets}/api.d.ts"),
        &format!("{assets}/pages/dev_components.js"),
        &format!("{assets}/shell.js"),
        &format!("{assets}/pages/overview.js"),
        &format!("{assets}/format.test.js"),
    ] {
        let got = get(&stage, path, &[]).await;
        assert_eq!(got.status, 404, "{path}: {}", got.text());
        assert!(got.text().contains("\"code\":\"not_found\""), "{path}: {}", got.text());
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert!(!got.header("cache-control").contains("immutable"));
    }
    stage.end().await;
}

#[tokio::test]
async fn who_writes_the_console_sees_what_was_saved() {
    let folder = std::env::temp_dir().join(format!("posthorn-console-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("pages")).unwrap();
    std::fs::write(folder.join("index.html"), "<script src=\"%ASSETS%/main.js\"></script>").unwrap();
    std::fs::write(folder.join("main.js"), "1").unwrap();
    std::fs::write(folder.join("pages/a.js"), "2").unwrap();
    std::fs::write(folder.join("secret.json"), "3").unwrap();
    let mut stage = Stage::set().await;
    let console = Some(Arc::from(folder.as_path()));
    let other = Platform::start(Setup { console, ..Setup::default() }).await.unwrap();
    let before = std::mem::replace(&mut stage.platform, other);
    before.stop().await;

    let page = get(&stage, "/console/ws_1", &[]).await;
    assert_eq!(page.text(), "<script src=\"/console/assets/dev/main.js\"></script>");
    assert_is_protected(&page, "/console/ws_1");
    for (path, text) in [("main.js", "1"), ("pages/a.js", "2")] {
        let got = get(&stage, &format!("/console/assets/dev/{path}"), &["accept-encoding: gzip"]).await;
        assert_eq!((got.status, got.text(), got.header("cache-control")), (200, text, "no-store"), "{path}");
        assert_eq!(got.header("content-type"), "text/javascript; charset=utf-8");
    }
    std::fs::write(folder.join("main.js"), "changed").unwrap();
    assert_eq!(get(&stage, "/console/assets/dev/main.js", &[]).await.text(), "changed");
    for path in
        ["../main.js", "pages/..%2fmain.js", "%2e%2e/x.js", "/etc/x.js", "secret.json", "no.js", "pages"]
    {
        assert_eq!(get(&stage, &format!("/console/assets/dev/{path}"), &[]).await.status, 404, "{path}");
    }
    stage.end().await;
    std::fs::remove_dir_all(folder).unwrap();
}

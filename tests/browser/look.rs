//! Is a page fit to be looked at?
//! Pictures in light, dark and on a phone; axe-core's rules of accessibility; width; what was transferred, and from where.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use stories::tools::skip;

use crate::webdriver::Browser;

/// What a page has loaded over the network: nothing that was kept from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// Requests, with that for the page itself.
    pub requests: u64,
    /// Bytes on the wire, as the browser counts them: headers included.
    pub bytes: u64,
}

/// Width, height, and the colours that the reader's system prefers.
const VIEWS: &[(&str, u32, u32, &str)] = &[
    ("light", 1440, 900, "light"),
    ("dark", 1440, 900, "dark"),
    ("narrow", 1024, 768, "light"),
    ("narrow-dark", 1024, 768, "dark"),
    ("phone", 390, 844, "light"),
    ("phone-dark", 390, 844, "dark"),
];

impl Browser {
    /// Takes pictures of the page in every view, and checks it there.
    ///
    /// # Panics
    /// When the page is wider than a window, has a serious fault of accessibility, or asked another host.
    pub async fn look_at(&self, name: &str) {
        for (view, width, height, scheme) in VIEWS {
            self.set_view(*width, *height, scheme).await;
            self.settle().await;
            let still = "return document.getAnimations().every((a) => a.playState !== 'running')";
            self.until("nothing moves", async || {
                Ok((self.run(still, &[]).await? == json!(true)).then_some(()))
            })
            .await;
            self.keep_picture(&format!("{name}-{view}")).await;
            let wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let wider = self.run(wider, &[]).await.unwrap();
            assert!(wider.as_i64() <= Some(0), "{name}, {view}: wider than the window by {wider} px");
            // The same marks as at full width, which only the scheme colours.
            if *width != 1024 {
                self.expect_accessible(&format!("{name}, {view}")).await;
            }
        }
        self.set_view(1440, 900, "light").await;
        let foreign = "return performance.getEntriesByType('resource').map((e) => e.name).filter((n) => new URL(n).origin !== location.origin && !n.startsWith('data:'))";
        let foreign = self.run(foreign, &[]).await.unwrap();
        assert_eq!(foreign, json!([]), "{name} asked another host");
    }

    /// Sets the window's size and the preferred colours.
    pub async fn set_view(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.chromium("Emulation.setDeviceMetricsOverride", size).await;
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.chromium("Emulation.setEmulatedMedia", features).await;
    }

    /// Keeps a picture of the whole page in `target/console`.
    pub async fn keep_picture(&self, name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("console");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.chromium("Page.captureScreenshot", picture).await;
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()).unwrap();
        file
    }

    async fn expect_accessible(&self, page: &str) {
        let Some(rules) = rules() else { return };
        self.run(&rules, &[]).await.unwrap();
        let check = "const { violations } = await axe.run(document, { resultTypes: ['violations'] });
            return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
                .map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 200) + ' | ' + (n.any[0] ?? n.all[0] ?? n.none[0])?.message) }));";
        let faults: Value = self.run_async(check).await;
        assert_eq!(faults, json!([]), "{page}: {faults:#}");
    }

    /// Forgets what was loaded, so that [`loaded`](Self::loaded) counts from here.
    pub async fn count_from_here(&self) {
        self.run("performance.clearResourceTimings()", &[]).await.unwrap();
    }

    /// What was loaded since the page's address was loaded, or since [`count_from_here`](Self::count_from_here).
    pub async fn loaded(&self, with_page: bool) -> Loaded {
        let script = "const all = performance.getEntriesByType('resource').concat(arguments[0] ? performance.getEntriesByType('navigation') : []).filter((e) => e.transferSize > 0);
            return [all.length, all.reduce((sum, e) => sum + e.transferSize, 0)]";
        let counted = self.run(script, &[json!(with_page)]).await.unwrap();
        Loaded { requests: counted[0].as_u64().unwrap(), bytes: counted[1].as_u64().unwrap() }
    }
}

/// axe-core's script, where `just axe` has put it. In CI it must be there.
fn rules() -> Option<String> {
    let file =
        Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("axe").join("node_modules/axe-core/axe.min.js");
    if let Ok(script) = std::fs::read_to_string(&file) {
        return Some(script);
    }
    skip("axe-core is not installed here (`just axe`)");
    None
}

//! How does a story act like a person?
//! Finds what is shown by its words, clicks and types, and waits until something is seen: never by a pause.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use domain::access::api_key::ApiKeySecret;
use serde_json::{Value, json};
use stories::Stage;
use stories::tools::is_installed;

use crate::webdriver::{Browser, Element, Refused};

/// How long a person waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// Finds the element of a kind that is shown and has this name: the same words, else those that begin with it, else
/// those that contain it. What lies behind an open dialog is not found.
const FIND: &str = r"
const [kind, name] = arguments;
const of = {
  button: 'button, [role=button], [role=switch], [role=menuitem], [role=option], summary, a.button',
  tab: '[role=tab], .tabs a', link: 'a[href]', field: 'input, textarea, select', css: name,
}[kind];
const clean = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
const label = (e) => clean(e.getAttribute('aria-label') ?? (kind === 'field' ? [...(e.labels ?? [])].map((l) => l.innerText).join(' ') || e.placeholder : e.innerText));
const inside = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document;
const shown = [...inside.querySelectorAll(of)].filter((e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: false }));
if (kind === 'css') return shown[0] ?? null;
return shown.find((e) => label(e) === name) ?? shown.find((e) => label(e).startsWith(name)) ?? shown.find((e) => label(e).includes(name)) ?? null;
";

/// What is shown, without what lies behind an open dialog.
const SHOWN: &str = r"
const inside = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
return [document.title, inside?.innerText ?? '', ...[...(inside?.querySelectorAll('input, textarea') ?? [])].map((e) => e.type === 'password' ? '' : e.value)].join('\n').replace(/[ \u00a0]+/g, ' ');
";

/// Tells `story` on a stage, with a browser in which the admin is logged in. Where no browser is installed, the story is
/// skipped, aloud.
pub async fn browse(name: &str, story: impl AsyncFnOnce(&Stage, &Browser)) {
    visit(name, Stage::set(), async |stage, browser| {
        browser.log_in(stage).await;
        story(stage, browser).await;
    })
    .await;
}

/// Tells `story` on this stage, with a browser in which nothing was opened yet.
pub async fn visit(
    name: &str,
    stage: impl Future<Output = Stage>,
    story: impl AsyncFnOnce(&Stage, &Browser),
) {
    if !is_installed("chromedriver", "--version").await {
        return;
    }
    let (stage, browser) = (stage.await, Browser::start().await);
    tell(name, &browser, story(&stage, &browser)).await;
    browser.close().await;
    stage.platform.stop().await;
}

/// Tells a part of a story. If it fails, what was seen is kept, and the browser is not left behind.
pub async fn tell(name: &str, browser: &Browser, story: impl Future<Output = ()>) {
    use futures_util::FutureExt as _;
    let whole = async {
        story.await;
        browser.expect_silence(&[]).await;
    };
    let told = std::panic::AssertUnwindSafe(whole).catch_unwind().await;
    if let Err(reason) = told {
        let picture = browser.keep_picture(&format!("failed-{name}")).await;
        let (address, shown) = (browser.address().await, browser.shown().await);
        eprintln!("failed at {address}, see {}:\n{shown}\n{:#?}", picture.display(), browser.said().await);
        browser.quit().await;
        std::panic::resume_unwind(reason);
    }
}

impl Browser {
    /// Opens the console with a link that logs in once, as `cargo local` prints it.
    pub async fn log_in(&self, stage: &Stage) {
        let key = ApiKeySecret::parse(stage.admin_key()).unwrap();
        self.load(&stage.platform.console_url(&key).await.unwrap()).await;
        self.until("the console is open", async || {
            Ok(self.address().await.contains("/console/ws_").then_some(()))
        })
        .await;
    }

    /// Opens a page of the console by its address, such as `endpoints/new?url=…`.
    pub async fn open(&self, stage: &Stage, page: &str) {
        self.load(&format!("{}/console/{}/{page}", stage.platform.url(), stage.workspace)).await;
        self.settle().await;
    }

    /// Waits until the page has loaded what it shows.
    pub async fn settle(&self) {
        let script = "return document.readyState === 'complete' && document.querySelector('h1') !== null && document.querySelector('main .skeleton') === null";
        self.until("the page is there", async || {
            Ok((self.run(script, &[]).await? == json!(true)).then_some(()))
        })
        .await;
    }

    /// Waits until the page has nothing under way: nothing was loaded between two looks.
    pub async fn rest(&self) {
        self.settle().await;
        let count = "return document.querySelector('main .skeleton, main [aria-busy=true]') === null ? performance.getEntriesByType('resource').length : -1";
        let last = std::cell::RefCell::new(Vec::new());
        self.until("the page rests", async || {
            let count = self.run(count, &[]).await?.as_i64();
            let mut last = last.borrow_mut();
            last.push(count);
            Ok(last
                .iter()
                .rev()
                .take_while(|earlier| **earlier == count && count >= Some(0))
                .nth(8)
                .map(drop))
        })
        .await;
    }

    /// Follows a link to this path.
    pub async fn follow(&self, path: &str) {
        let script = "const a = document.createElement('a'); a.href = arguments[0]; document.getElementById('main').append(a); a.click(); a.remove()";
        self.run(script, &[json!(path)]).await.unwrap();
    }

    /// Waits until `done` gives something.
    ///
    /// # Panics
    /// When a person would have given up.
    pub async fn until<T>(&self, what: impl Debug, done: impl AsyncFn() -> Result<Option<T>, Refused>) -> T {
        let began = Instant::now();
        let mut last = String::new();
        loop {
            match done().await {
                Ok(Some(value)) => return value,
                Ok(None) => last.clear(),
                Err(refused) => last = refused.to_string(),
            }
            assert!(began.elapsed() < PATIENCE, "{what:?} did not happen. {last}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Everything that is shown as text, with what is typed into fields.
    pub async fn shown(&self) -> String {
        self.run(SHOWN, &[]).await.unwrap().as_str().unwrap_or_default().to_owned()
    }

    /// Waits until this text is shown.
    pub async fn see(&self, text: &str) {
        self.until(("see", text), async || Ok(self.shown().await.contains(text).then_some(()))).await;
    }

    /// Waits until this text is not shown.
    pub async fn see_gone(&self, text: &str) {
        self.until(("no longer see", text), async || Ok((!self.shown().await.contains(text)).then_some(())))
            .await;
    }

    /// Waits for a `button`, `tab`, `link` or `field` with this name, or for what a `css` selector matches.
    pub async fn find(&self, kind: &str, name: &str) -> Element {
        self.until(("find", kind, name), async || Ok(Element::of(&self.look_for(kind, name).await?))).await
    }

    /// Whether there is such an element now.
    pub async fn has(&self, kind: &str, name: &str) -> bool {
        Element::of(&self.look_for(kind, name).await.unwrap()).is_some()
    }

    async fn look_for(&self, kind: &str, name: &str) -> Result<Value, Refused> {
        self.run(FIND, &[json!(kind), json!(name)]).await
    }

    /// Clicks on something as soon as it is there and nothing covers it.
    pub async fn click(&self, kind: &str, name: &str) {
        self.until(("click", kind, name), async || {
            let Some(element) = Element::of(&self.look_for(kind, name).await?) else { return Ok(None) };
            self.click_element(&element).await.map(Some)
        })
        .await;
    }

    /// Replaces what a field holds, by the keyboard. For a choice, chooses the option with this text; a time is set.
    pub async fn fill(&self, name: &str, text: &str) {
        self.until(("fill", name), async || {
            let Some(field) = Element::of(&self.look_for("field", name).await?) else { return Ok(None) };
            let chosen = "const [field, text] = arguments; const isTime = field.type === 'datetime-local'; if (field.localName !== 'select' && !isTime) return false;
                const option = isTime ? { value: text } : [...field.options].find((o) => o.text.trim() === text || o.value === text); if (!option) throw new Error('no option ' + text);
                field.value = option.value; field.dispatchEvent(new Event('input', { bubbles: true })); field.dispatchEvent(new Event('change', { bubbles: true })); return true";
            if self.run(chosen, &[field.to_value(), json!(text)]).await? == json!(true) {
                return Ok(Some(()));
            }
            self.type_into(&field, &format!("\u{E009}a\u{E000}\u{E017}{text}")).await.map(Some)
        })
        .await;
    }

    /// Presses keys one after the other, wherever the focus is. `"Tab"`, `"Enter"`, `"Escape"`, `"Space"`, `"ArrowDown"`,
    /// `"Mod+k"`, `"Shift+Tab"` are keys; anything else is typed letter by letter.
    pub async fn press(&self, keys: &[&str]) {
        let mut actions = Vec::new();
        for name in keys {
            let (held, name) = match name.split_once('+') {
                Some(("Mod", name)) => (Some("\u{E009}"), name),
                Some(("Shift", name)) => (Some("\u{E008}"), name),
                _ => (None, *name),
            };
            let special = match name {
                "Tab" => Some("\u{E004}"),
                "Enter" => Some("\u{E007}"),
                "Escape" => Some("\u{E00C}"),
                "Space" => Some(" "),
                "ArrowLeft" => Some("\u{E012}"),
                "ArrowUp" => Some("\u{E013}"),
                "ArrowRight" => Some("\u{E014}"),
                "ArrowDown" => Some("\u{E015}"),
                _ => None,
            };
            actions.extend(held.map(|key| json!({ "type": "keyDown", "value": key })));
            for key in
                special.map_or_else(|| name.chars().map(String::from).collect(), |key| vec![key.to_owned()])
            {
                actions.push(json!({ "type": "keyDown", "value": key }));
                actions.push(json!({ "type": "keyUp", "value": key }));
            }
            actions.extend(held.map(|key| json!({ "type": "keyUp", "value": key })));
        }
        self.act(json!([{ "type": "key", "id": "keyboard", "actions": actions }])).await;
    }

    /// Presses Tab until this has the focus.
    pub async fn tab_to(&self, kind: &str, name: &str) {
        self.until(("tab to", kind, name), async || {
            if self.has_focus(kind, name).await? {
                return Ok(Some(()));
            }
            self.press(&["Tab"]).await;
            Ok(None)
        })
        .await;
    }

    /// Waits until this has the focus by itself.
    pub async fn see_focus(&self, kind: &str, name: &str) {
        self.until(("see the focus", kind, name), async || {
            Ok(self.has_focus(kind, name).await?.then_some(()))
        })
        .await;
    }

    async fn has_focus(&self, kind: &str, name: &str) -> Result<bool, Refused> {
        let script = format!(
            "const found = (() => {{ {FIND} }})(); return found !== null && found === document.activeElement"
        );
        // `arguments` is that of the script: an arrow function has none.
        Ok(self.run(&script, &[json!(kind), json!(name)]).await? == json!(true))
    }

    /// What a field holds.
    pub async fn typed(&self, name: &str) -> String {
        let field = self.find("field", name).await.to_value();
        self.run("return arguments[0].value", &[field]).await.unwrap().as_str().unwrap().to_owned()
    }

    /// What the page says is wrong with what a field holds.
    pub async fn said_beside(&self, name: &str) -> String {
        let script = "return [...arguments[0].closest('.wrong')?.querySelectorAll('.error') ?? []].map((e) => e.innerText.trim()).join('\\n')";
        let field = self.find("field", name).await.to_value();
        self.run(script, &[field]).await.unwrap().as_str().unwrap().to_owned()
    }

    /// The texts of what a selector matches.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText.replace(/\\s+/g, ' ').trim())";
        let texts = self.run(script, &[json!(css)]).await.unwrap();
        texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The page's console has said nothing, and nothing was against the policy. Chromium also says when a request was
    /// refused: those with a status in `expected` are what the story is about.
    pub async fn expect_silence(&self, expected: &[u16]) {
        let is_expected = |message: &str| {
            expected.iter().any(|status| message.contains(&format!("responded with a status of {status} ")))
        };
        let said = self.said().await;
        let bad: Vec<_> =
            said.iter().filter(|(level, message)| level != "INFO" && !is_expected(message)).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }
}

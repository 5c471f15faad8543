//! Is every page of the console and the portal fit to be looked at, and small?
//! Visits all pages in a workspace in which much has happened: pictures, accessibility, what is transferred.

use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

use crate::look::Loaded;
use crate::person::browse;
use crate::webdriver::Browser;

/// What a page may load: the first one, with everything that all pages share.
const FIRST: Loaded = Loaded { requests: 10, bytes: 200_000 };
/// What each further page may load.
const FURTHER: Loaded = Loaded { requests: 10, bytes: 50_000 };

/// What the page of the API's reference may load besides: `/v1/openapi.json`, which it shows.
const REFERENCE: u64 = 80_000;

/// Names and addresses; the words in braces are ids of the scene.
const LISTS: &[(&str, &str)] = &[
    ("overview", "overview"),
    ("setup", "setup"),
    ("endpoints", "endpoints"),
    ("deliveries", "deliveries"),
    ("events", "events"),
    ("replays", "replays"),
    ("catalogue", "catalogue"),
    ("rules", "rules"),
    ("actions", "actions"),
    ("sources", "sources"),
    ("keys", "keys"),
    ("notifications", "notifications"),
    ("audit", "audit"),
    ("settings", "settings"),
];
const DETAILS: &[(&str, &str)] = &[
    ("endpoint", "endpoints/{endpoint}"),
    ("endpoint-settings", "endpoints/{endpoint}?tab=settings"),
    ("endpoint-verify", "endpoints/{endpoint}?tab=verify"),
    ("delivery", "deliveries/{delivery}"),
    ("event", "events/{event}"),
    ("event-type", "catalogue/invoice.paid"),
    ("rule", "rules/{rule}"),
    ("action", "actions/refund_order"),
    ("source", "sources/{source}"),
    ("replay", "replays/{replay}"),
    ("key", "keys/{key}"),
];
const FORMS: &[(&str, &str)] = &[
    ("new-endpoint", "endpoints/new"),
    ("send-event", "events/send"),
    ("new-replay", "replays/new"),
    ("new-rule", "rules/new"),
    ("new-action", "actions?view=new"),
    ("new-source", "sources/new"),
    ("new-key", "keys/new"),
    ("portal-look", "portal"),
    ("developers", "developers"),
];

const PORTAL: &[(&str, &str)] = &[
    ("portal-overview", "overview"),
    ("portal-endpoints", "endpoints"),
    ("portal-endpoint", "endpoints/{endpoint}"),
    ("portal-new-endpoint", "endpoints/new"),
    ("portal-deliveries", "deliveries"),
    ("portal-delivery", "deliveries/{delivery}"),
    ("portal-events", "events"),
    ("portal-event", "events/{event}"),
    ("portal-catalogue", "catalogue"),
];

#[tokio::test]
async fn every_list_is_accessible_in_every_view() {
    browse("lists", async |stage, browser| visit(stage, browser, LISTS).await).await;
}

#[tokio::test]
async fn every_page_of_one_thing_is_accessible_in_every_view() {
    browse("details", async |stage, browser| visit(stage, browser, DETAILS).await).await;
}

#[tokio::test]
async fn every_form_is_accessible_in_every_view() {
    browse("forms", async |stage, browser| visit(stage, browser, FORMS).await).await;
}

#[tokio::test]
async fn every_page_of_the_portal_is_accessible_in_every_view() {
    browse("portal-pages", async |stage, browser| {
        let scene = Scene::set(stage).await;
        let look = json!({ "portal": { "name": "Acme", "accent": "#0b7a4b" } });
        let (path, body) = (format!("/v1/workspaces/{}", stage.workspace), look.to_string());
        assert_eq!(stage.admin.call("PATCH", &path, body, &[]).await.unwrap().0, 200);
        let rights =
            json!({ "workspace_id": stage.workspace, "scopes": ["webhooks", "deliveries", "events:ro"] });
        let link = stage.admin.post("/v1/portal-links", &rights).await.unwrap();
        browser.load(link["url"].as_str().unwrap()).await;
        browser.rest().await;
        for (name, page) in PORTAL {
            browser.follow(&format!("/portal/{}/{}", stage.workspace, scene.fill(page))).await;
            browser.rest().await;
            browser.look_at(name).await;
            browser.expect_silence(&[]).await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_way_in_is_accessible_in_every_view() {
    browse("way-in", async |stage, browser| {
        browser.run("sessionStorage.clear()", &[]).await.unwrap();
        browser.load(&format!("{}/console/login", stage.platform.url())).await;
        browser.see("API key").await;
        browser.look_at("login").await;
    })
    .await;
}

#[tokio::test]
async fn every_page_loads_little() {
    browse("sizes", async |stage, browser| {
        let scene = Scene::set(stage).await;
        let mut large = Vec::new();
        for (name, page) in LISTS.iter().chain(DETAILS).chain(FORMS) {
            browser.chromium("Network.clearBrowserCache", json!({})).await;
            browser.open(stage, "overview").await;
            browser.rest().await;
            let first = browser.loaded(true).await;
            browser.count_from_here().await;
            browser.follow(&format!("/console/{}/{}", stage.workspace, scene.fill(page))).await;
            browser.rest().await;
            let further = browser.loaded(false).await;
            eprintln!("{name:20} {:3} requests {:6} bytes", further.requests, further.bytes);
            let besides = if *name == "developers" { REFERENCE } else { 0 };
            let budget = Loaded { bytes: FURTHER.bytes + besides, ..FURTHER };
            if !(within(first, FIRST) && within(further, budget)) {
                large.push((name, first, further));
            }
        }
        assert!(large.is_empty(), "{large:#?}");
    })
    .await;
}

fn within(loaded: Loaded, budget: Loaded) -> bool {
    loaded.requests <= budget.requests && loaded.bytes <= budget.bytes
}

async fn visit(stage: &Stage, browser: &Browser, pages: &[(&str, &str)]) {
    let scene = Scene::set(stage).await;
    for (name, page) in pages {
        browser.open(stage, &scene.fill(page)).await;
        browser.rest().await;
        browser.look_at(name).await;
        // By name, so that it is seen which page has said something.
        browser.expect_silence(&[]).await;
    }
}

/// A workspace in which much has happened. Its receivers run as long as the scene.
struct Scene {
    ids: Vec<(&'static str, String)>,
    _receivers: [Receiver; 2],
}

impl Scene {
    async fn set(stage: &Stage) -> Self {
        let ws = &stage.workspace;
        let make = async |path: &str, body: Value| stage.admin.post(path, &body).await.unwrap();
        let (good, bad) = (Receiver::start().await, Receiver::start().await);
        bad.answer(Answer::Status(500));
        let endpoint = stage
            .endpoint(&good, json!({ "description": "Production billing", "events": ["invoice.*"] }))
            .await;
        let failing = json!({ "description": "Legacy ERP", "retry": { "preset": "three-tries" } });
        let failing = stage.endpoint(&bad, failing).await;
        let picky =
            json!({ "description": "Large invoices only", "filter": { "data.amount": { "$gt": 90_000 } } });
        stage.endpoint(&good, picky).await;

        make("/v1/event-types", json!({
            "name": "invoice.paid", "group": "Billing", "title": "Invoice paid", "description": "An invoice was paid.",
            "schema": { "type": "object", "required": ["amount"], "properties": { "amount": { "type": "integer", "description": "In cents." } } },
            "example": { "amount": 4200 },
        })).await;
        let rule = make("/v1/rules", json!({
            "workspace_id": ws, "name": "Tell sales about large invoices", "when": { "events": ["invoice.paid"] }, "if": { "data.amount": { "$gte": 1000 } },
            "then": [{ "do": "deliver", "url": good.url(), "preset": "slack", "template": { "text": "Invoice of {{ data.amount }}" } }],
        })).await;
        make("/v1/actions", json!({
            "workspace_id": ws, "name": "refund_order", "title": "Refund an order", "description": "Gives the money back.", "effect": "destructive",
            "roles": ["support"], "url": format!("{}/orders/{{{{ parameters.order }}}}", good.url()),
            "parameters": { "type": "object", "required": ["order"], "properties": { "order": { "type": "string", "description": "The order’s number" } } },
        })).await;
        let key = json!({ "workspace_id": ws, "name": "support agent", "scopes": ["actions"], "roles": ["support"] });
        let key = make("/v1/api-keys", key).await;
        let source =
            stage.source(json!({ "provider": "stripe", "secrets": ["whsec_5Vn8ZrHqTz1kLmXc"] })).await;

        let event = stage
            .send("invoice.paid", json!({ "amount": 4200, "customer": "cus_81", "note": "</script>" }))
            .await;
        stage.send("order.created", json!({ "id": "ord_7" })).await;
        stage.deliveries(&endpoint, 1, "delivered").await;
        stage.attempted(&failing, 1).await;
        let replay = format!("/v1/webhook-endpoints/{}/replay", endpoint.id);
        let replay = make(&replay, json!({ "since": "2020-01-01T00:00:00Z" })).await;
        let delivery = first_delivery(stage, &failing).await;
        let of = |answer: &Value| answer["id"].as_str().unwrap().to_owned();
        let ids = vec![
            ("{endpoint}", failing.id),
            ("{delivery}", delivery),
            ("{event}", of(&event)),
            ("{rule}", of(&rule)),
            ("{source}", source.id),
            ("{replay}", of(&replay)),
            ("{key}", of(&key)),
        ];
        Self { ids, _receivers: [good, bad] }
    }

    /// The address with the scene's ids.
    fn fill(&self, page: &str) -> String {
        self.ids.iter().fold(page.to_owned(), |page, (word, id)| page.replace(word, id))
    }
}

async fn first_delivery(stage: &Stage, endpoint: &Endpoint) -> String {
    let path = format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id);
    stage.read(&path).await[0]["id"].as_str().unwrap().to_owned()
}

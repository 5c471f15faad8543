//! How does a caller find something in a list?
//! Every list pages both ways with one envelope; endpoints and workspaces are filtered, events are searched.

use std::time::Duration;

use api::client::ApiClient;
use domain::id::EventId;
use domain::timestamp::Timestamp;
use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};

/// What tells the rows of a page apart.
fn ids(rows: &Value) -> Vec<String> {
    let id = |row: &Value| row["id"].as_str().or(row["endpoint_id"].as_str()).unwrap().to_owned();
    rows.as_array().unwrap().iter().map(id).collect()
}

/// The ids on each page of a list, from the first page to the last.
async fn forwards(stage: &Stage, path: &str) -> (Vec<Vec<String>>, Value) {
    let mut page = stage.read(path).await;
    assert_eq!(page["previous"], Value::Null, "{path}");
    let mut pages = vec![ids(&page["data"])];
    while let Some(next) = page["next"].as_str() {
        let following = stage.read(&format!("{path}&cursor={next}")).await;
        assert_eq!(following["previous"], *next, "the boundary between two pages: {path}");
        pages.push(ids(&following["data"]));
        page = following;
    }
    (pages, page)
}

/// The same from the page before `page` back to the first one.
async fn backwards(stage: &Stage, path: &str, mut page: Value) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    while let Some(previous) = page["previous"].as_str() {
        let preceding = stage.read(&format!("{path}&before={previous}")).await;
        assert_eq!(preceding["next"], *previous, "the boundary between two pages: {path}");
        pages.insert(0, ids(&preceding["data"]));
        page = preceding;
    }
    pages
}

/// Reads `path` until the answer is as wanted.
async fn until(stage: &Stage, path: &str, is_wanted: impl Fn(&Value) -> bool) {
    for _ in 0..500 {
        if is_wanted(&stage.read(path).await) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} stays {:#}", stage.read(path).await)
}

/// Gives every list some rows: three endpoints, of which two fail, one of them until its deliveries are parked, and four
/// that are deleted.
async fn fill(stage: &Stage, good: &Receiver, bad: &Receiver) -> [String; 14] {
    let ws = &stage.workspace;
    let none = json!({ "retry": { "schedule_seconds": [] } });
    let failing = [stage.endpoint(bad, none.clone()).await, stage.endpoint(bad, none).await];
    let endpoint = stage.endpoint(good, json!({})).await;
    for number in 0..5 {
        stage.send("invoice.paid", json!({ "number": number })).await;
    }
    for endpoint in &failing {
        let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
        until(stage, &path, |endpoint| endpoint["health"]["circuit"] == "open").await;
    }
    let mut event = Value::Null;
    for number in 5..8 {
        event = stage.send("invoice.paid", json!({ "number": number })).await;
    }
    stage.deliveries(&endpoint, 8, "delivered").await;
    let work_list = format!("/v1/undelivered?workspace_id={ws}");
    until(stage, &work_list, |page| page["data"].as_array().unwrap().len() == 16).await;
    for number in 0..4 {
        let key = json!({ "name": format!("key {number}"), "workspace_id": ws, "scopes": ["events"] });
        stage.admin.post("/v1/api-keys", &key).await.unwrap();
        stage.admin.post("/v1/workspaces", &json!({ "name": format!("tenant {number}") })).await.unwrap();
        let nothing = json!({ "since": "2026-01-01T00:00:00Z", "event_types": ["nothing"] });
        let path = format!("/v1/webhook-endpoints/{}/replay", endpoint.id);
        stage.admin.post(&path, &nothing).await.unwrap();
    }
    for _ in 0..4 {
        let deleted = stage.endpoint(good, json!({})).await;
        let path = format!("/v1/webhook-endpoints/{}", deleted.id);
        assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    }
    let event = event["id"].as_str().unwrap();
    let deliveries = format!("/v1/deliveries?workspace_id={ws}");
    [
        format!("/v1/events?workspace_id={ws}"),
        format!("/v1/events?workspace_id={ws}&text=number"),
        format!("/v1/events/{event}/deliveries?workspace_id={ws}"),
        format!("/v1/webhook-endpoints?workspace_id={ws}"),
        "/v1/workspaces?".to_owned(),
        format!("/v1/api-keys?workspace_id={ws}"),
        format!("/v1/replays?workspace_id={ws}"),
        format!("/v1/audit?workspace_id={ws}"),
        "/v1/audit?action=workspace.created".to_owned(),
        format!("/v1/deleted-endpoints?workspace_id={ws}"),
        format!("{deliveries}&status=failed,parked"),
        deliveries,
        work_list.clone(),
        format!("{work_list}&status=parked&endpoint_id={}", failing[0].id),
    ]
}

#[tokio::test]
async fn every_list_pages_both_ways_with_one_envelope() {
    let (stage, good, bad) = (Stage::set().await, Receiver::start().await, Receiver::start().await);
    bad.answer(Answer::Status(500));
    for path in fill(&stage, &good, &bad).await {
        let (whole, last) = forwards(&stage, &format!("{path}&limit=250")).await;
        assert!(whole.len() == 1 && last["next"].is_null(), "{path}");
        assert!(whole[0].len() >= 3, "{path} has {} rows", whole[0].len());
        for limit in 1..=4 {
            let path = format!("{path}&limit={limit}");
            let (there, last) = forwards(&stage, &path).await;
            assert_eq!(there.concat(), whole[0], "{path}");
            assert!(there.iter().all(|page| page.len() <= limit), "{path}");
            let back = backwards(&stage, &path, last).await;
            assert_eq!(back, there[..there.len() - 1], "{path}");
        }
    }
    stage.end().await;
}

/// The relation and the query of each link of an answer.
async fn linked(stage: &Stage, path: &str) -> (Vec<String>, Vec<(String, String)>) {
    let answer = stage.admin.exchange("GET", path, "", &[]).await.unwrap();
    let rows: Value = serde_json::from_slice(answer.body()).unwrap();
    let links = answer.headers().get("link").map_or("", |links| links.to_str().unwrap());
    let links = links.split(", ").filter_map(|link| {
        let (query, relation) = link.strip_prefix("<?")?.split_once(">; rel=\"")?;
        Some((relation.trim_end_matches('"').to_owned(), query.to_owned()))
    });
    (ids(&rows), links.collect())
}

#[tokio::test]
async fn the_bare_list_of_an_endpoints_deliveries_pages_both_ways_by_its_links() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    for _ in 0..7 {
        stage.send("invoice.paid", json!({})).await;
    }
    stage.deliveries(&endpoint, 7, "delivered").await;
    let path = format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id);
    let all = ids(&stage.read(&path).await);
    let (mut there, mut links) = linked(&stage, &format!("{path}?limit=3")).await;
    while let Some((relation, query)) = links.first() {
        assert_eq!((relation.as_str(), links.len()), ("next", 1), "forwards as ever");
        let (rows, following) = linked(&stage, &format!("{path}?{query}")).await;
        there.extend(rows);
        links = following;
    }
    assert_eq!(there, all);

    let (back, links) = linked(&stage, &format!("{path}?limit=3&after={}", all[6])).await;
    assert_eq!(back, all[3..6]);
    let expected = [("next", "before", &all[5]), ("prev", "after", &all[3])];
    let expected = expected.map(|(relation, name, id)| (relation.to_owned(), format!("limit=3&{name}={id}")));
    assert_eq!(links, expected);
    assert_eq!(linked(&stage, &format!("{path}?{}", links[0].1)).await.0, all[6..]);
    let (first, links) = linked(&stage, &format!("{path}?{}", links[1].1)).await;
    assert_eq!((first.as_slice(), links.len()), (&all[..3], 1));
    let both = format!("{path}?before={}&after={0}", all[1]);
    assert_eq!(
        refusal(&stage.admin, &both).await,
        ("after".into(), "cannot be combined with `before`".into())
    );
    stage.end().await;
}

#[tokio::test]
async fn the_bare_list_takes_several_statuses_and_pages_as_if_they_were_one() {
    let (stage, bad) = (Stage::set().await, Receiver::start().await);
    bad.answer(Answer::Status(500));
    let endpoint = stage.endpoint(&bad, json!({ "retry": { "schedule_seconds": [] } })).await;
    let at = format!("/v1/webhook-endpoints/{}", endpoint.id);
    for number in 0..8 {
        stage.send("invoice.paid", json!({ "number": number })).await;
        if number == 4 {
            until(&stage, &at, |endpoint| endpoint["health"]["circuit"] == "open").await;
        }
    }
    let path = format!("{at}/deliveries");
    let settled = |row: &Value| ["failed", "parked"].contains(&row["status"].as_str().unwrap());
    until(&stage, &path, |rows| {
        rows.as_array().unwrap().len() == 8 && rows.as_array().unwrap().iter().all(settled)
    })
    .await;
    let all = ids(&stage.read(&path).await);
    let parked = ids(&stage.read(&format!("{path}?status=parked")).await).len();
    assert!(parked > 0 && parked < 8, "{parked}");
    // By the index, and past it.
    for statuses in ["failed,parked", "parked,failed,failed", "failed,parked,delivered"] {
        for limit in [3, 8] {
            let (mut there, mut links) =
                linked(&stage, &format!("{path}?limit={limit}&status={statuses}")).await;
            while let Some((_, query)) = links.first() {
                let (rows, following) = linked(&stage, &format!("{path}?{query}")).await;
                there.extend(rows);
                links = following;
            }
            assert_eq!(there, all, "{statuses}");
        }
        let back = linked(&stage, &format!("{path}?limit=3&status={statuses}&after={}", all[6])).await.0;
        assert_eq!(back, all[3..6], "{statuses}");
    }
    assert_eq!(ids(&stage.read(&format!("{path}?status=retrying,delivered")).await), Vec::<String>::new());
    stage.end().await;
}

/// The parameter that a refusal names, and what it says of it.
async fn refusal(client: &ApiClient, path: &str) -> (String, String) {
    let (status, problem) = client.call("GET", path, "", &[]).await.unwrap();
    assert_eq!((status, &problem["code"]), (422, &json!("invalid_request")), "{path}: {problem}");
    let text = |name: &str| problem["errors"][0][name].as_str().unwrap().to_owned();
    (text("pointer"), text("detail"))
}

#[tokio::test]
async fn a_bad_parameter_of_a_list_is_named() {
    let stage = Stage::set().await;
    stage.admin.post("/v1/workspaces", &json!({ "name": "another" })).await.unwrap();
    let of_workspaces = stage.read("/v1/workspaces?limit=1").await["next"].as_str().unwrap().to_owned();
    let ws = format!("workspace_id={}", stage.workspace);
    let long = "x".repeat(201);
    let not_a_cursor = "is not a cursor returned by this list";
    for (path, pointer, detail) in [
        (
            format!("/v1/workspaces?cursor={of_workspaces}&before={of_workspaces}"),
            "before",
            "cannot be combined with `cursor`",
        ),
        (format!("/v1/events?{ws}&cursor={of_workspaces}"), "cursor", not_a_cursor),
        (format!("/v1/events?{ws}&before={of_workspaces}"), "before", not_a_cursor),
        (format!("/v1/undelivered?{ws}&before={of_workspaces}"), "before", not_a_cursor),
        ("/v1/workspaces?before=nonsense".to_owned(), "before", not_a_cursor),
        ("/v1/workspaces?name=".to_owned(), "name", "must be 1 to 200 characters"),
        (
            format!("/v1/webhook-endpoints?{ws}&description={long}"),
            "description",
            "must be 1 to 200 characters",
        ),
        (format!("/v1/webhook-endpoints?{ws}&url="), "url", "must be 1 to 200 characters"),
        (
            format!("/v1/webhook-endpoints?{ws}&state=off"),
            "state",
            "must be one of `active`, `disabled`, `failing`",
        ),
        (
            format!("/v1/webhook-endpoints?{ws}&event_type=a.*"),
            "event_type",
            "must be dot-separated parts of letters, digits, `_`, `-`, `/` and `:`, at most 256 characters",
        ),
        (format!("/v1/events?{ws}&text=ab"), "text", "must be 3 to 200 characters"),
        (format!("/v1/events?{ws}&text={long}"), "text", "must be 3 to 200 characters"),
        (format!("/v1/events?{ws}&idempotency_key="), "idempotency_key", "must be 1 to 255 characters"),
        (
            format!("/v1/events?{ws}&idempotency_key=caf%C3%A9"),
            "idempotency_key",
            "must be visible ASCII characters",
        ),
        (
            format!("/v1/events?{ws}&uid=u&text=abc"),
            "uid",
            "cannot be combined with `idempotency_key` or `text`",
        ),
        (
            format!("/v1/events?{ws}&idempotency_key=k&text=abc"),
            "text",
            "cannot be combined with `idempotency_key`",
        ),
    ] {
        assert_eq!(refusal(&stage.admin, &path).await, (pointer.to_owned(), detail.to_owned()), "{path}");
    }
    stage.end().await;
}

#[tokio::test]
async fn endpoints_are_found_by_description_url_type_and_state_and_workspaces_by_name() {
    let (stage, good, bad) = (Stage::set().await, Receiver::start().await, Receiver::start().await);
    bad.answer(Answer::Status(500));
    let billing = json!({ "description": "Billing of ACME", "events": ["invoice.*"] });
    let billing = stage.endpoint(&good, billing).await.id;
    let off = json!({ "description": "Old CRM of Acme", "active": false });
    let off = stage.endpoint(&good, off).await.id;
    let failing = json!({ "events": ["ticket.created"], "retry": { "schedule_seconds": [] } });
    let failing = stage.endpoint(&bad, failing).await;
    stage.send("ticket.created", json!({})).await;
    stage.deliveries(&failing, 1, "failed").await;
    let path = format!("/v1/webhook-endpoints/{}", failing.id);
    until(&stage, &path, |endpoint| endpoint["health"]["failures"] == 1).await;
    let failing = failing.id;

    let port = bad.url().rsplit(':').next().unwrap().to_owned();
    let elsewhere = json!({ "name": "Wile E. Coyote" });
    let other = stage.admin.post("/v1/workspaces", &elsewhere).await.unwrap()["id"].clone();
    let at = |path: &str| format!("/v1/webhook-endpoints?workspace_id={}&{path}", stage.workspace);
    for (path, found) in [
        (at("description=acme"), vec![&off, &billing]),
        (at("description=of%20ac&state=active"), vec![&billing]),
        (at(&format!("url=:{port}")), vec![&failing]),
        (at("url=HTTP:"), vec![&failing, &off, &billing]),
        (at("event_type=invoice.paid"), vec![&off, &billing]),
        (at("event_type=ticket.created&state=active"), vec![&failing]),
        (at("state=active"), vec![&failing, &billing]),
        (at("state=disabled"), vec![&off]),
        (at("state=failing"), vec![&failing]),
        (at("state=failing&description=acme"), vec![]),
        ("/v1/workspaces?name=coy".to_owned(), vec![&other.as_str().unwrap().to_owned()]),
        ("/v1/workspaces?name=nobody".to_owned(), vec![]),
    ] {
        let page = stage.read(&path).await;
        assert_eq!(ids(&page["data"]).iter().collect::<Vec<_>>(), found, "{path}");
        assert_eq!((&page["next"], &page["previous"]), (&Value::Null, &Value::Null), "{path}");
    }
    let key = json!({ "name": "own", "workspace_id": other, "scopes": ["admin"] });
    let key = stage.admin.post("/v1/api-keys", &key).await.unwrap();
    let own = ApiClient::new(&stage.platform.url(), key["key"].as_str().unwrap());
    for (name, count) in [("COYOTE", 1), ("local", 0)] {
        let page = own.get(&format!("/v1/workspaces?name={name}")).await.unwrap();
        assert_eq!(page["data"].as_array().unwrap().len(), count, "{name}");
    }
    stage.end().await;
}

async fn send(stage: &Stage, path: &str, body: Value, key: &str) -> Value {
    let headers = [("idempotency-key", key)];
    let (status, answer) = stage.admin.call("POST", path, body.to_string(), &headers).await.unwrap();
    assert!(status == 202 || status == 207, "{answer}");
    answer
}

#[tokio::test]
async fn what_was_sent_under_an_idempotency_key_is_found_for_a_day() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let other = other["id"].as_str().unwrap().to_owned();
    let event = |ws: &str, kind: &str| json!({ "workspace_id": ws, "type": kind, "data": {} });
    let ws = stage.workspace.clone();
    stage.send("invoice.paid", json!({})).await;
    let one = send(&stage, "/v1/events", event(&ws, "invoice.paid"), "invoice 7 paid").await;
    let batch = json!({ "events": [event(&ws, "invoice.paid"), event(&ws, "no spaces"), event(&ws, "invoice.void")] });
    let batch = send(&stage, "/v1/events/batch", batch, "invoice 7 paid").await;
    let mixed = json!({ "events": [event(&ws, "invoice.paid"), event(&other, "invoice.paid")] });
    let mixed = send(&stage, "/v1/events/batch", mixed, "mixed").await;
    stage.deliveries(&endpoint, 5, "delivered").await;

    let id = |answer: &Value| answer["id"].as_str().unwrap().to_owned();
    let of = |batch: &Value, place: usize| id(&batch["results"][place]);
    let mut all = vec![id(&one), of(&batch, 0), of(&batch, 2)];
    all.sort_unstable();
    all.reverse();
    let paid: Vec<_> = all.iter().filter(|id| **id != of(&batch, 2)).cloned().collect();
    let find = async |ws: &str, query: &str| {
        stage.read(&format!("/v1/events?workspace_id={ws}&idempotency_key={query}")).await
    };
    for (ws, query, found) in [
        (&ws, "invoice%207%20paid", all.clone()),
        (&ws, "invoice+7+paid&event_type=invoice.paid", paid),
        (&ws, "invoice+7+paid&until=2026-01-01T00:00:00Z", vec![]),
        (&ws, "invoice", vec![]),
        (&other, "invoice+7+paid", vec![]),
        (&ws, "mixed", vec![of(&mixed, 0)]),
        (&other, "mixed", vec![of(&mixed, 1)]),
    ] {
        let page = find(ws, query).await;
        assert_eq!(ids(&page["data"]), found, "{query} in {ws}");
        assert_eq!(page.get("searched"), None);
    }
    let first = find(&ws, "invoice+7+paid&limit=2").await;
    let rest = format!("invoice+7+paid&limit=2&cursor={}", first["next"].as_str().unwrap());
    assert_eq!([ids(&first["data"]), ids(&find(&ws, &rest).await["data"])].concat(), all);

    stage.advance(Duration::from_secs(24 * 3600 + 60));
    assert_eq!(ids(&find(&ws, "mixed").await["data"]), Vec::<String>::new());
    stage.end().await;
}

#[tokio::test]
async fn a_text_is_found_in_payloads_and_the_answer_says_how_far_it_looked() {
    let stage = Stage::set().await;
    let mut sent = Vec::new();
    for (kind, data) in [
        ("invoice.paid", json!({ "invoice": "INV-1003", "customer": "Acme" })),
        ("invoice.void", json!({ "invoice": "INV-1003" })),
        ("invoice.paid", json!({ "invoice": "inv-1003" })),
        ("invoice.paid", json!({ "invoice": "INV-1003", "note": "é & \"" })),
    ] {
        sent.push(stage.send(kind, data).await["id"].as_str().unwrap().to_owned());
        // The next one is of another millisecond, and newer.
        stage.advance(Duration::from_secs(1));
    }
    let ws = &stage.workspace;
    let search = async |query: &str| stage.read(&format!("/v1/events?workspace_id={ws}&{query}")).await;
    for (query, found) in [
        ("text=INV-1003", vec![3, 1, 0]),
        ("text=INV-1003&event_type=invoice.paid", vec![3, 0]),
        ("text=%22customer%22:%22Acme", vec![0]),
        ("text=%C3%A9%20%26%20%5C%22", vec![3]),
        ("text=1003", vec![3, 2, 1, 0]),
        ("text=INV-9999", vec![]),
    ] {
        let page = search(query).await;
        let found: Vec<_> = found.into_iter().map(|number: usize| sent[number].clone()).collect();
        assert_eq!(ids(&page["data"]), found, "{query}");
        assert_eq!(page["searched"]["events"], 4, "{query}");
        let back_to = Timestamp::parse(page["searched"]["back_to"].as_str().unwrap()).unwrap();
        assert!(back_to < sent[0].parse::<EventId>().unwrap().time(), "all that is kept: {page}");
    }
    let first = search("text=INV-1003&limit=1").await;
    assert_eq!((ids(&first["data"]), &first["searched"]["events"]), (vec![sent[3].clone()], &json!(2)));
    let created =
        stage.read(&format!("/v1/events/{}?workspace_id={ws}", sent[2])).await["created_at"].clone();
    assert_eq!(first["searched"]["back_to"], created);
    let next = first["next"].as_str().unwrap();
    let second = search(&format!("text=INV-1003&limit=1&cursor={next}")).await;
    assert_eq!((ids(&second["data"]), &second["searched"]["events"]), (vec![sent[1].clone()], &json!(1)));
    let since = format!("text=INV-1003&since={}", created.as_str().unwrap());
    let page = search(&since).await;
    assert_eq!((ids(&page["data"]), &page["searched"]["back_to"]), (vec![sent[3].clone()], &created));

    let erase = format!("/v1/events/{}/data?workspace_id={ws}", sent[0]);
    assert_eq!(stage.admin.call("DELETE", &erase, "", &[]).await.unwrap().0, 204);
    assert_eq!(ids(&search("text=INV-1003").await["data"]), [sent[3].clone(), sent[1].clone()]);
    assert_eq!(search("").await.get("searched"), None);
    stage.end().await;
}

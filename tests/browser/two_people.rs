//! What happens when two people change the same thing?
//! Optimistic concurrency: a 409 or 412 shows both versions.

use serde_json::json;
use stories::{Receiver, Stage};

use crate::person::{browse, tell};
use crate::webdriver::Browser;

/// What each page says to the second who saves.
const MEANWHILE: &str = "Nothing of yours is lost";

/// Two people look at the same page, each in a browser of their own.
async fn meet(
    name: &str,
    page: impl AsyncFn(&Stage) -> String,
    story: impl AsyncFn(&Stage, &Browser, &Browser),
) {
    browse(name, async |stage, anna| {
        let page = page(stage).await;
        let ben = Browser::start().await;
        ben.log_in(stage).await;
        tell(&format!("{name}-ben"), &ben, async {
            anna.open(stage, &page).await;
            ben.open(stage, &page).await;
            story(stage, anna, &ben).await;
        })
        .await;
        ben.close().await;
    })
    .await;
}

/// The second of them has saved, was refused, and sees what both have done, a setting a line.
async fn expect_both_versions(browser: &Browser, rows: &[&str]) {
    browser.see(MEANWHILE).await;
    browser.expect_silence(&[412]).await;
    assert_eq!(browser.texts("[role=alert] tbody tr").await, rows);
}

#[tokio::test]
async fn of_an_endpoint_the_second_sees_both_versions_and_saves_without_undoing_the_first() {
    let page = async |stage: &Stage| {
        let settings = json!({ "description": "Billing", "metadata": { "team": "money" } });
        let endpoint = stage.endpoint(&Receiver::start().await, settings).await;
        format!("endpoints/{}?tab=settings", endpoint.id)
    };
    meet("two-people-endpoint", page, async |stage, anna, ben| {
        let url = ben.address().await;
        let id = url.rsplit_once("/endpoints/").unwrap().1.split('?').next().unwrap();
        let saved = async || stage.read(&format!("/v1/webhook-endpoints/{id}")).await;
        anna.fill("Name", "Billing of Anna").await;
        ben.fill("Name", "Billing of Ben").await;
        ben.click("button", "Limits").await;
        ben.fill("Deliveries at most", "7").await;
        ben.click("button", "Save changes").await;
        ben.see("Saved. It takes effect within 5 seconds.").await;

        // A reload before she saves loses nothing, and does not hide what Ben did.
        anna.reload().await;
        anna.settle().await;
        anna.see("Billing of Anna").await;
        anna.click("button", "Save changes").await;
        let rows =
            [r#"description "Billing of Ben" "Billing of Anna""#, r#"rate_limit {"per_second":7} unchanged"#];
        expect_both_versions(anna, &rows).await;
        assert_eq!(saved().await["description"], "Billing of Ben", "nothing is overwritten unseen");
        anna.see("Billing of Anna").await;
        anna.click("button", "Save yours").await;
        anna.see("Saved. It takes effect within 5 seconds.").await;
        let now = saved().await;
        assert_eq!(
            (&now["description"], &now["rate_limit"]["per_second"]),
            (&json!("Billing of Anna"), &json!(7))
        );
        anna.see_gone(MEANWHILE).await;

        // The other way round: Ben takes what she saved, and goes on from there.
        ben.fill("Name", "Ben again").await;
        ben.click("button", "Save changes").await;
        expect_both_versions(ben, &[r#"description "Billing of Anna" "Ben again""#]).await;
        ben.click("button", "Use theirs").await;
        ben.see("Billing of Anna").await;
        ben.fill("Name", "Both of us").await;
        ben.click("button", "Save changes").await;
        ben.see("Saved. It takes effect within 5 seconds.").await;
        assert_eq!(saved().await["description"], "Both of us");
    })
    .await;
}

#[tokio::test]
async fn of_a_rule_the_second_sees_both_versions_and_keeps_or_takes_one() {
    let page = async |stage: &Stage| {
        let rule = json!({
            "workspace_id": stage.workspace, "name": "Tickets", "when": { "events": ["ticket.created"] },
            "then": [{ "do": "emit", "type": "ticket.seen" }],
        });
        format!("rules/{}", stage.admin.post("/v1/rules", &rule).await.unwrap()["id"].as_str().unwrap())
    };
    meet("two-people-rule", page, async |stage, anna, ben| {
        let url = ben.address().await;
        let path = format!("/v1/rules/{}", url.rsplit_once("/rules/").unwrap().1);
        for (who, name) in [(anna, "Tickets of Anna"), (ben, "Tickets of Ben")] {
            who.fill("Name of the rule", name).await;
        }
        ben.fill("Event types", "ticket.closed").await;
        ben.press(&["Enter"]).await;
        ben.click("button", "Save").await;
        ben.see("Saved. The rule is live within five seconds.").await;

        // Both versions side by side, what differs marked.
        anna.click("button", "Save").await;
        anna.see("Somebody changed this meanwhile").await;
        anna.expect_silence(&[412]).await;
        let [mine, theirs] = <[String; 2]>::try_from(anna.texts(".r-versions pre").await).unwrap();
        assert!(mine.contains("Tickets of Anna") && !mine.contains("ticket.closed"), "{mine}");
        assert!(theirs.contains("Tickets of Ben") && theirs.contains("ticket.closed"), "{theirs}");
        let differs = anna.texts(".r-versions .r-differs").await.join(" ");
        assert!(differs.contains("Tickets of Anna") && differs.contains("Tickets of Ben"), "{differs}");
        assert!(differs.contains("ticket.closed") && !differs.contains("ticket.seen"), "{differs}");

        // Theirs, and by Undo her own again.
        anna.click("button", "Take theirs").await;
        anna.see("When ticket.created or ticket.closed arrives").await;
        anna.click("button", "Undo").await;
        anna.see("When ticket.created arrives").await;
        anna.click("button", "Save").await;
        anna.see("Saved. The rule is live within five seconds.").await;
        let now = stage.read(&path).await;
        assert_eq!((&now["name"], &now["revision"]), (&json!("Tickets of Anna"), &json!(3)));

        // Ben keeps his over hers.
        ben.fill("Name of the rule", "Ben’s after all").await;
        ben.click("button", "Save").await;
        ben.see("Somebody changed this meanwhile").await;
        ben.expect_silence(&[412]).await;
        ben.click("button", "Keep mine").await;
        assert_eq!(stage.read(&path).await["name"], "Tickets of Anna", "keeping is not saving");
        ben.click("button", "Save").await;
        ben.see("Saved. The rule is live within five seconds.").await;
        let now = stage.read(&path).await;
        assert_eq!(
            (&now["name"], &now["when"]["events"][1]),
            (&json!("Ben’s after all"), &json!("ticket.closed"))
        );
    })
    .await;
}

#[tokio::test]
async fn of_the_settings_the_second_sees_both_versions_and_saves_without_undoing_the_first() {
    meet(
        "two-people-settings",
        async |_| "settings".to_owned(),
        async |stage, anna, ben| {
            let saved = async || stage.read(&format!("/v1/workspaces/{}", stage.workspace)).await;
            let before = saved().await;
            anna.fill("Name", "Anna’s shop").await;
            anna.fill("Maximum number of events", "5000").await;
            ben.fill("Name", "Ben’s shop").await;
            ben.fill("Keep events and deliveries for", "14").await;
            ben.click("button", "Save changes").await;
            ben.see("Saved.").await;

            anna.click("button", "Save changes").await;
            let rows = [
                "name Ben’s shop Anna’s shop",
                "retention_days 14 unchanged",
                "max_events_per_day unchanged 5000",
            ];
            expect_both_versions(anna, &rows).await;
            assert_eq!(saved().await["name"], "Ben’s shop");
            anna.click("button", "Save yours").await;
            anna.see("Saved.").await;
            let now = saved().await;
            assert_eq!(now["name"], "Anna’s shop");
            assert_eq!((&now["retention_days"], &now["max_events_per_day"]), (&json!(14), &json!(5000)));
            assert_ne!(now["retention_days"], before["retention_days"]);
        },
    )
    .await;
}

//! Is every page of the console fit to be looked at, and small?
//! Visits all pages as the admin of a workspace in which something happened.

use crate::person::browse;

const PAGES: &[&str] = &["overview", "endpoints"];

#[tokio::test]
async fn every_page_is_small_and_accessible_and_asks_no_other_host() {
    browse("every-page", async |stage, browser| {
        for page in PAGES {
            browser.open(stage, page).await;
            eprintln!("{page}: {:?}", browser.loaded(true).await);
            browser.look_at(page).await;
        }
    })
    .await;
}

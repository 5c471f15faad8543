//! What do people see and do in the console and the portal?
//! Browser tests (stories): Debian's Chromium, driven as a person would, on the platform in memory. Without chromedriver
//! each is printed as SKIPPED; in CI that is a failure. Pictures of the pages are kept in `target/console`.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod look;
mod person;
mod seed;
mod webdriver;

mod every_page;
mod failing_receiver;
mod first_delivery;
mod many_deliveries;
mod new_endpoint;
mod phone;
mod portal;
mod replays;
mod rule_builder;
mod run_action;
mod secrets;
mod signature_doctor;
mod two_people;
mod why_not;

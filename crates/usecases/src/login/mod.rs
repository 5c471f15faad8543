//! How do people get in?
//! Sessions for the console and links into the portal: both made with an API key, which they never exceed or outlive; and
//! how the portal looks.

pub mod portal_links;
pub mod portal_look;
pub mod sessions;

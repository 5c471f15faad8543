//! Where do the rows of sessions, portal links and portals live?
//! The key design of what lets people in.

use domain::id::{PortalLinkId, WorkspaceId};

use super::{Key, api_keys_partition, workspace_partition};

/// What the sort keys of listed portal links start with.
pub const PORTAL_LINK_PREFIX: &str = "LINK#";

/// A portal link's row in the list of its workspace.
pub fn portal_link(workspace: WorkspaceId, link: PortalLinkId) -> Key {
    Key::new(api_keys_partition(Some(workspace)), format!("{PORTAL_LINK_PREFIX}{link}"))
}

/// The row of a token that opens one session.
pub fn session_opener(digest: &str) -> Key {
    Key::new(format!("ONE_TIME#{digest}"), "TOKEN")
}

/// The row of a logo of a workspace's portal; the workspace's settings name it.
pub fn portal_logo(workspace: WorkspaceId, name: &str) -> Key {
    Key::new(workspace_partition(workspace), format!("LOGO#{name}"))
}

//! How does the portal look to those who open it? The shape of `/v1/portal/look`.

use domain::access::portal::{PortalPage, PortalSettings, PortalTheme};
use domain::access::workspace::Workspace;
use domain::id::WorkspaceId;
use serde::{Deserialize, Serialize};

/// Whose portal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct LookQuery {
    /// The workspace, by its id.
    pub workspace_id: WorkspaceId,
}

/// The look of a workspace's portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PortalLook {
    /// The name of the product.
    #[cfg_attr(feature = "openapi", schema(examples("Acme")))]
    pub name: Option<String>,
    /// The colour of buttons and links.
    #[cfg_attr(feature = "openapi", schema(examples("#0a7d4f")))]
    pub accent: Option<String>,
    /// The path of the logo, a PNG image.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("/portal/ws_01M7Z294KETHNPJB3QG0VDG1JA/logo?v=png_2_5f8a3c1be07d4429"))
    )]
    pub logo: Option<String>,
    /// Light, dark, or as the reader's system is.
    pub theme: PortalTheme,
    /// The origins of the pages that may show the portal in a frame.
    #[cfg_attr(feature = "openapi", schema(examples(json!(["https://app.example.com"]))))]
    pub origins: Vec<String>,
    /// Where a portal goes whose link has expired.
    #[cfg_attr(feature = "openapi", schema(examples("https://app.example.com/webhooks")))]
    pub refresh_url: Option<String>,
    /// Where the portal's way back leads.
    #[cfg_attr(feature = "openapi", schema(examples("https://app.example.com")))]
    pub return_url: Option<String>,
    /// Whether the portal does not say what it is made with.
    pub hide_branding: bool,
    /// The pages that it has; `null`: all that the rights of a link allow.
    pub pages: Option<Vec<PortalPage>>,
    /// The language; `null`: the reader's.
    #[cfg_attr(feature = "openapi", schema(examples("en")))]
    pub lang: Option<String>,
}

impl From<&Workspace> for PortalLook {
    fn from(workspace: &Workspace) -> Self {
        let PortalSettings {
            name,
            accent,
            logo,
            theme,
            origins,
            refresh_url,
            return_url,
            hide_branding,
            pages,
            lang,
        } = workspace.portal.clone();
        let logo = logo.map(|logo| format!("/portal/{}/logo?v={logo}", workspace.id));
        Self { name, accent, logo, theme, origins, refresh_url, return_url, hide_branding, pages, lang }
    }
}

//! What did the provider send?
//! A request as it came: method, public URL, headers and raw bytes. Nothing is decoded before it is verified.

/// A request. Cheap to clone.
#[derive(Clone)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The URL that the provider called: the source's public address with path and query as they came.
    pub url: &'a str,
    /// The headers in their order, with lower-case names.
    pub headers: &'a [(String, Vec<u8>)],
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// Headers, body and query may hold secrets and customers' data.
impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({}, {} bytes)", self.method, self.body.len())
    }
}

impl<'a> Request<'a> {
    /// The first header of this name (in lower case), if it is text.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.headers.iter().find(|(found, _)| found == name)?;
        std::str::from_utf8(value).ok().map(str::trim)
    }

    /// The query of the URL, without its `?`; empty if there is none.
    pub fn query(&self) -> &'a str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// The URL without its query.
    pub fn url_without_query(&self) -> &'a str {
        self.url.split_once('?').map_or(self.url, |(url, _)| url)
    }

    /// Whether the body says that it is a form. Only for bodies that are verified, or signed as a form.
    pub fn is_form(&self) -> bool {
        self.media_type().eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }

    /// The media type of the body, without its parameters.
    pub fn media_type(&self) -> &'a str {
        let content_type = self.header("content-type").unwrap_or_default();
        content_type.split(';').next().unwrap_or_default().trim()
    }
}

//! Of which kinds of files is the console made?
//! The media type of each file name extension that is served; a file of another kind is not part of it.

/// The media type of the file at `path`, if files of its kind are served.
pub fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    let known = match extension {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    };
    Some(known)
}

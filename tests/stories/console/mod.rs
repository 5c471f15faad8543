//! Who gets into the console and the portal, and what do they get?
//! Stories of the static files, of sessions and of portal links, told as a browser asks.

mod files;
mod portal_links;
mod portal_look;
mod sessions;

use std::collections::HashMap;

use stories::Stage;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer as it came.
struct Got {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Gets `path` exactly as it is written, with these header lines.
async fn get(stage: &Stage, path: &str, headers: &[&str]) -> Got {
    request(stage, "GET", path, headers).await
}

async fn request(stage: &Stage, method: &str, path: &str, headers: &[&str]) -> Got {
    let mut stream = TcpStream::connect(stage.platform.address).await.unwrap();
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Got { status, headers, body: answer[end + 4..].to_vec() }
}

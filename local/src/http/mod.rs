//! How does local mode serve HTTP?
//! An HTTP/1 server with bounds on slow clients, around the functions' routes and three routes of its own.

mod bodies;
pub(crate) mod console_dir;
pub(crate) mod here;
pub(crate) mod mailbox;
mod receiver;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use lambda_kit::metrics::Metrics;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use receiver::PATH as RECEIVER_PATH;

/// A request's head must arrive within this time. A connection that is idle for so long is closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be accepted: usually the process has too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// The API's socket.
///
/// # Errors
/// When the address cannot be used.
pub(crate) async fn listen(ip: IpAddr, port: u16) -> anyhow::Result<TcpListener> {
    use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
    TcpListener::bind(SocketAddr::new(ip, port)).await.map_err(|error| match error.kind() {
        AddrInUse => anyhow::anyhow!("port {port} of {ip} is taken. Choose another with --port PORT."),
        PermissionDenied => {
            anyhow::anyhow!(
                "port {port} needs more rights than you have. Choose one above 1023 with --port PORT."
            )
        }
        AddrNotAvailable => {
            anyhow::anyhow!("{ip} is not an address of this machine. Choose another with --listen ADDRESS.")
        }
        _ => anyhow::Error::new(error).context(format!("port {port} of {ip} cannot be used")),
    })
}

/// The functions' routes with those of local mode: `GET /` answers `here`, the built-in receiver takes deliveries, and the
/// mailbox e-mails.
#[expect(clippy::disallowed_methods, reason = "they are no part of the API: only local mode has them")]
pub(crate) fn routes(functions: Router, here: String) -> Router {
    let here = get(move || here::answer(here.clone()));
    let routes = functions.route("/", here).route(RECEIVER_PATH, post(receiver::receive));
    let routes = routes.route(mailbox::PATH, post(mailbox::receive));
    let bounded = routes.layer(from_fn_with_state(bodies::Bounds::default(), bodies::bound));
    http_kit::http_api::finish(bounded, Metrics::none())
}

/// Serves until `stopped`; returns when every request under way is answered.
pub(crate) async fn serve(listener: TcpListener, api: Router, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let gate = stopped.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, api.clone(), gate.clone(), HEAD_TIMEOUT));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Serves one connection.
async fn connection(
    stream: TcpStream,
    api: Router,
    mut stopped: watch::Receiver<bool>,
    head_timeout: Duration,
) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(head_timeout);
    let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(api));
    let mut connection = std::pin::pin!(connection);
    // An error means that the platform was dropped, which is a stop as well.
    let stop = async move { stopped.wait_for(|stop| *stop).await.is_ok() };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stop => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // The client left, was too slow, or did not speak HTTP: nothing is wrong with Posthorn.
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The base URL under which a server with this address is reached from this machine.
pub(crate) fn base_url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// The local address of a listener.
pub(crate) fn address(listener: &TcpListener) -> anyhow::Result<SocketAddr> {
    listener.local_addr().context("the API's socket has no address")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn server(head_timeout: Duration) -> SocketAddr {
        let listener = listen(Ipv4Addr::LOCALHOST.into(), 0).await.unwrap();
        let address = address(&listener).unwrap();
        let api = routes(Router::new(), "{}".to_owned());
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(async move {
            let _open = stop;
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(connection(stream, api.clone(), stopped.clone(), head_timeout));
            }
        });
        address
    }

    async fn answer_to(address: SocketAddr, bytes: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_client_that_does_not_end_its_head_is_let_go() {
        let address = server(Duration::from_millis(50)).await;
        assert_eq!(answer_to(address, "GET / HTTP/1.1\r\nhost: a\r\nx-slow: ").await, "");
        let quick = answer_to(address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert!(quick.starts_with("HTTP/1.1 200") && quick.ends_with("\r\n\r\n{}\n"), "{quick}");
    }

    #[tokio::test]
    async fn the_built_in_receiver_takes_every_delivery() {
        let address = server(HEAD_TIMEOUT).await;
        let request =
            "POST /receiver HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        let answer = answer_to(address, request).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_what_to_do() {
        let taken = listen(Ipv4Addr::LOCALHOST.into(), 0).await.unwrap();
        let port = address(&taken).unwrap().port();
        let error = listen(Ipv4Addr::LOCALHOST.into(), port).await.unwrap_err();
        let expected = format!("port {port} of 127.0.0.1 is taken. Choose another with --port PORT.");
        assert_eq!(format!("{error:#}"), expected);
    }
}

//! A receiver whose every byte the test decides.

use std::future::Future;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Listens on a loopback port of its own and counts who comes.
pub struct Receiver {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Receiver {
    /// Serves each connection with `serve`.
    pub async fn serving<F, Serving>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> Serving + Send + 'static,
        Serving: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { port, connections, requests: Arc::default() }
    }

    /// Runs a receiver on a thread beside the client's, so that neither waits for the other's work. The thread ends
    /// with the process.
    pub fn on_another_thread(receiver: impl Future<Output = Self> + Send + 'static) -> Self {
        let (started, receivers) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                started.send(receiver.await).unwrap();
                std::future::pending::<()>().await;
            });
        });
        receivers.recv().unwrap()
    }

    /// Gives every request of every connection the same answer, and keeps the requests.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<Vec<u8>> = Arc::new(answer.into());
        let requests = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let kept = Arc::clone(&requests);
        let receiver = Self::serving(move |mut stream| {
            let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
            async move {
                while let Some(request) = read_request(&mut stream).await {
                    kept.lock().unwrap().push(request);
                    if stream.write_all(&answer).await.is_err() {
                        return;
                    }
                }
            }
        })
        .await;
        Self { requests, ..receiver }
    }

    /// Answers the request of each connection with these bytes and closes.
    pub async fn answering_once(answer: &'static [u8]) -> Self {
        Self::serving(move |mut stream| async move {
            if read_request(&mut stream).await.is_some() && stream.write_all(answer).await.is_ok() {
                stream.shutdown().await.ok();
            }
        })
        .await
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> Vec<Vec<u8>> {
        self.requests.lock().unwrap().clone()
    }
}

/// One request to the end of its `content-length`; `None` when the caller is gone.
pub async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if let Some(head) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            let body_bytes = String::from_utf8_lossy(&request[..head])
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
                .unwrap_or(0);
            if request.len() >= head + 4 + body_bytes {
                return Some(request);
            }
        }
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
}

//! How much may an endpoint send before its answer?
//! HTTP permits any number of informational responses (`1xx`, RFC 9110 section 15.2) before the final one; this
//! stream reads at most [`MAX_INFORMATIONAL_HEADS`] heads and [`MAX_INFORMATIONAL_BYTES`] of them for a request.
//!
//! hyper skips informational heads in a loop that returns only when no bytes are at hand. An endpoint that sends
//! `100 Continue` without end keeps it busy: the worker thread is occupied, and every other tenant's requests wait.
//!
//! The limit is held in the stream that hyper reads, above TLS. There the bytes are plain for `http` and `https`
//! alike, and a failed read ends the loop. reqwest offers no such point: its connector layers must return its own
//! connection type, and it drops the request extensions by which hyper reports informational heads. So the client
//! is hyper-util's, which reqwest is built on.
//!
//! Rule: bytes count as informational until a status line shows that the final head begins. So a head that hyper
//! would read differently is limited too. The final head is limited by hyper, the body by `answer.rs`.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

/// How many informational heads may come before the final one. `102` and `103` are sent once or a few times.
pub const MAX_INFORMATIONAL_HEADS: usize = 8;

/// How many bytes these heads may have together.
pub const MAX_INFORMATIONAL_BYTES: usize = 64 << 10;

/// The most that one read takes from the stream: the size of hyper's first buffer.
const READ_BYTES: usize = 8 << 10;

/// After this many bytes the task yields to the runtime, even if more are at hand: other tasks wait for the thread.
/// Answers are seldom longer, and to parse so many takes hyper a fraction of a millisecond.
const BYTES_BEFORE_YIELD: usize = 16 << 10;

/// The endpoint sent more than is read before its final response. The error travels inside hyper's and is found
/// there by its type.
#[derive(Debug, thiserror::Error)]
#[error("too many informational responses")]
pub(crate) struct TooMuchInformational;

/// A stream of HTTP/1.1 responses whose reads fail with [`TooMuchInformational`] past the limits.
pub(crate) struct InformationalLimit<S> {
    stream: S,
    before_final: BeforeFinal,
    /// All of the last request has been handed over, so the next byte written belongs to a new one.
    request_complete: bool,
    /// How many bytes were read since the task last waited or yielded.
    read_at_once: usize,
}

impl<S> InformationalLimit<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, before_final: BeforeFinal::default(), request_complete: true, read_at_once: 0 }
    }

    /// Starts a new count with each request: the first write after a flush. hyper flushes when its buffer is empty,
    /// and head and body of a request are in the buffer together, so it never flushes between the two. A write
    /// after a read would be no such sign: an endpoint may answer while the body is still being sent, and could get
    /// a new count with every part of it.
    fn count_anew_with_a_request(&mut self, result: &Poll<io::Result<usize>>) {
        if matches!(result, Poll::Ready(Ok(bytes)) if *bytes > 0) && self.request_complete {
            self.request_complete = false;
            self.before_final = BeforeFinal::default();
        }
    }
}

impl<S: Read + Unpin> Read for InformationalLimit<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read_at_once >= BYTES_BEFORE_YIELD {
            self.read_at_once = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        // Through a buffer of ours: only unsafe code can look at bytes in hyper's.
        let mut bytes = [MaybeUninit::uninit(); READ_BYTES];
        let room = buffer.remaining().min(READ_BYTES);
        let mut bytes = ReadBuf::uninit(&mut bytes[..room]);
        let result = Pin::new(&mut self.stream).poll_read(cx, bytes.unfilled());
        if result.is_pending() {
            self.read_at_once = 0;
        }
        ready!(result)?;
        let bytes = bytes.filled();
        self.read_at_once += bytes.len();
        self.before_final.count(bytes).map_err(io::Error::other)?;
        buffer.put_slice(bytes);
        Poll::Ready(Ok(()))
    }
}

impl<S: Write + Unpin> Write for InformationalLimit<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.count_anew_with_a_request(&result);
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.request_complete = true;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.count_anew_with_a_request(&result);
        result
    }
}

impl<S: Connection> Connection for InformationalLimit<S> {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

/// What has come in answer to one request, up to its final head.
#[derive(Default)]
struct BeforeFinal {
    heads: usize,
    bytes: usize,
    place: Place,
}

/// Where in the response the next byte stands.
enum Place {
    /// In a status line, of which this many bytes have come and may still be a final head's.
    StatusLine(usize),
    /// In the rest of an informational head. A line feed on an empty line ends the head.
    Informational { line_is_empty: bool },
    /// In the final head or behind it.
    Final,
}

impl Default for Place {
    fn default() -> Self {
        Self::StatusLine(0)
    }
}

impl BeforeFinal {
    fn count(&mut self, bytes: &[u8]) -> Result<(), TooMuchInformational> {
        for byte in bytes {
            match self.place {
                Place::Final => return Ok(()),
                // Empty lines before a status line are skipped, as hyper does.
                Place::StatusLine(0) if matches!(byte, b'\r' | b'\n') => self.bytes += 1,
                Place::StatusLine(position) => self.count_in_status_line(position, *byte),
                Place::Informational { line_is_empty } => {
                    self.bytes += 1;
                    self.place = match byte {
                        b'\n' if line_is_empty => Place::StatusLine(0),
                        b'\n' => Place::Informational { line_is_empty: true },
                        b'\r' => Place::Informational { line_is_empty },
                        _ => Place::Informational { line_is_empty: false },
                    };
                }
            }
            if self.heads > MAX_INFORMATIONAL_HEADS || self.bytes > MAX_INFORMATIONAL_BYTES {
                return Err(TooMuchInformational);
            }
        }
        Ok(())
    }

    fn count_in_status_line(&mut self, position: usize, byte: u8) {
        self.place = match (position, byte) {
            (0..7, byte) if byte == b"HTTP/1."[position] => Place::StatusLine(position + 1),
            (7, b'0' | b'1') | (8, b' ') | (9, b'1') | (10, b'0') => Place::StatusLine(position + 1),
            // `101` is final: what follows it is another protocol.
            (9, b'2'..=b'9') | (11, b'1') => Place::Final,
            _ => {
                self.heads += 1;
                self.bytes += position + 1;
                Place::Informational { line_is_empty: byte == b'\n' }
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncWriteExt as _, DuplexStream};

    use super::*;

    const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    const FINAL: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

    type Limited = InformationalLimit<TokioIo<DuplexStream>>;

    /// The client's end of a connection and the endpoint's.
    fn connection() -> (Limited, DuplexStream) {
        let (client, endpoint) = tokio::io::duplex(1 << 20);
        (InformationalLimit::new(TokioIo::new(client)), endpoint)
    }

    async fn write(client: &mut Limited) {
        poll_fn(|cx| Pin::new(&mut *client).poll_write(cx, b"request")).await.unwrap();
    }

    async fn flush(client: &mut Limited) {
        poll_fn(|cx| Pin::new(&mut *client).poll_flush(cx)).await.unwrap();
    }

    /// Whether the client may read what the endpoint sends, all of it at once.
    async fn passes(client: &mut Limited, endpoint: &mut DuplexStream, sent: &[u8]) -> bool {
        endpoint.write_all(sent).await.unwrap();
        let mut buffer = vec![0; sent.len()];
        let mut buffer = ReadBuf::new(&mut buffer);
        let result = poll_fn(|cx| Pin::new(&mut *client).poll_read(cx, buffer.unfilled())).await;
        match result {
            Ok(()) => assert_eq!(buffer.filled(), sent),
            Err(error) => assert!(error.get_ref().unwrap().is::<TooMuchInformational>()),
        }
        buffer.filled().len() == sent.len()
    }

    #[tokio::test]
    async fn a_request_that_is_still_being_written_is_not_counted_anew() {
        let (mut client, mut endpoint) = connection();
        write(&mut client).await;
        assert!(passes(&mut client, &mut endpoint, &CONTINUE.repeat(5)).await);
        write(&mut client).await;
        assert!(passes(&mut client, &mut endpoint, &CONTINUE.repeat(3)).await);
        write(&mut client).await;
        assert!(!passes(&mut client, &mut endpoint, CONTINUE).await);
    }

    #[tokio::test]
    async fn the_next_request_is_counted_anew() {
        let (mut client, mut endpoint) = connection();
        let answer = [CONTINUE.repeat(8), FINAL.to_vec()].concat();
        for _ in 0..3 {
            write(&mut client).await;
            flush(&mut client).await;
            assert!(passes(&mut client, &mut endpoint, &answer).await);
        }
    }

    #[tokio::test]
    async fn a_body_sent_before_the_request_was_complete_is_not_taken_for_heads() {
        let (mut client, mut endpoint) = connection();
        write(&mut client).await;
        assert!(passes(&mut client, &mut endpoint, FINAL).await);
        write(&mut client).await;
        assert!(passes(&mut client, &mut endpoint, &CONTINUE.repeat(20)).await);
        flush(&mut client).await;
        write(&mut client).await;
        assert!(!passes(&mut client, &mut endpoint, &CONTINUE.repeat(9)).await);
    }

    /// What becomes of a response that comes in pieces of `size` bytes.
    fn counted(response: &[u8], size: usize) -> Result<BeforeFinal, TooMuchInformational> {
        let mut before_final = BeforeFinal::default();
        for piece in response.chunks(size) {
            before_final.count(piece)?;
        }
        Ok(before_final)
    }

    #[test]
    fn heads_and_bytes_are_counted_alike_in_pieces_of_any_size() {
        let hints = b"HTTP/1.1 103 Early Hints\nlink: <a>\r\n\n";
        let response = [b"\r\n".as_slice(), CONTINUE, hints, FINAL, &CONTINUE.repeat(9)].concat();
        for size in 1..response.len() {
            let before_final = counted(&response, size).unwrap();
            assert_eq!(
                (before_final.heads, before_final.bytes),
                (2, 2 + CONTINUE.len() + hints.len()),
                "{size}"
            );
        }
    }

    #[test]
    fn the_last_byte_permitted_is_the_65536th() {
        let head_of = |bytes: usize| {
            let (start, end) = ("HTTP/1.1 103 Early Hints\r\nlink: ", "\r\n\r\n");
            format!("{start}{}{end}", "h".repeat(bytes - start.len() - end.len())).into_bytes()
        };
        for size in [1, 11, 8_192, 100_000] {
            let longest = [head_of(MAX_INFORMATIONAL_BYTES), FINAL.to_vec()].concat();
            assert_eq!(counted(&longest, size).unwrap().bytes, 65_536);
            assert!(counted(&head_of(MAX_INFORMATIONAL_BYTES + 1), size).is_err());
        }
    }

    #[test]
    fn bytes_that_are_no_final_head_are_limited_whatever_they_are() {
        for noise in
            ["\r\n", "\n", "noise", "HTTP/1.1 ", "HTTP/1.1 1", "HTTP/1.1 100", "HTTP/2 200 OK\r\n\r\n", "\0"]
        {
            assert!(counted(&noise.repeat(70_000).into_bytes(), 8_192).is_err(), "{noise:?}");
        }
    }

    #[test]
    fn switching_protocols_is_a_final_response() {
        let answer = [b"HTTP/1.1 101 Switching Protocols\r\n\r\n".as_slice(), &CONTINUE.repeat(20)].concat();
        assert_eq!(counted(&answer, 7).unwrap().heads, 0);
    }

    /// Counts how often a task was woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn a_stream_that_always_has_more_yields_and_wakes_its_task() {
        let (mut client, mut endpoint) = connection();
        endpoint.write_all(&[FINAL, &[b'x'; 200_000]].concat()).await.unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut yields = Vec::new();
        let mut read = 0;
        while read < 100_000 {
            let mut buffer = [0; 5_000];
            let mut buffer = ReadBuf::new(&mut buffer);
            let result = Pin::new(&mut client).poll_read(&mut Context::from_waker(&waker), buffer.unfilled());
            read += buffer.filled().len();
            if result.is_pending() {
                yields.push(read);
            }
        }
        assert_eq!(yields, [20_000, 40_000, 60_000, 80_000]);
        assert_eq!(woken.0.load(Ordering::SeqCst), yields.len());
    }
}

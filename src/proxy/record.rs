//! What a request was made of, byte for byte, while it passes.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::Request;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Most bytes of a body that are kept.
pub(crate) const BODY: usize = 256 * 1024;
/// Most bytes of a head that are kept; hyper refuses longer ones.
const HEAD: usize = 512 * 1024;

/// What a connection has heard since the last request ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<Mutex<Hearing>>);

#[derive(Debug, Default)]
struct Hearing {
    bytes: Vec<u8>,
    /// A body is under way, which is kept elsewhere.
    deaf: bool,
}

impl Heard {
    /// The head of the request that was just read. What comes now is its body.
    ///
    /// A client that sends requests without waiting for answers gets heads that are spelled anew.
    pub(super) fn head(&self, request: &Request<Incoming>) -> Vec<u8> {
        let mut hearing = self.lock();
        hearing.deaf = true;
        let bytes = std::mem::take(&mut hearing.bytes);
        drop(hearing);
        let start = bytes.iter().take_while(|byte| byte.is_ascii_whitespace());
        let start = start.count();
        let line = format!("{} {} HTTP/", request.method(), request.uri());
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        match end {
            Some(end) if bytes[start..].starts_with(line.as_bytes()) => {
                bytes[start..end + 4].to_vec()
            }
            _ => spell(request),
        }
    }

    /// The request is over: the next bytes are the next one's.
    fn next(&self) {
        let mut hearing = self.lock();
        hearing.deaf = false;
        hearing.bytes.clear();
    }

    /// The connection has left HTTP: nothing on it is a request any more.
    pub(super) fn no_more(&self) {
        let mut hearing = self.lock();
        hearing.deaf = true;
        hearing.bytes = Vec::new();
    }

    fn hear(&self, bytes: &[u8]) {
        let mut hearing = self.lock();
        if !hearing.deaf && hearing.bytes.len() + bytes.len() <= HEAD {
            hearing.bytes.extend_from_slice(bytes);
        }
    }

    /// A panic elsewhere leaves bytes that are compared before they are believed.
    fn lock(&self) -> MutexGuard<'_, Hearing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The head of a request from what was read of it.
fn spell(request: &Request<Incoming>) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri()).into_bytes();
    for (name, value) in request.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// A connection whose incoming bytes are heard.
pub(super) struct Listening {
    stream: TcpStream,
    heard: Heard,
}

impl Listening {
    pub(super) fn new(stream: TcpStream, heard: Heard) -> Self {
        Self { stream, heard }
    }
}

impl AsyncRead for Listening {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.heard.hear(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Listening {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The bytes of a body that were kept, and how many there were.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Arc<Mutex<(Vec<u8>, u64)>>);

impl Kept {
    /// What has come so far.
    pub(super) fn take(&self) -> (Vec<u8>, u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut kept.0), kept.1)
    }

    fn add(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = BODY.saturating_sub(kept.0.len()).min(bytes.len());
        kept.0.extend_from_slice(&bytes[..room]);
        kept.1 += bytes.len() as u64;
    }
}

/// A body that keeps a copy of what passes.
pub(super) struct Copied {
    body: Incoming,
    kept: Kept,
    heard: Heard,
}

impl Copied {
    pub(super) fn new(body: Incoming, kept: Kept, heard: Heard) -> Self {
        if body.is_end_stream() {
            heard.next();
        }
        Self { body, kept, heard }
    }
}

impl Body for Copied {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.kept.add(data);
        }
        if self.body.is_end_stream() || frame.is_none() {
            self.heard.next();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

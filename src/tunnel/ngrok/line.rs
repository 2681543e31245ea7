//! The connection to ngrok's server: without delay, once only, and one that can be cut.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use ngrok::session::{ConnectError, IoStream};
use ngrok::tunnel::AcceptError;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::tunnel::ngrok::proxy::ProxyServer;

/// Cuts a connection from outside: from then on reading and writing fail.
#[derive(Clone, Debug, Default)]
pub(super) struct Switch(Arc<State>);

#[derive(Debug, Default)]
struct State {
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Switch {
    /// Cuts it.
    pub(super) fn cut(&self) {
        self.0.cut.store(true, Ordering::SeqCst);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    /// Whether it was cut.
    pub(super) fn is_cut(&self) -> bool {
        self.0.cut.load(Ordering::SeqCst)
    }
}

/// Connects once. The crate asks again with the error that ended the connection; then there is no
/// other one, and the session ends.
pub(super) fn connector(
    switch: Switch,
    proxy: Option<ProxyServer>,
) -> impl ngrok::session::Connector {
    move |host: String, port: u16, tls: Arc<ClientConfig>, ended: Option<AcceptError>| {
        let (switch, proxy) = (switch.clone(), proxy.clone());
        async move {
            if ended.is_some() {
                return Err(ConnectError::Canceled);
            }
            let tcp = match &proxy {
                Some(proxy) => proxy.connect(&host, port).await,
                None => TcpStream::connect((host.as_str(), port)).await,
            }
            .map_err(ConnectError::Tcp)?;
            secure(tcp, host, tls, switch).await
        }
    }
}

async fn secure(
    tcp: TcpStream,
    host: String,
    tls: Arc<ClientConfig>,
    switch: Switch,
) -> Result<Box<dyn IoStream>, ConnectError> {
    // Without this every request waits some 40 ms for an acknowledgement (RFC 896).
    tcp.set_nodelay(true).map_err(ConnectError::Tcp)?;
    let name = ServerName::try_from(host)
        .map_err(|error| ConnectError::Tls(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    let stream = TlsConnector::from(tls)
        .connect(name, tcp)
        .await
        .map_err(ConnectError::Tls)?;
    Ok(Box::new(Cuttable { stream, switch }))
}

/// A stream that ends when its switch is cut.
struct Cuttable<S> {
    stream: S,
    switch: Switch,
}

impl<S: AsyncRead + Unpin> AsyncRead for Cuttable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.switch.0.reader.register(context.waker());
        if self.switch.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Cuttable<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.switch.0.writer.register(context.waker());
        if self.switch.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.switch.0.writer.register(context.waker());
        if self.switch.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

//! Sends a request again, byte for byte.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::proxy::{BODY, HOLD, Raw};

/// Longest wait for the answer: what the proxy holds a request, and as long again for the app.
const ANSWER: Duration = HOLD.saturating_mul(2);
/// Longest status line that is waited for.
const STATUS_LINE: usize = 4096;

/// Why a request cannot be sent again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// Only the start of its body was kept.
    #[error("its body is longer than {BODY} bytes, and only the start of it was kept")]
    Cut,
    /// Nobody answers.
    #[error("the app does not answer")]
    Silent,
}

/// Sends a request to a port of this machine and answers with the status.
///
/// # Errors
/// [`ReplayError`].
pub(crate) async fn send(raw: &Raw, port: u16) -> Result<u16, ReplayError> {
    if raw.body_length != raw.body.len() as u64 {
        return Err(ReplayError::Cut);
    }
    let exchange = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(&bytes(raw)).await?;
        let mut answer = Vec::new();
        let mut chunk = [0; 512];
        while !answer.contains(&b'\n') && answer.len() < STATUS_LINE {
            match stream.read(&mut chunk).await? {
                0 => break,
                length => answer.extend_from_slice(&chunk[..length]),
            }
        }
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout(ANSWER, exchange).await;
    let Ok(Ok(answer)) = answer else {
        return Err(ReplayError::Silent);
    };
    let line = String::from_utf8_lossy(&answer);
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    status.ok_or(ReplayError::Silent)
}

/// The request as it was; a body that came in chunks goes in one.
fn bytes(raw: &Raw) -> Vec<u8> {
    let mut bytes = raw.head.clone();
    let chunked = raw.values("transfer-encoding").next().is_some();
    if chunked {
        if !raw.body.is_empty() {
            bytes.extend_from_slice(format!("{:x}\r\n", raw.body.len()).as_bytes());
            bytes.extend_from_slice(&raw.body);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
    } else {
        bytes.extend_from_slice(&raw.body);
    }
    bytes
}

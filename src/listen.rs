//! The loop that accepts connections, for whatever this program serves.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Pause after a failed accept: without file descriptors, the next one fails at once too.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves each connection, at most `most` at a time, for as long as the future is polled; more
/// wait to be accepted. Connections end with the future.
pub(crate) async fn each<Work>(
    listener: TcpListener,
    most: usize,
    serve: impl Fn(TcpStream) -> Work,
) where
    Work: Future<Output = ()> + Send + 'static,
{
    let free = Arc::new(Semaphore::new(most));
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let work = serve(stream);
                connections.spawn(async move {
                    work.await;
                    drop(permit);
                });
            }
            Err(_) => {
                // A future that never ends, given up after the pause.
                let _ = tokio::time::timeout(PAUSE, std::future::pending::<()>()).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(30);

    async fn within<T>(work: impl Future<Output = T>) -> T {
        tokio::time::timeout(DEADLINE, work).await.unwrap()
    }

    #[tokio::test]
    async fn more_than_the_most_wait_and_all_end_with_the_loop() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(each(listener, 2, async |mut stream: TcpStream| {
            let mut byte = *b"a";
            // Says something first, and then everything again until there is no more.
            while stream.write_all(&byte).await.is_ok()
                && matches!(stream.read(&mut byte).await, Ok(1))
            {}
        }));
        let mut first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        within(first.read_u8()).await.unwrap();
        within(second.read_u8()).await.unwrap();
        // The system takes the third connection, but nobody serves it, however long the others talk.
        let mut third = TcpStream::connect(address).await.unwrap();
        for _ in 0..100 {
            second.write_all(b"b").await.unwrap();
            within(second.read_u8()).await.unwrap();
        }
        assert!(third.try_read(&mut [0]).is_err());
        first.shutdown().await.unwrap();
        within(third.read_u8()).await.unwrap();
        serving.shutdown().await;
        let end = within(second.read(&mut [0])).await;
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
}

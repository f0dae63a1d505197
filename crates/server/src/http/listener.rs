//! Connections of one listener: accepted until the stop, and finished after it.
//!
//! `axum::serve` sets no time limit on a request's head, so that a client that sends it byte by byte would hold a
//! connection for ever; hence the loop over hyper here.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::Service as _;

/// How long a client may take for the head of a request, the first or the next on a kept connection.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// How long accepting pauses when the process has no file descriptor left.
const PAUSE: Duration = Duration::from_millis(500);

/// How long whoever has connected before a stop may take to begin their first request.
const BEGIN_WITHIN: Duration = Duration::from_millis(500);

/// Answers with `router` until the sender of `stop` is dropped, then until the requests under way are finished.
///
/// From the stop on nobody can connect, so that a proxy goes on to the next node at once. Whoever has connected before is
/// answered, also if their connection was not yet accepted: a proxy has sent its request already, and would not send it to
/// another node.
pub async fn answer(listener: TcpListener, router: Router, mut stop: watch::Receiver<()>) {
    let connections = GracefulShutdown::new();
    let serve = |stream: TcpStream, peer: SocketAddr| {
        // A small answer must not wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request
                .extensions_mut()
                .insert(ConnectInfo::<SocketAddr>(peer));
            router.clone().call(request.map(Body::new))
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended early: {error}");
            }
        });
    };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        match accepted {
            Ok((stream, peer)) => serve(stream, peer),
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    for (stream, peer) in close(listener) {
        serve(stream, peer);
    }
    // hyper closes at once where nothing was read yet, though a request may be on its way.
    if connections.count() > 0 {
        tokio::time::sleep(BEGIN_WITHIN).await;
    }
    connections.shutdown().await;
}

/// Closes a listener; the connections that were waiting to be accepted.
fn close(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    // Asked directly, the system says what is there; the runtime would say what it has heard of.
    let Ok(listener) = listener.into_std() else {
        return Vec::new();
    };
    std::iter::from_fn(|| listener.accept().ok())
        .filter_map(|(stream, peer)| {
            stream.set_nonblocking(true).ok()?;
            Some((TcpStream::from_std(stream).ok()?, peer))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A node that stops must not lose the request of a proxy that has connected a moment before.
    #[tokio::test]
    async fn who_connected_before_the_stop_is_answered_and_nobody_connects_after() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut early = TcpStream::connect(address).await.unwrap();
        let (stop, stopped) = watch::channel(());
        drop(stop);
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let server = tokio::spawn(answer(listener, router, stopped));
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        let request = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        early.write_all(request).await.unwrap();
        let mut answer = String::new();
        early.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("here"), "{answer}");
        server.await.unwrap();
    }
}

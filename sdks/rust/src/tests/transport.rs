//! A server that is down, slow or broken: every time one `keys_unavailable`, and nobody passes.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::server::{Answer, KeyServer, keys, response};
use super::support::{Hands, ISSUERS, NOW, refused};
use crate::{Code, Error, Ginnel, KeySet as _, RemoteKeySet};

/// What a client whose keys are fetched with this time limit says to a good token, and then to another at once.
async fn ask(server: &KeyServer, timeout: Duration) -> Error {
    let own = &ISSUERS.es256;
    let address = format!("{}{}", server.url(), own.jwks_path());
    let hands = Hands::new(NOW);
    let keys = RemoteKeySet::new(&address)
        .unwrap()
        .timeout(timeout)
        .clock(hands.clock());
    let ginnel = Ginnel::builder(own.ginnel().app_id())
        .issuer(own.ginnel().issuer())
        .key_set(keys)
        .clock(hands.clock())
        .build()
        .unwrap();
    let token = own.token().sign();
    let error = refused(ginnel.validate_token(&token).await, Code::KeysUnavailable);
    refused(ginnel.validate_token(&token).await, Code::KeysUnavailable);
    server.was_asked(1);
    let sentence = error.message();
    assert!(sentence.starts_with(&format!("The keys at {address} could not be fetched: ")));
    assert!(sentence.ends_with(", or set GINNEL_URL."), "{sentence}");

    server.answer(Answer::Bytes(self::keys(own.jwks())));
    hands.pass(1.0);
    assert!(ginnel.validate_token(&token).await.is_ok());
    error
}

#[tokio::test]
async fn broken_answers() {
    let good = ISSUERS.es256.jwks().to_string();
    let status = |status| response(status, &[], &good);
    let body = |body: &str| response(200, &[], body);
    let elsewhere = [("location", "http://127.0.0.1:9/")];
    let cases = [
        ("the answer was 404", status(404)),
        ("the answer was 429", status(429)),
        ("the answer was 500", status(500)),
        ("the answer was 201", status(201)),
        (
            "the answer was 204",
            b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        ),
        ("the answer was 302", response(302, &elsewhere, &good)),
        ("the answer was 301", response(301, &elsewhere, &good)),
        (
            "the answer was not JSON",
            body("<!doctype html><title>Welcome</title>"),
        ),
        ("the answer was not JSON", body("")),
        ("the answer was not JSON", body(&good[..good.len() - 5])),
        ("the answer was not JSON", body(&format!("\u{feff}{good}"))),
        ("the answer was not JSON", body(&"[".repeat(5000))),
        ("the answer is not an object", body("[]")),
        ("the answer is not an object", body("null")),
        ("the answer has no signing key", body("{\"keys\":[]}")),
        (
            "the answer was larger than 65536 bytes",
            body(&" ".repeat(65_537)),
        ),
        ("the connection broke off", Vec::new()),
        ("the connection broke off", b"garbage\r\n\r\n".to_vec()),
        ("the connection broke off", b"\x16\x03\x01\x00\x00".to_vec()),
        (
            "the connection broke off",
            b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}".to_vec(),
        ),
        (
            "the connection broke off",
            b"HTTP/1.1 200 OK\r\nx: ".repeat(20_000),
        ),
    ];
    for (reason, bytes) in cases {
        let server = KeyServer::new(Answer::Bytes(bytes)).await;
        let error = ask(&server, Duration::from_secs(60)).await;
        assert!(error.message().contains(reason), "{reason}: {error}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let mut bytes = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    bytes.resize(200_000, b' ');
    let server = KeyServer::new(Answer::Hang(bytes)).await;
    let error = ask(&server, Duration::from_secs(60)).await;
    assert!(
        error.message().contains("larger than 65536 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn the_largest_body_is_read() {
    let mut text = ISSUERS.es256.jwks().to_string();
    text.extend(std::iter::repeat_n(' ', 65_536 - text.len()));
    let server = KeyServer::new(Answer::Bytes(response(200, &[], &text))).await;
    let keys = RemoteKeySet::new(&server.url()).unwrap();
    assert!(
        keys.find(super::support::kid(&ISSUERS.es256))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn slow_answers_end_by_the_time_limit() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
    for answer in [
        Answer::Hang(Vec::new()),
        Answer::Hang(head.to_vec()),
        Answer::Drip,
    ] {
        let server = KeyServer::new(answer).await;
        let error = ask(&server, Duration::from_millis(300)).await;
        assert!(
            error
                .message()
                .contains("no answer came within 0.3 seconds"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let outcome = RemoteKeySet::new(&url).unwrap().find("any").await;
    let error = refused(outcome, Code::KeysUnavailable);
    assert!(
        error.message().contains("no connection was made"),
        "{error}"
    );
    assert!(error.source().is_some());
    assert_eq!(error.status(), 503);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let configuration = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(configuration));
        acceptor.accept(stream).await.map(drop).unwrap_err()
    });
    let keys = RemoteKeySet::new(&format!("https://localhost:{port}/")).unwrap();
    let error = refused(keys.find("any").await, Code::KeysUnavailable);
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    assert!(cause.contains("invalid peer certificate"), "{cause}");
    server.await.unwrap();
}

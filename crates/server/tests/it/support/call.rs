//! One request to the router and its answer.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use serde_json::Value as Json;
use tower::ServiceExt as _;

/// A request in the making; `.await` sends it.
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct Call {
    router: Router,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    peer: SocketAddr,
}

impl Call {
    /// To `localhost:8400` from the loopback address, with no further header.
    pub fn new(router: Router, method: &str, path: &str) -> Self {
        Call {
            router,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: vec![("host".to_owned(), "localhost:8400".to_owned())],
            body: Vec::new(),
            peer: SocketAddr::from(([127, 0, 0, 1], 40_000)),
        }
    }

    /// Sets a header, in place of one of the same name.
    pub fn header(self, name: &str, value: &str) -> Self {
        let mut call = self.without(name);
        call.headers.push((name.to_owned(), value.to_owned()));
        call
    }

    /// Takes a header out.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// A JSON body with its media type.
    pub fn json(self, body: Json) -> Self {
        self.body(body.to_string())
            .header("content-type", "application/json")
    }

    /// A body as it is, no media type.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// To another node.
    pub fn at(mut self, router: &Router) -> Self {
        self.router = router.clone();
        self
    }

    /// From another address.
    pub fn from(mut self, address: &str) -> Self {
        self.peer = SocketAddr::new(address.parse().unwrap(), 40_000);
        self
    }

    async fn send(self) -> Response {
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(self.body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let (parts, body) = self.router.oneshot(request).await.unwrap().into_parts();
        Response {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }
}

impl IntoFuture for Call {
    type Output = Response;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Response> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }

    /// The JSON body, whatever the status.
    pub fn json(&self) -> Json {
        assert_eq!(
            self.header(header::CONTENT_TYPE.as_str()),
            Some("application/json"),
            "{}",
            self.text()
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The JSON body of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Json {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// Status, code and reason (empty if there is none) of a refusal, whose body is the contract's error body.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String, String) {
        let body = self.json();
        let members = body.as_object().unwrap();
        assert!(
            members
                .keys()
                .all(|name| ["code", "error", "reason"].contains(&name.as_str())),
            "{body}"
        );
        assert!(!members["error"].as_str().unwrap().is_empty());
        let reason = members.get("reason").map(|reason| reason.as_str().unwrap());
        (
            self.status,
            members["code"].as_str().unwrap().to_owned(),
            reason.unwrap_or_default().to_owned(),
        )
    }

    /// Refuses any other refusal.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, code: &str, reason: &str) {
        let expected = (status, code.to_owned(), reason.to_owned());
        assert_eq!(self.refusal(), expected, "{}", self.text());
    }

    /// The sentence of a refusal.
    pub fn sentence(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }
}

//! The extractor and the layer, in a router of axum's.

use axum::body::to_bytes;
use axum::extract::FromRef;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::server::{Answer, KeyServer, response};
use super::support::ISSUERS;
use crate::axum::Refused;
use crate::tower::RequireUser;
use crate::{Error, Ginnel, User};

#[derive(Clone)]
struct Site {
    ginnel: Ginnel,
}

impl FromRef<Site> for Ginnel {
    fn from_ref(site: &Site) -> Self {
        site.ginnel.clone()
    }
}

/// The same guards three times: `/extractor`, `/layer` and `/layer-with-hook`.
fn app(ginnel: &Ginnel) -> Router {
    let extracted = |user: User| async move { user.id().to_owned() };
    let decides = |user: Result<User, Refused>| async move {
        match user {
            Ok(user) => user.id().to_owned(),
            Err(Refused(error)) => format!("nobody: {}", error.code()),
        }
    };
    let layered = |Extension(user): Extension<User>| async move { user.id().to_owned() };
    let plain = RequireUser::new(ginnel.clone());
    let hooked = plain.clone().on_refused(|error, parts| {
        let address = format!(
            "/unauthorized?from={}&reason={}",
            parts.uri.path(),
            error.code()
        );
        http::Response::builder()
            .status(StatusCode::SEE_OTHER)
            .header(header::LOCATION, address)
            .body(String::new())
            .unwrap()
    });
    Router::new()
        .route("/extractor", get(extracted))
        .route("/decides", get(decides))
        .route("/layer", get(layered).layer(plain))
        .route("/layer-with-hook", get(layered).layer(hooked))
        .with_state(Site {
            ginnel: ginnel.clone(),
        })
}

async fn visit(ginnel: &Ginnel, path: &str, token: Option<&str>) -> Response {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header(header::COOKIE, format!("psg_auth_token={token}"));
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    app(ginnel).oneshot(request).await.into_response()
}

async fn body(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), 10_000).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn field(response: &Response, name: header::HeaderName) -> &str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_signed_in_user_passes() {
    let own = &ISSUERS.es256;
    let token = own.token().user_id("ada").sign();
    for path in ["/extractor", "/decides", "/layer", "/layer-with-hook"] {
        let response = visit(own.ginnel(), path, Some(&token)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(body(response).await, "ada");
    }
}

#[tokio::test]
async fn everybody_else_is_answered_401_with_the_reason() {
    let own = &ISSUERS.es256;
    let expired = own.token().expires_in(-60).sign();
    for path in ["/extractor", "/layer"] {
        let response = visit(own.ginnel(), path, None).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(field(&response, header::WWW_AUTHENTICATE), "Bearer");
        assert_eq!(field(&response, header::CACHE_CONTROL), "no-store");
        assert_eq!(field(&response, header::CONTENT_TYPE), "application/json");
        let answer: Value = serde_json::from_str(&body(response).await).unwrap();
        assert_eq!(answer["code"], "token_missing");

        let response = visit(own.ginnel(), path, Some(&expired)).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = field(&response, header::WWW_AUTHENTICATE);
        assert_eq!(challenge, "Bearer error=\"invalid_token\"");
        let answer: Value = serde_json::from_str(&body(response).await).unwrap();
        let sentence = "The auth token has expired; refresh it or sign in again.";
        assert_eq!(answer, json!({"code": "token_expired", "error": sentence}));
    }
    let response = visit(own.ginnel(), "/decides", None).await;
    assert_eq!(body(response).await, "nobody: token_missing");
}

#[tokio::test]
async fn a_hook_answers_in_its_own_way() {
    let response = visit(ISSUERS.es256.ginnel(), "/layer-with-hook", None).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let address = "/unauthorized?from=/layer-with-hook&reason=token_missing";
    assert_eq!(field(&response, header::LOCATION), address);
}

#[tokio::test]
async fn what_is_not_the_callers_fault_is_503_and_lets_nobody_pass() {
    let own = &ISSUERS.es256;
    let server = KeyServer::new(Answer::Bytes(response(500, &[], ""))).await;
    let app_id = own.ginnel().app_id();
    let ginnel = Ginnel::builder(app_id).url(server.url()).build().unwrap();
    let token = own.token().sign();
    for path in ["/extractor", "/layer", "/layer-with-hook"] {
        let response = visit(&ginnel, path, Some(&token)).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(field(&response, header::CACHE_CONTROL), "no-store");
        assert_eq!(field(&response, header::WWW_AUTHENTICATE), "");
        // The caller is not told where Ginnel runs, and a layer that logs is.
        let error = response.extensions().get::<Error>().unwrap();
        assert!(error.message().contains(&server.url()), "{error}");
        let text = body(response).await;
        assert!(text.starts_with("{\"code\":\"keys_unavailable\""), "{text}");
        assert!(!text.contains(&server.url()), "{text}");
    }
}

//! Where the token of a request is found.

use http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};

use super::support::{ISSUERS, refused};
use crate::{Code, Error};

fn headers(fields: &[(HeaderName, &str)]) -> HeaderMap {
    let field = |(name, value): &(HeaderName, &str)| {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        (name.clone(), value)
    };
    fields.iter().map(field).collect()
}

async fn user(fields: &[(HeaderName, &str)]) -> Result<String, Error> {
    let ginnel = ISSUERS.eddsa.ginnel();
    ginnel.authenticate_request(&headers(fields)).await
}

#[tokio::test]
async fn the_header_counts_before_the_cookie() {
    let ada = ISSUERS.eddsa.token().user_id("ada").sign();
    let bob = ISSUERS.eddsa.token().user_id("bob").sign();
    let bearer = format!("Bearer {ada}");
    let cookie = format!("psg_auth_token={bob}");
    assert_eq!(user(&[(AUTHORIZATION, &bearer)]).await.unwrap(), "ada");
    assert_eq!(user(&[(COOKIE, &cookie)]).await.unwrap(), "bob");
    let both = [(AUTHORIZATION, bearer.as_str()), (COOKIE, cookie.as_str())];
    assert_eq!(user(&both).await.unwrap(), "ada");
    let spaced = format!("bEARER  {ada} ");
    assert_eq!(user(&[(AUTHORIZATION, &spaced)]).await.unwrap(), "ada");
}

#[tokio::test]
async fn a_broken_bearer_header_is_refused_in_spite_of_a_good_cookie() {
    let ada = ISSUERS.eddsa.token().user_id("ada").sign();
    let cookie = format!("psg_auth_token={ada}");
    for other in [
        "Basic YTpi",
        "BearerX y",
        "Bear",
        "",
        "žluťoučký",
        "Bearerž",
    ] {
        let fields = [(AUTHORIZATION, other), (COOKIE, cookie.as_str())];
        assert_eq!(user(&fields).await.unwrap(), "ada", "{other}");
    }
    let twice = format!("Bearer {ada} {ada}");
    let listed = format!("Bearer {ada}, Bearer {ada}");
    for broken in [
        "Bearer",
        "Bearer ",
        "Bearer\tx",
        "Bearer ž",
        &twice,
        &listed,
    ] {
        let fields = [(AUTHORIZATION, broken), (COOKIE, cookie.as_str())];
        refused(user(&fields).await, Code::TokenMalformed);
    }
    let bearer = format!("Bearer {ada}");
    let lines = [
        (AUTHORIZATION, bearer.as_str()),
        (AUTHORIZATION, bearer.as_str()),
    ];
    refused(user(&lines).await, Code::TokenMalformed);
    let long = format!("Bearer {}", "x".repeat(20_000));
    refused(
        user(&[(AUTHORIZATION, &long), (COOKIE, &cookie)]).await,
        Code::TokenOversize,
    );
}

#[tokio::test]
async fn the_cookie_is_found_among_others() {
    let ada = ISSUERS.eddsa.token().user_id("ada").sign();
    for cookie in [
        format!("a=1; psg_auth_token={ada}; b=2"),
        format!("a=1;psg_auth_token={ada};b=2"),
        format!("psg_auth_token=\"{ada}\""),
        format!("psg_auth_token = {ada} "),
        format!("psg_auth_token=; psg_auth_token={ada}"),
        format!("psg_auth_token={ada}; psg_auth_token=other"),
        format!("xpsg_auth_token=other; psg_auth_token={ada}"),
        format!("PSG_AUTH_TOKEN=other; psg_auth_token={ada}"),
        format!("a=\"x; psg_auth_token={ada}"),
        format!("; ;; =x; novalue; psg_auth_token={ada}"),
        format!("name=žluť; psg_auth_token={ada}"),
    ] {
        assert_eq!(user(&[(COOKIE, &cookie)]).await.unwrap(), "ada", "{cookie}");
    }
    let token = format!("psg_auth_token={ada}");
    let lines = [(COOKIE, "a=1"), (COOKIE, token.as_str())];
    assert_eq!(user(&lines).await.unwrap(), "ada");
}

#[tokio::test]
async fn no_token_is_refused() {
    refused(user(&[]).await, Code::TokenMissing);
    let empty = [
        "",
        "a",
        "psg_auth_token",
        "psg_auth_token=",
        "psg_auth_token=\"\"",
    ];
    for cookie in [&empty[..], &["psg_auth_token2=x"]].concat() {
        refused(user(&[(COOKIE, cookie)]).await, Code::TokenMissing);
    }
    refused(
        user(&[(COOKIE, "psg_auth_token=\"")]).await,
        Code::TokenMalformed,
    );
    let long = format!("psg_auth_token={}", "x".repeat(20_000));
    refused(user(&[(COOKIE, &long)]).await, Code::TokenOversize);
}

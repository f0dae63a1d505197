//! The options of the client: what they default to and how wrong ones are refused. No request is made: there is no
//! runtime here to make one on.

use std::error::Error as _;
use std::time::Duration;

use serde_json::json;

use super::support::{ISSUERS, refused};
use crate::{Code, Error, Ginnel, RemoteKeySet, StaticKeySet};

const APP_ID: &str = "Abcdefghijkl012345678901";

fn url(option: Option<&str>, variable: Option<&str>) -> Result<String, Error> {
    let mut builder = Ginnel::builder(APP_ID);
    if let Some(url) = option {
        builder = builder.url(url);
    }
    let ginnel = builder.build_with(variable.map(Into::into))?;
    assert_eq!(
        ginnel.issuer(),
        format!("{}/auth/v1/apps/{APP_ID}", ginnel.url())
    );
    Ok(ginnel.url().to_owned())
}

#[test]
fn the_address_is_the_option_else_the_variable_else_localhost() {
    assert_eq!(url(None, None).unwrap(), "http://localhost:8400");
    assert_eq!(url(None, Some("")).unwrap(), "http://localhost:8400");
    let variable = Some("https://login.example.com/");
    assert_eq!(url(None, variable).unwrap(), "https://login.example.com");
    let option = Some("HTTPS://Example.com:443/sub//");
    assert_eq!(url(option, variable).unwrap(), "https://example.com/sub");
    assert_eq!(
        url(Some("http://[::1]:8400"), None).unwrap(),
        "http://[::1]:8400"
    );
}

#[test]
fn a_wrong_address_is_refused() {
    for wrong in [
        "",
        "example.com",
        "localhost:8400",
        "ftp://example.com",
        "http://",
        "http://a:b@example.com",
        "http://a@example.com",
        "https://example.com/?a",
        "https://example.com/#a",
    ] {
        refused(url(Some(wrong), None), Code::Configuration);
        if !wrong.is_empty() {
            let error = refused(url(None, Some(wrong)), Code::Configuration);
            assert!(error.message().contains("GINNEL_URL"), "{error}");
        }
    }
}

#[test]
fn a_wrong_address_of_a_key_set_is_refused() {
    for wrong in [
        "",
        "/jwks.json",
        "file:///etc/passwd",
        "http://a:b@example.com/jwks.json",
        "http://example.com/jwks.json#a",
    ] {
        refused(RemoteKeySet::new(wrong), Code::Configuration);
    }
}

#[test]
fn an_id_that_is_no_applications_is_refused() {
    let long = format!("{APP_ID}x");
    let line = format!("{}\n", &APP_ID[1..]);
    for wrong in [
        "",
        "short",
        &long,
        &line,
        "../../../../../../etc/pas",
        "žžžžžžžžžžžž",
    ] {
        let error = refused(Ginnel::new(wrong), Code::Configuration);
        assert_eq!(error.status(), 500);
        assert!(error.message().contains("ginnel app create"), "{error}");
    }
}

#[test]
fn wrong_values_of_the_other_options_are_refused() {
    let builder = || Ginnel::builder(APP_ID);
    refused(
        builder().leeway(Duration::from_millis(300_001)).build(),
        Code::Configuration,
    );
    refused(builder().algorithms([]).build(), Code::Configuration);
    refused(builder().issuer("").build(), Code::Configuration);
}

#[test]
fn a_static_key_set_is_a_key_set() {
    let key = &ISSUERS.es256.jwks()["keys"][0];
    for wrong in [
        json!(null),
        json!([]),
        json!({}),
        json!({"keys": {}}),
        json!({"keys": []}),
        json!({"keys": [null, 7, "x", [], {}]}),
        json!({"keys": [key, key]}),
    ] {
        refused(StaticKeySet::new(&wrong), Code::Configuration);
    }
    let error = refused(
        StaticKeySet::from_json("<!doctype html>"),
        Code::Configuration,
    );
    assert!(error.source().is_some());
}

#[test]
fn debug_output_names_the_server_and_no_keys() {
    let ginnel = ISSUERS.es256.ginnel();
    let text = format!("{ginnel:?}");
    assert!(
        text.contains(ginnel.url()) && text.contains(ginnel.app_id()),
        "{text}"
    );
}

//! What comes with a request: its headers, and its body.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{Form, FromRequest as _};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::config::Config;
use crate::domain::sessions::RefreshToken;
use crate::domain::user_agents;
use crate::http::auth::passkeys::{authentication, devices, registration};
use crate::http::auth::{identifiers, magic_links, metadata, one_time_codes, sessions, users};
use crate::http::{auth_token, body, caller, console, hosts};
use crate::messages::Language;

/// A request's headers, one a line: tokens, cookies, host, address and browser.
pub fn headers(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    if let Ok(Some(token)) = auth_token::find_bearer(&headers) {
        assert!(!token.is_empty() && !token.contains([' ', '\t', ',']));
        let mut plain = HeaderMap::new();
        let value = format!("Bearer {token}")
            .parse()
            .expect("it came from a header");
        plain.insert(header::AUTHORIZATION, value);
        assert_eq!(auth_token::find_bearer(&plain).ok(), Some(Some(token)));
    }
    if let Some(value) = auth_token::cookie(&headers) {
        assert!(!value.is_empty() && !value.contains(';'));
    }
    for name in ["ginnel_console", "ginnel_grant", "psg_auth_token"] {
        if let Some(value) = console::cookie::find(&headers, name) {
            assert!(!value.is_empty() && !value.contains(';'));
            // A cookie of a longer or shorter name is another one.
            let found = headers.get_all(header::COOKIE).iter().any(|line| {
                let line = String::from_utf8_lossy(line.as_bytes()).into_owned();
                line.contains(&format!("{name}={value}"))
            });
            assert!(found);
        }
    }
    let _ = console::cookie::read_grant(&headers);
    let language = headers.get(header::ACCEPT_LANGUAGE);
    if let Some(language) = language
        .and_then(|value| value.to_str().ok())
        .and_then(Language::of_tag)
    {
        assert_eq!(Language::of_tag(language.as_str()), Some(language));
    }
    if let Some(host) = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
    {
        hosts::check_face(host);
    }
    client(headers);
}

/// Who sends: an address behind proxies is believed only as far as the proxies are ours.
fn client(headers: HeaderMap) {
    let mut config = Config::default();
    config.trusted_proxies = vec!["10.0.0.0/8".parse().expect("it is a network")];
    let peer = |text: &str| text.parse::<IpAddr>().expect("it is an address");
    let stranger = peer("203.0.113.9");
    assert_eq!(caller::address(&config, stranger, &headers), stranger);
    let seen = caller::address(&config, peer("10.1.2.3"), &headers);
    let named: Vec<IpAddr> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|line| line.to_str().unwrap_or_default().split(','))
        .filter_map(|hop| hop.trim().parse::<IpAddr>().ok())
        .map(|address| address.to_canonical())
        .collect();
    assert!(seen == peer("10.1.2.3") || named.contains(&seen));

    let mut request = Request::new(());
    *request.headers_mut() = headers;
    let client = caller::client(&config, &request.into_parts().0);
    assert!(client.user_agent.len() <= 512);
    assert!(!client.user_agent.contains(char::is_control));
    if let Some(words) = user_agents::describe(&client.user_agent) {
        let system = user_agents::system(&client.user_agent).expect("the words hold the system");
        assert!(words.ends_with(system));
    }
}

/// Bodies: what is read as one of ours is a JSON object, and a form says the same to two readers.
pub fn bodies(data: &[u8]) {
    let link = read::<magic_links::AskForLink>(data);
    assert!(link.is_none() || has_text(data, "identifier"));
    if let Some(wish) = read::<magic_links::WishBody>(data)
        && let Ok(wish) = wish.decode()
        && let Some(hash) = wish.browser_key_hash
    {
        let json: Json = serde_json::from_slice(data).expect("it was read before");
        let said = json["browser_key_hash"].as_str().expect("it is a text");
        let bytes = ginnel_webauthn::base64url::decode(said).expect("it was decoded before");
        assert_eq!(bytes, hash.as_bytes());
    }
    let activate = read::<magic_links::ActivateLink>(data);
    assert!(activate.is_none() || has_text(data, "magic_link"));
    let status = read::<magic_links::LinkStatus>(data);
    assert!(status.is_none() || has_text(data, "id"));
    let code = read::<one_time_codes::ActivateCode>(data);
    assert!(code.is_none() || (has_text(data, "otp") && has_text(data, "otp_id")));
    let presented = read::<sessions::Presented>(data);
    assert!(presented.is_none() || has_text(data, "refresh_token"));
    let _ = read::<users::NewUser>(data);
    let _ = read::<identifiers::ChangeEmail>(data);
    let _ = read::<identifiers::ChangePhone>(data);
    let _ = read::<metadata::ChangeMetadata>(data);
    let _ = read::<registration::StartRegistration>(data);
    let _ = read::<registration::FinishRegistration>(data);
    let _ = read::<authentication::StartLogin>(data);
    let _ = read::<authentication::FinishLogin>(data);
    let _ = read::<devices::RenameDevice>(data);
    form(data);
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(session_id) = RefreshToken::session_of(text)
    {
        assert!(text.starts_with(&format!("1.{session_id}.")));
    }
}

fn read<T: DeserializeOwned>(data: &[u8]) -> Option<T> {
    let read = body::parse(data).ok()?;
    let json: Json = serde_json::from_slice(data).expect("it is JSON");
    assert!(json.is_object());
    Some(read)
}

fn has_text(data: &[u8], name: &str) -> bool {
    serde_json::from_slice::<Json>(data).is_ok_and(|json| json[name].is_string())
}

/// A form of the Console as axum reads it, and as the URL standard does.
fn form(data: &[u8]) {
    let request = Request::builder()
        .method("POST")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(data.to_vec()))
        .expect("it is a request");
    let read = Form::<Vec<(String, String)>>::from_request(request, &());
    if let Ok(Form(pairs)) = super::sealed::runtime().block_on(read) {
        let expected: Vec<(String, String)> =
            url::form_urlencoded::parse(data).into_owned().collect();
        assert_eq!(pairs, expected);
    }
}

//! Sign-up and sign-in from start to finish over one connection, and what comes of them.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::app::TestedApp;
use crate::http::{Connection, Request};
use crate::passkey::{Passkey, base64url, client_data};

/// Tokens of a session.
#[derive(Deserialize)]
pub struct Tokens {
    pub auth_token: String,
    pub refresh_token: String,
}

#[derive(Deserialize)]
struct AuthAnswer {
    auth_result: Tokens,
}

#[derive(Deserialize)]
struct StartAnswer<'a> {
    #[serde(borrow)]
    handshake: Handshake<'a>,
    #[serde(borrow)]
    user: Option<User<'a>>,
}

#[derive(Deserialize)]
struct Handshake<'a> {
    id: &'a str,
    #[serde(borrow)]
    challenge: Challenge<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Challenge<'a> {
    #[serde(borrow)]
    public_key: Options<'a>,
}

#[derive(Deserialize)]
struct Options<'a> {
    challenge: &'a str,
}

#[derive(Deserialize)]
struct User<'a> {
    id: &'a str,
}

/// Signs a new user up.
pub async fn register(connection: &mut Connection, app: &TestedApp, user: u64) -> Result<Tokens> {
    let finish = start_registration(connection, app, user).await?;
    finish_registration(connection, app, &finish).await
}

/// Begins a sign-up; the body that finishes it.
pub async fn start_registration(
    connection: &mut Connection,
    app: &TestedApp,
    user: u64,
) -> Result<String> {
    let passkey = Passkey::of(&app.id, user)?;
    let identifier = TestedApp::identifier(user);
    let body = format!(r#"{{"identifier":"{identifier}"}}"#);
    let answer = connection
        .send(&post(app, &app.paths.register_start, &body))
        .await?;
    let start: StartAnswer = read(answer.expect(200)?)?;
    let handshake = start.handshake;
    let client_data = client_data(
        "webauthn.create",
        handshake.challenge.public_key.challenge,
        &app.origin,
    );
    Ok(format!(
        r#"{{"handshake_id":"{handshake_id}","handshake_response":{{"id":"{id}","rawId":"{id}","type":"public-key","authenticatorAttachment":"platform","transports":["internal","hybrid"],"response":{{"clientDataJSON":"{client_data}","attestationObject":"{attestation_object}"}}}}}}"#,
        handshake_id = handshake.id,
        id = passkey.id(),
        client_data = base64url(client_data),
        attestation_object = base64url(passkey.attestation_object(&app.rp_id)?),
    ))
}

/// Finishes a sign-up.
pub async fn finish_registration(
    connection: &mut Connection,
    app: &TestedApp,
    body: &str,
) -> Result<Tokens> {
    let request = post(app, &app.paths.register_finish, body);
    read_tokens(connection.send(&request).await?.expect(201)?)
}

/// Signs a user in by identifier and passkey.
pub async fn login(connection: &mut Connection, app: &TestedApp, user: u64) -> Result<Tokens> {
    let finish = start_login(connection, app, user).await?;
    finish_login(connection, app, &finish).await
}

/// Begins a sign-in; the body that finishes it.
pub async fn start_login(
    connection: &mut Connection,
    app: &TestedApp,
    user: u64,
) -> Result<String> {
    let passkey = Passkey::of(&app.id, user)?;
    let identifier = TestedApp::identifier(user);
    let body = format!(r#"{{"identifier":"{identifier}"}}"#);
    let answer = connection
        .send(&post(app, &app.paths.login_start, &body))
        .await?;
    let start: StartAnswer = read(answer.expect(200)?)?;
    let handshake = start.handshake;
    let user = start
        .user
        .context("The start of the sign-in names no user.")?;
    let client_data = client_data(
        "webauthn.get",
        handshake.challenge.public_key.challenge,
        &app.origin,
    );
    let assertion = passkey.assert(&app.rp_id, &client_data)?;
    Ok(format!(
        r#"{{"handshake_id":"{handshake_id}","handshake_response":{{"id":"{id}","rawId":"{id}","type":"public-key","authenticatorAttachment":"platform","response":{{"clientDataJSON":"{client_data}","authenticatorData":"{authenticator_data}","signature":"{signature}","userHandle":"{user_handle}"}}}}}}"#,
        handshake_id = handshake.id,
        id = passkey.id(),
        client_data = base64url(client_data),
        authenticator_data = base64url(assertion.authenticator_data),
        signature = base64url(assertion.signature),
        user_handle = base64url(user.id),
    ))
}

/// Finishes a sign-in.
pub async fn finish_login(
    connection: &mut Connection,
    app: &TestedApp,
    body: &str,
) -> Result<Tokens> {
    let request = post(app, &app.paths.login_finish, body);
    read_tokens(connection.send(&request).await?.expect(200)?)
}

/// Exchanges a refresh token for its successor.
pub async fn refresh(
    connection: &mut Connection,
    app: &TestedApp,
    refresh_token: &str,
) -> Result<Tokens> {
    let body = format!(r#"{{"refresh_token":"{refresh_token}"}}"#);
    let answer = connection
        .send(&post(app, &app.paths.tokens, &body))
        .await?;
    read_tokens(answer.expect(201)?)
}

/// Signs out: ends the session of a refresh token.
pub async fn revoke(
    connection: &mut Connection,
    app: &TestedApp,
    refresh_token: &str,
) -> Result<()> {
    let path = format!("{}?refresh_token={refresh_token}", app.paths.tokens);
    let request = Request {
        method: "DELETE",
        path: &path,
        origin: Some(&app.origin),
        ..Request::default()
    };
    connection.send(&request).await?.expect(200)?;
    Ok(())
}

/// A request with a body, from one of the app's pages.
pub fn post<'a>(app: &'a TestedApp, path: &'a str, body: &'a str) -> Request<'a> {
    Request {
        method: "POST",
        path,
        origin: Some(&app.origin),
        body: Some(body),
        ..Request::default()
    }
}

/// What an answer says.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body).with_context(|| {
        format!(
            "The answer lacks something: {}",
            String::from_utf8_lossy(body)
        )
    })
}

/// The tokens of an answer that opens a session.
pub fn read_tokens(body: &[u8]) -> Result<Tokens> {
    Ok(read::<AuthAnswer>(body)?.auth_result)
}

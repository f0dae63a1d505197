//! Magic links and codes over one connection: asking for one, opening it, typing its code.

use anyhow::Result;
use serde::Deserialize;

use super::ceremonies::{post, read, read_tokens};
use crate::app::TestedApp;
use crate::http::{Connection, Request};
use crate::mail::Secrets;
use crate::passkey::{base64url, sha256};

#[derive(Deserialize)]
struct LinkAnswer {
    magic_link: AskedLink,
}

#[derive(Deserialize)]
struct AskedLink {
    id: String,
}

/// Asks for a link to sign in with, as a browser with a key does; the link's id.
pub async fn ask(connection: &mut Connection, app: &TestedApp, address: &str) -> Result<String> {
    let body = question(app, address);
    let answer = connection
        .send(&post(app, &app.paths.login_link, &body))
        .await?;
    Ok(read::<LinkAnswer>(answer.expect(200)?)?.magic_link.id)
}

/// Asks for a link that finishes a sign-up.
pub async fn ask_to_sign_up(
    connection: &mut Connection,
    app: &TestedApp,
    address: &str,
) -> Result<()> {
    let body = question(app, address);
    let request = post(app, &app.paths.register_link, &body);
    connection.send(&request).await?.expect(201)?;
    Ok(())
}

/// Opens a link in the browser that asked for it.
pub async fn open(
    connection: &mut Connection,
    app: &TestedApp,
    address: &str,
    secrets: &Secrets,
) -> Result<()> {
    let body = format!(
        r#"{{"magic_link":"{}","browser_key":"{}"}}"#,
        secrets.link,
        browser_key(app, address)
    );
    let request = Request {
        method: "PATCH",
        path: &app.paths.activate_link,
        origin: Some(&app.origin),
        body: Some(&body),
        ..Request::default()
    };
    read_tokens(connection.send(&request).await?.expect(200)?)?;
    Ok(())
}

/// Types the code that came with a link.
pub async fn type_code(
    connection: &mut Connection,
    app: &TestedApp,
    link_id: &str,
    secrets: &Secrets,
) -> Result<()> {
    let body = format!(r#"{{"otp":"{}","otp_id":"{link_id}"}}"#, secrets.code);
    let request = post(app, &app.paths.activate_code, &body);
    read_tokens(connection.send(&request).await?.expect(200)?)?;
    Ok(())
}

fn question(app: &TestedApp, address: &str) -> String {
    let hash = base64url(sha256(browser_key(app, address).as_bytes()));
    format!(r#"{{"identifier":"{address}","browser_key_hash":"{hash}"}}"#)
}

/// The key of the browser of somebody with this address; it follows from who that is.
fn browser_key(app: &TestedApp, address: &str) -> String {
    base64url(sha256(format!("browser {} {address}", app.id).as_bytes()))
}

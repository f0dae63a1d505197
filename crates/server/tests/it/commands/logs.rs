//! What the log must not hold (D16): whoever reads it signs in as nobody.

use std::fs::{self, File};

use serde_json::{Value as Json, json};

use crate::support::{Home, KEY, Server};

/// A secret of the kind that nobody guesses, to be sent where nothing expects one.
const STRAY: &str = "Stray0Secret1In2A3Path4Or5Query6";

/// Starts the server with everything that its libraries can say in a file.
fn serve(home: &Home) -> Server {
    let log = File::create(home.path().join("log")).unwrap();
    home.serve_with(&[], |command| {
        command.env("GINNEL_LOG", "trace").stderr(log);
    })
}

#[test]
fn no_secret_is_in_the_log() {
    let home = Home::new();
    let mut server = serve(&home);
    let apps: Json = serde_json::from_str(&home.succeed(&["app", "list", "--json"])).unwrap();
    let api = format!("/auth/v1/apps/{}", apps["apps"][0]["id"].as_str().unwrap());
    let send = |server: &Server, method: &str, path: &str, body: Json| {
        let (status, body) = server
            .send(method, &format!("{api}{path}"), &body.to_string())
            .unwrap();
        (status, serde_json::from_str(&body).unwrap_or(Json::Null))
    };

    // A sign-up by link, as a browser with a key does it.
    let asked = json!({ "identifier": "ada@example.com", "browser_key_hash": KEY.hash() });
    let (status, answer) = send(&server, "POST", "/register/magic-link", asked);
    assert_eq!(status, 201, "{answer}");
    let printed = server.next_line_with("psg_magic_link=");
    let (_, rest) = printed.split_once("psg_magic_link=").unwrap();
    let (link, rest) = rest.split_once(' ').unwrap();
    let code = rest.trim().trim_start_matches("code ");
    assert_eq!((link.len(), code.len()), (43, 6), "{printed}");
    let opened = json!({ "magic_link": link, "browser_key": KEY.0 });
    let (status, tokens) = send(&server, "PATCH", "/magic-link/activate", opened);
    assert_eq!(status, 200, "{tokens}");
    let token =
        |answer: &Json, name: &str| answer["auth_result"][name].as_str().unwrap().to_owned();
    let (first, auth_token) = (
        token(&tokens, "refresh_token"),
        token(&tokens, "auth_token"),
    );

    // Refreshed, replayed, signed out by a query; and each thing once where it is refused.
    let (status, fresh) = send(
        &server,
        "POST",
        "/tokens",
        json!({ "refresh_token": first }),
    );
    assert_eq!(status, 201, "{fresh}");
    let second = token(&fresh, "refresh_token");
    let path = format!("/tokens?refresh_token={second}");
    assert_eq!(send(&server, "DELETE", &path, Json::Null).0, 200);
    for refused in [&first, &second] {
        let body = json!({ "refresh_token": refused });
        assert_eq!(send(&server, "POST", "/tokens", body).0, 401);
    }
    let again = json!({ "magic_link": link, "browser_key": KEY.0 });
    assert_eq!(send(&server, "PATCH", "/magic-link/activate", again).0, 404);
    let (_, start) = send(&server, "POST", "/login/webauthn/start", json!({}));
    let ceremony = start["handshake"]["id"].as_str().unwrap().to_owned();
    let finish = json!({ "handshake_id": ceremony, "handshake_response": {} });
    assert!(send(&server, "POST", "/login/webauthn/finish", finish).0 >= 400);
    for path in [
        format!("/{STRAY}?secret={STRAY}"),
        format!("/console/invitations/{STRAY}"),
        format!("/claim/{STRAY}?secret={STRAY}"),
        format!("{api}/{STRAY}"),
    ] {
        server.get(&path);
    }

    // The link that makes whoever opens it the operator.
    let (_, setup) = server.greeting.split_once("/console/setup/").unwrap();
    let setup: String = setup
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter))
        .collect();
    assert_eq!(server.get(&format!("/console/setup/{setup}")).0, 200);
    assert_eq!(server.terminate().code(), Some(0));

    let log = fs::read_to_string(home.path().join("log")).unwrap();
    for written in [
        "/tokens answered 201",
        "/magic-link/activate answered 200",
        "/console/setup/{secret} answered 200",
    ] {
        assert!(log.contains(written), "{written} is missing in:\n{log}");
    }
    let signature = auth_token.rsplit('.').next().unwrap();
    let key_hash = KEY.hash();
    let master_key = fs::read_to_string(home.path().join("data/master.key")).unwrap();
    for (what, secret) in [
        ("the link", link),
        ("the code", code),
        ("the browser's key", KEY.0),
        ("its hash", &key_hash),
        ("the auth token", signature),
        ("the first refresh token", &first),
        ("the second refresh token", &second),
        ("the ceremony", &ceremony),
        ("the setup link", &setup),
        ("the master key", master_key.trim()),
        ("a path or query", STRAY),
        ("the address", "ada@example.com"),
    ] {
        assert!(!log.contains(secret), "{what} is in the log:\n{log}");
    }
}

//! `ginnel serve`: start, stop, and what survives a kill.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value as Json, json};

use crate::support::{Home, Schema, Server};

/// The example app, by the address that the greeting names.
fn app_id(home: &Home) -> String {
    let output = home.succeed(&["app", "list", "--json"]);
    let output: Json = serde_json::from_str(&output).unwrap();
    output["apps"][0]["id"].as_str().unwrap().to_owned()
}

fn is_known(server: &Server, app: &str, identifier: &str) -> bool {
    let path = format!("/auth/v1/apps/{app}/users?identifier={identifier}");
    let (status, body) = server.get(&path);
    assert_eq!(status, 200, "{body}");
    serde_json::from_str::<Json>(&body).unwrap()["user"].is_object()
}

#[test]
fn a_server_starts_answers_and_stops() {
    let home = Home::new();
    let server = home.serve(&[]);
    assert_eq!(server.get("/healthz").0, 200);
    assert_eq!(server.get("/readyz").0, 200);
    // The greeting fits a screen, names the example app and the next step.
    assert!(server.greeting.lines().count() <= 24, "{}", server.greeting);
    assert!(server.greeting.contains("the example app"));
    let setup = format!("http://{}/console/setup/", server.address);
    assert!(server.greeting.contains(&setup), "{}", server.greeting);
    assert!(!server.address.ends_with(":0"), "{}", server.address);
    // The issuer follows the port that was really bound.
    let path = format!(
        "/auth/v1/apps/{}/.well-known/openid-configuration",
        app_id(&home)
    );
    let discovery: Json = serde_json::from_str(&server.get(&path).1).unwrap();
    let issuer = discovery["issuer"].as_str().unwrap();
    assert!(issuer.starts_with(&format!("http://{}/auth/v1/apps/", server.address)));
    assert_eq!(server.terminate().code(), Some(0));
}

#[test]
fn a_running_server_sees_an_app_that_the_command_line_makes() {
    let home = Home::new();
    let server = home.serve(&[]);
    let output = home.succeed(&[
        "app",
        "create",
        "--name",
        "New",
        "--auth-origin",
        "http://localhost:8080",
        "--redirect-url",
        "/",
        "--algorithm",
        "EdDSA",
        "--json",
    ]);
    let output: Json = serde_json::from_str(&output).unwrap();
    let id = output["app"]["id"].as_str().unwrap();
    assert_eq!(server.get(&format!("/auth/v1/apps/{id}")).0, 200);
    assert_eq!(server.terminate().code(), Some(0));
}

#[test]
fn the_whole_product_runs_on_postgresql() {
    let Some(schema) = Schema::new("serve") else {
        return;
    };
    let home = Home::new();
    let key = home.path().join("key");
    std::fs::write(&key, "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n").unwrap();
    let settings = format!(
        "database = \"{}\"\nmaster_key_file = \"{}\"\n",
        schema.url(),
        key.display()
    );
    std::fs::write(home.path().join("ginnel.toml"), settings).unwrap();
    // Two nodes at once, and the command line beside them.
    let (one, other) = (home.serve(&[]), home.serve(&[]));
    let app = app_id(&home);
    let path = format!("/auth/v1/apps/{app}/users");
    let body = json!({ "identifier": "ada@example.com" });
    let user_id = |text: &str| {
        let answer: Json = serde_json::from_str(text).unwrap();
        answer["user"]["id"].as_str().unwrap().to_owned()
    };
    let (status, made) = one.post(&path, &body).unwrap();
    assert_eq!(status, 201);
    assert!(is_known(&other, &app, "ada@example.com"));
    // A sign-up that nobody finished begins again, with the same account.
    let (status, again) = other.post(&path, &body).unwrap();
    assert_eq!((status, user_id(&again)), (201, user_id(&made)));
    assert_eq!(one.get("/readyz").0, 200);
    assert_eq!(one.terminate().code(), Some(0));
    assert_eq!(other.terminate().code(), Some(0));
    assert!(!home.path().join("data").join("ginnel.db").exists());
}

#[test]
fn an_address_in_use_is_explained() {
    let home = Home::new();
    let server = home.serve(&[]);
    let other = Home::new();
    let address = server.address.replace("localhost", "127.0.0.1");
    let said = other.fail(&["serve", "--listen", &address]);
    assert!(said.contains("cannot be listened on"), "{said}");
    assert!(said.contains("GINNEL_LISTEN"), "{said}");
}

#[test]
fn an_unknown_setting_is_refused() {
    let home = Home::new();
    let output = home
        .command(&["serve"])
        .env("GINNEL_LISTNE", "127.0.0.1:0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("GINNEL_LISTNE") && said.contains("GINNEL_LISTEN"),
        "{said}"
    );
}

/// No acknowledged write is ever lost (D1): whoever was told that they are signed up still is after a kill.
#[test]
fn what_was_acknowledged_survives_a_kill() {
    const CLIENTS: usize = 4;
    const ENOUGH: usize = 200;
    let home = Home::new();
    let mut server = home.serve(&[]);
    let app = app_id(&home);
    let mut known = Vec::new();
    for round in 0..3 {
        let acknowledged = AtomicUsize::new(0);
        let path = format!("/auth/v1/apps/{app}/users");
        let sign_up = |client: usize| {
            let mut signed_up = Vec::new();
            for number in 0.. {
                let identifier = format!("user-{round}-{client}-{number}@example.com");
                let body = json!({ "identifier": identifier });
                match server.post(&path, &body) {
                    Some((201, _)) => signed_up.push(identifier),
                    Some((status, body)) => panic!("{status}: {body}"),
                    // The server was killed.
                    None => break,
                }
                acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            signed_up
        };
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let sign_up = &sign_up;
                    scope.spawn(move || sign_up(client))
                })
                .collect();
            // In the middle of the traffic.
            while acknowledged.load(Ordering::SeqCst) < ENOUGH {
                std::thread::yield_now();
            }
            server.kill();
            for client in clients {
                known.extend(client.join().unwrap());
            }
        });
        server = home.serve(&[]);
        assert!(known.len() >= (round + 1) * ENOUGH);
        for identifier in &known {
            assert!(is_known(&server, &app, identifier), "{identifier} is lost");
        }
    }
    assert_eq!(server.terminate().code(), Some(0));
}

/// The README's way to a backup reads the database of a running server with another program.
#[test]
fn a_foreign_reader_takes_nothing_away() {
    let home = Home::new();
    let server = home.serve(&[]);
    let app = app_id(&home);
    let sign_up = |name: &str| {
        let body = json!({ "identifier": format!("{name}@example.com") });
        let (status, body) = server
            .post(&format!("/auth/v1/apps/{app}/users"), &body)
            .unwrap();
        assert_eq!(status, 201, "{body}");
    };
    sign_up("before");
    let read = "import sqlite3; c = sqlite3.connect('data/ginnel.db'); c.execute('SELECT count(*) FROM users').fetchone(); c.close()";
    let reader = std::process::Command::new("python3")
        .args(["-c", read])
        .current_dir(home.path())
        .status()
        .expect("this test needs python3");
    assert!(reader.success());
    assert!(home.path().join("data/ginnel.db-wal").exists());
    sign_up("after");
    server.kill();
    drop(server);
    let server = home.serve(&[]);
    for name in ["before", "after"] {
        assert!(
            is_known(&server, &app, &format!("{name}@example.com")),
            "{name}"
        );
    }
}

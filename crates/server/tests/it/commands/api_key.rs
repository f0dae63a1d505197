//! `ginnel api-key`.

use serde_json::Value as Json;

use crate::support::Home;

fn create_app(home: &Home) -> String {
    let output = home.succeed(&[
        "app",
        "create",
        "--name",
        "Acme",
        "--auth-origin",
        "http://localhost:8080",
        "--redirect-url",
        "/",
        "--algorithm",
        "EdDSA",
        "--type",
        "flex",
        "--json",
    ]);
    let output: Json = serde_json::from_str(&output).unwrap();
    assert_eq!(output["app"]["settings"]["type"], "flex");
    output["app"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn keys_are_made_listed_and_revoked() {
    let home = Home::new();
    let app = create_app(&home);
    let said = home.succeed(&["api-key", "list", "--app", &app]);
    assert!(said.contains("no key yet"), "{said}");
    let said = home.succeed(&["api-key", "create", "--app", &app, "--name", "web server"]);
    let key = said.lines().next().unwrap();
    assert_eq!(key.len(), 75);
    assert!(said.contains("only time"), "{said}");
    let said = home.succeed(&[
        "api-key", "create", "--app", &app, "--name", "worker", "--json",
    ]);
    let made: Json = serde_json::from_str(&said).unwrap();
    assert_eq!(made["key"].as_str().unwrap().len(), 75);
    let listed = home.succeed(&["api-key", "list", "--app", &app]);
    assert_eq!(listed.lines().count(), 2);
    assert!(listed.contains(&key[..10]) && !listed.contains(&key[11..]));
    assert!(listed.contains("web server") && listed.contains("not used yet"));
    let id = made["id"].as_str().unwrap();
    let said = home.succeed(&["api-key", "revoke", "--app", &app, id]);
    assert_eq!(said, "The key “worker” is revoked.\n");
    let said = home.fail(&["api-key", "revoke", "--app", &app, id]);
    assert!(said.starts_with("This app has no such key"), "{said}");
    let listed = home.succeed(&["api-key", "list", "--app", &app, "--json"]);
    let listed: Json = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["api_keys"].as_array().unwrap().len(), 1);
    assert!(listed["api_keys"][0].get("key").is_none());
}

#[test]
fn what_cannot_be_is_said() {
    let home = Home::new();
    let app = create_app(&home);
    let said = home.fail(&["api-key", "create", "--app", &app, "--name", " "]);
    assert!(said.starts_with("The name must have"), "{said}");
    let unknown = "TrWSUbDDTPCKTQDtLA9MO8Ee";
    let said = home.fail(&["api-key", "create", "--app", unknown, "--name", "web"]);
    assert!(said.starts_with("No app has this id."), "{said}");
    let said = home.fail(&["app", "update", &app, "--type", "other"]);
    assert!(said.contains("complete or flex"), "{said}");
}

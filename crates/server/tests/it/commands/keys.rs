//! `ginnel keys`.

use serde_json::Value as Json;

use crate::support::Home;

fn create(home: &Home) -> String {
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
        "--json",
    ]);
    let output: Json = serde_json::from_str(&output).unwrap();
    output["app"]["id"].as_str().unwrap().to_owned()
}

/// Id, algorithm and state of each listed key.
fn listed(home: &Home, app: &str) -> Vec<[String; 3]> {
    let output = home.succeed(&["keys", "list", "--app", app]);
    output
        .lines()
        .map(|line| {
            let mut words = line.split("  ").map(str::to_owned);
            std::array::from_fn(|_| words.next().unwrap())
        })
        .collect()
}

#[test]
fn keys_are_listed_and_rotated() {
    let home = Home::new();
    let app = create(&home);
    let first = listed(&home, &app);
    assert_eq!(first.len(), 1);
    assert_eq!(first[0][1..], ["EdDSA", "current"]);

    // The first try makes the key in waiting, which has to wait.
    let said = home.succeed(&["keys", "rotate", "--app", &app]);
    assert!(said.starts_with("Nothing changed: "), "{said}");
    assert!(said.contains("--at-once"), "{said}");
    let mut states: Vec<_> = listed(&home, &app)
        .into_iter()
        .map(|[_, _, state]| state)
        .collect();
    states.sort();
    assert_eq!(states, ["current", "next"]);

    let said = home.succeed(&["keys", "rotate", "--app", &app, "--at-once"]);
    let keys = listed(&home, &app);
    let current = keys.iter().find(|key| key[2] == "current").unwrap();
    assert!(
        said.starts_with(&format!("The key {} signs from now on.", current[0])),
        "{said}"
    );
    let retired = keys.iter().find(|key| key[2] == "retired").unwrap();
    assert_eq!(retired[0], first[0][0]);
    assert_eq!(keys.len(), 3);
}

#[test]
fn an_unknown_app_has_no_keys() {
    let home = Home::new();
    for command in ["list", "rotate"] {
        let said = home.fail(&["keys", command, "--app", "TrWSUbDDTPCKTQDtLA9MO8Ee"]);
        assert!(said.starts_with("No app has this id."), "{said}");
    }
}

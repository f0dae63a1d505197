//! `ginnel app`.

use serde_json::{Value as Json, json};

use crate::support::Home;

const GOOD: [(&str, &str); 3] = [
    ("--name", "Acme"),
    ("--auth-origin", "http://localhost:8080"),
    ("--redirect-url", "/dashboard"),
];

/// Arguments of a creation, with one value replaced or added.
fn create<'a>(name: &'a str, value: &'a str) -> Vec<&'a str> {
    let mut arguments = vec!["app", "create"];
    let mut pairs: Vec<_> = GOOD.into_iter().filter(|pair| pair.0 != name).collect();
    if !name.is_empty() {
        pairs.push((name, value));
    }
    for (name, value) in pairs {
        arguments.extend([name, value]);
    }
    arguments
}

fn id_of(output: &str) -> &str {
    let line = output
        .lines()
        .find(|line| line.starts_with("Application ID:"));
    line.unwrap().split_whitespace().last().unwrap()
}

#[test]
fn an_app_is_made_and_its_two_lines_printed() {
    let home = Home::new();
    let output = home.succeed(&create("", ""));
    let id = id_of(&output);
    assert_eq!(id.len(), 24);
    assert!(output.contains(&format!(
        "\n  <passage-auth app-id=\"{id}\"></passage-auth>\n  <script src=\"http://localhost:8400/web.js\"></script>\n"
    )));
}

#[test]
fn the_script_is_where_the_server_said_it_is_reached() {
    let home = Home::new();
    let server = home.serve(&[]);
    let output = home.succeed(&create("", ""));
    let script = format!("<script src=\"http://{}/web.js\">", server.address);
    assert!(output.contains(&script), "{output}");
    assert_eq!(server.terminate().code(), Some(0));
}

#[test]
fn a_command_in_the_wrong_folder_makes_nothing() {
    let home = Home::new();
    let mut command = home.command(&create("", ""));
    let output = command.env_remove("GINNEL_DATA_DIR").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("There is no Ginnel data in"), "{said}");
    assert!(said.contains("`--data-dir`"), "{said}");
    assert!(!home.path().join("ginnel-data").exists());
}

#[test]
fn json_holds_the_whole_app() {
    let home = Home::new();
    let mut arguments = create("--auth-origin", "http://127.0.0.1:8080");
    arguments.extend([
        "--algorithm",
        "es256",
        "--auth-token-lifetime",
        "900",
        "--json",
    ]);
    let mut output: Json = serde_json::from_str(&home.succeed(&arguments)).unwrap();
    let id = output["app"]["id"].take();
    let settings = output["app"]["settings"].take();
    assert!(output["app"]["created_at"].take().is_string());
    assert_eq!(
        output,
        json!({
            "app": {
                "auth_origin": "http://localhost:8080",
                "created_at": null,
                "id": null,
                "name": "Acme",
                "rp_id": "localhost",
                "settings": null,
            },
            "notes": ["127.0.0.1 was turned into localhost, because browsers make no passkeys for IP addresses. Open your page at localhost, too."],
        })
    );
    assert_eq!(settings["algorithm"], "ES256");
    assert_eq!(settings["auth_token_lifetime_seconds"], 900);
    assert_eq!(settings["redirect_url"], "/dashboard");

    let shown = home.succeed(&["app", "show", id.as_str().unwrap(), "--json"]);
    let shown: Json = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["app"]["id"], id);
    assert_eq!(shown["app"]["settings"], settings);
}

#[test]
fn what_was_put_right_is_said() {
    let home = Home::new();
    for (origin, note) in [
        (
            "http://127.0.0.1:8080",
            "Note: 127.0.0.1 was turned into localhost",
        ),
        ("http://[::1]:8080", "Note: [::1] was turned into localhost"),
        (
            "http://localhost:8080/",
            "Note: The trailing slash was left out: http://localhost:8080",
        ),
    ] {
        let output = home.succeed(&create("--auth-origin", origin));
        assert!(output.starts_with(note), "{output}");
        let shown = home.succeed(&["app", "show", id_of(&output)]);
        assert!(shown.contains("http://localhost:8080\n"), "{shown}");
    }
}

#[test]
fn a_bad_value_is_refused_with_a_sentence_that_helps() {
    let home = Home::new();
    for (name, value, sentence) in [
        (
            "--auth-origin",
            "localhost:8080",
            "such as `http://localhost:8080`.",
        ),
        (
            "--auth-origin",
            "example.com",
            "such as `https://example.com`.",
        ),
        (
            "--auth-origin",
            "http://example.com",
            "Write `https://example.com`.",
        ),
        (
            "--auth-origin",
            "ftp://example.com",
            "It must start with `https://`",
        ),
        (
            "--auth-origin",
            "https://example.com/login",
            "Paths belong into the redirect URL.",
        ),
        (
            "--auth-origin",
            "https://example.com:99999",
            "must be a number from 1 to 65535",
        ),
        ("--auth-origin", "https://192.168.0.4", "is an IP address"),
        (
            "--auth-origin",
            "https://*.example.com",
            "cannot hold a wildcard",
        ),
        ("--auth-origin", "", "The auth origin is empty."),
        (
            "--redirect-url",
            "dashboard",
            "Write a path that starts with a slash, such as `/dashboard`.",
        ),
        ("--redirect-url", "//evil.example", "Write one slash."),
        (
            "--redirect-url",
            "https://evil.example/x",
            "write a path such as `/x`.",
        ),
        (
            "--redirect-url",
            "http://127.0.0.1:8080/x",
            "Write the path alone: `/x`.",
        ),
        ("--redirect-url", "", "The redirect URL is empty."),
        (
            "--login-url",
            "login",
            "Write a path that starts with a slash",
        ),
        ("--name", "", "The name is empty."),
        ("--name", "a\nb", "no line breaks"),
        ("--auth-token-lifetime", "9", "between 10 and 86400 seconds"),
    ] {
        let said = home.fail(&create(name, value));
        assert!(said.contains(sentence), "{name} {value}: {said}");
        // A sentence, not the innards.
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(
        home.succeed(&["app", "list"]),
        "There is no app yet. Make one with `ginnel app create`.\n"
    );
}

#[test]
fn apps_are_listed_in_the_order_of_their_making() {
    let home = Home::new();
    let first = home.succeed(&create("--name", "First"));
    let second = home.succeed(&create("--name", "Second"));
    let output = home.succeed(&["app", "list"]);
    assert_eq!(
        output,
        format!(
            "{}  http://localhost:8080  First\n{}  http://localhost:8080  Second\n",
            id_of(&first),
            id_of(&second)
        )
    );
    let output: Json = serde_json::from_str(&home.succeed(&["app", "list", "--json"])).unwrap();
    assert_eq!(output["apps"].as_array().unwrap().len(), 2);
    assert_eq!(output["apps"][0]["id"], id_of(&first));
}

#[test]
fn an_app_is_changed() {
    let home = Home::new();
    let output = home.succeed(&create("", ""));
    let id = id_of(&output);
    let shown = home.succeed(&[
        "app",
        "update",
        id,
        "--name",
        "Renamed",
        "--add-origin",
        "http://localhost:3000/",
        "--public-signup",
        "false",
    ]);
    assert!(
        shown.starts_with("Note: The trailing slash was left out"),
        "{shown}"
    );
    for line in [
        "Name:            Renamed",
        "http://localhost:3000",
        "Public sign-up:  no",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let said = home.fail(&["app", "update", id, "--add-origin", "https://example.com"]);
    assert!(said.contains("they belong to `localhost`"), "{said}");
}

#[test]
fn an_app_gets_what_is_known_of_its_users() {
    let home = Home::new();
    let mut arguments = create("--identifiers", "both");
    let more = ["--required-identifier", "phone", "--default-country", "de"];
    arguments.extend(more);
    arguments.extend(["--one-time-codes", "false", "--magic-link-lifetime", "60"]);
    let output = home.succeed(&arguments);
    let id = id_of(&output);
    let bare = "ab".repeat(32);
    let shown = home.succeed(&[
        "app",
        "update",
        id,
        "--identifier-verification",
        "true",
        "--profile-management",
        "false",
        "--add-android-app",
        &format!("com.example.app {bare}"),
        "--add-ios-app",
        "A1B2C3D4E5.com.example.app",
    ]);
    let android = format!("com.example.app {}", ["AB"; 32].join(":"));
    for line in [
        format!("Native apps:     {android}"),
        "                 A1B2C3D4E5.com.example.app".to_owned(),
        "Identifiers:     both, required phone, numbers of DE".to_owned(),
        "Verifies them:   yes".to_owned(),
        "Own profile:     no".to_owned(),
        "Magic links:     60 s".to_owned(),
        "One-time codes:  off".to_owned(),
    ] {
        assert!(shown.contains(&format!("{line}\n")), "{line}: {shown}");
    }
    let remove = [
        "app",
        "update",
        id,
        "--remove-android-app",
        android.as_str(),
    ];
    assert!(!home.succeed(&remove).contains("com.example.app AB"));
    for (flag, value, sentence) in [
        (
            "--required-identifier",
            "name",
            "one of either, email, phone, both",
        ),
        ("--identifiers", "email", "takes e-mail addresses only"),
        ("--default-country", "Germany", "by its two letters"),
        ("--magic-links", "false", "Nobody could sign up"),
        (
            "--add-android-app",
            "com.example.app",
            "with a space between",
        ),
        (
            "--remove-android-app",
            &android,
            "is not among the app's Android apps",
        ),
        ("--add-ios-app", "com.example.app", "names no iOS app"),
    ] {
        let said = home.fail(&["app", "update", id, flag, value]);
        assert!(said.contains(sentence), "{flag}: {said}");
    }
    let said = home.fail(&create("--required-identifier", "both"));
    assert!(said.contains("takes e-mail addresses only"), "{said}");
}

#[test]
fn an_app_gets_fields_of_its_own() {
    let home = Home::new();
    let output = home.succeed(&create("", ""));
    let id = id_of(&output);
    assert!(
        home.succeed(&["app", "fields", "list", id])
            .starts_with("There is no field yet.")
    );
    let add = [
        "app",
        "fields",
        "add",
        id,
        "favourite_tea",
        "--friendly-name",
        "Favourite tea",
    ];
    home.succeed(&[&add[..], &["--registration"]].concat());
    let born = [
        "app",
        "fields",
        "add",
        id,
        "born",
        "--friendly-name",
        "Birthday",
    ];
    let listed = home.succeed(&[&born[..], &["--type", "date", "--profile"]].concat());
    assert_eq!(
        listed,
        "favourite_tea  string, asked at sign-up  “Favourite tea”\nborn  date, changed by users  “Birthday”\n"
    );
    let change = [
        "app",
        "fields",
        "change",
        id,
        "favourite_tea",
        "--registration",
        "false",
    ];
    let listed = home.succeed(&[&change[..], &["--friendly-name", "Tea"]].concat());
    assert!(
        listed.starts_with("favourite_tea  string  “Tea”\n"),
        "{listed}"
    );
    let shown = home.succeed(&["app", "show", id]);
    assert!(
        shown.contains("User fields:     favourite_tea\n                 born\n"),
        "{shown}"
    );
    let listed = home.succeed(&["app", "fields", "list", id, "--json"]);
    let listed: Json = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["fields"][1]["type"], "date");
    assert_eq!(listed["fields"][0]["friendly_name"], "Tea");
    assert_eq!(
        home.succeed(&["app", "fields", "remove", id, "favourite_tea"])
            .lines()
            .count(),
        1
    );
    let said = home.fail(&["app", "fields", "remove", id, "favourite_tea"]);
    assert!(said.contains("has no field `favourite_tea`"), "{said}");
    let said = home.fail(&born);
    assert!(said.contains("has a field `born` already"), "{said}");
    let wrong = ["app", "fields", "add", id, "é", "--friendly-name", "E"];
    assert!(home.fail(&wrong).contains("letters without accents"));
}

#[test]
fn an_unknown_app_is_not_found() {
    let home = Home::new();
    let said = home.fail(&["app", "show", "TrWSUbDDTPCKTQDtLA9MO8Ee"]);
    assert!(said.starts_with("No app has this id."), "{said}");
    let said = home.fail(&["app", "show", "x"]);
    assert_eq!(said, "The app id must be 24 letters and digits.\n");
}

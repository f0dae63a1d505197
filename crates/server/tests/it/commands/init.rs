//! `ginnel init`: what is recognised, what is printed and written, and that nothing that was there is lost.

mod frameworks;
mod refusals;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::Home;

/// A project's name and files, what is said of it, the port of its app, and the files that it gets.
type Project = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// A project in a folder of the installation's home.
fn project(home: &Home, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = home.path().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (path, content) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

/// An installation: a data folder that a server or a command made.
fn install(home: &Home) {
    home.succeed(&["app", "list"]);
}

fn apps(home: &Home) -> Vec<serde_json::Value> {
    let output: serde_json::Value =
        serde_json::from_str(&home.succeed(&["app", "list", "--json"])).unwrap();
    output["apps"].as_array().unwrap().clone()
}

fn text(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_new_app_has_the_folders_name_and_the_frameworks_login_page() {
    let home = Home::new();
    install(&home);
    project(&home, "Käse & Wein", &[("requirements.txt", "flask\n")]);
    let said = home.succeed(&[
        "init",
        "Käse & Wein",
        "--auth-origin",
        "http://127.0.0.1:5001",
        "--redirect-url",
        "/start",
    ]);
    assert!(
        said.contains("Note: 127.0.0.1 was turned into localhost"),
        "{said}"
    );
    let app = &apps(&home)[0];
    assert_eq!(app["name"], "Käse & Wein");
    assert_eq!(app["auth_origin"], "http://localhost:5001");
    assert_eq!(app["settings"]["login_url"], "/login");
    assert_eq!(app["settings"]["redirect_url"], "/start");
}

#[test]
fn what_is_there_stays_as_it_is() {
    let home = Home::new();
    install(&home);
    let given = [
        ("package.json", r#"{"dependencies":{"express":"5"}}"#),
        ("public/login.html", "<body>mine</body>"),
        ("ginnel.mjs", "// mine"),
        (".env.example", "PORT=1"),
        (".env", "GINNEL_URL=https://id.example.com\n"),
    ];
    let folder = project(&home, "shop", &given);
    let said = home.succeed(&["init", "shop", "--write"]);
    assert!(said.contains("public/login.html is there already and stays as it is. For your login page:\n\n    <passage-auth app-id="), "{said}");
    assert!(
        said.contains("ginnel.mjs is there already and stays as it is."),
        "{said}"
    );
    assert_eq!(text(&folder, "public/login.html"), "<body>mine</body>");
    assert_eq!(text(&folder, "ginnel.mjs"), "// mine");
    let id = apps(&home)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        text(&folder, ".env.example"),
        format!("PORT=1\nGINNEL_APP_ID={id}\nGINNEL_URL=http://localhost:8400\n")
    );
    assert_eq!(
        text(&folder, ".env"),
        format!("GINNEL_URL=https://id.example.com\nGINNEL_APP_ID={id}\n")
    );
    // A second run finds nothing more to do.
    let before: Vec<_> = files(&folder)
        .iter()
        .map(|file| text(&folder, file))
        .collect();
    home.succeed(&["init", "shop", "--write"]);
    let after: Vec<_> = files(&folder)
        .iter()
        .map(|file| text(&folder, file))
        .collect();
    assert_eq!(after, before);
}

#[test]
fn a_plain_page_gets_its_lines_once_and_in_its_body() {
    let home = Home::new();
    install(&home);
    let folder = project(
        &home,
        "page",
        &[(
            "index.html",
            "<!doctype html>\r\n<BODY>\r\n  <p>ü</p>\r\n  </BODY>\r\n</html>",
        )],
    );
    home.succeed(&["init", "page", "--write"]);
    let id = apps(&home)[0]["id"].as_str().unwrap().to_owned();
    let expected = format!(
        "<!doctype html>\r\n<BODY>\r\n  <p>ü</p>\r\n<passage-auth app-id=\"{id}\"></passage-auth>\n<script src=\"http://localhost:8400/web.js\"></script>\n  </BODY>\r\n</html>"
    );
    assert_eq!(text(&folder, "index.html"), expected);
    let said = home.succeed(&["init", "page", "--write"]);
    assert!(
        said.contains("index.html has an element already and stays as it is."),
        "{said}"
    );
    assert_eq!(text(&folder, "index.html"), expected);

    // No end of a body, and a page that is not UTF-8: by hand.
    let folder = project(&home, "other", &[("index.html", "<p>Hi")]);
    let said = home.succeed(&["init", "other", "--write"]);
    assert!(
        said.contains("Add these lines to the body of index.html:"),
        "{said}"
    );
    std::fs::write(folder.join("index.html"), b"<body>\xe4</body>").unwrap();
    let said = home.succeed(&["init", "other", "--write"]);
    assert!(said.contains("index.html is not UTF-8"), "{said}");
    assert_eq!(
        std::fs::read(folder.join("index.html")).unwrap(),
        b"<body>\xe4</body>"
    );

    // What a link leads to is not the project's.
    let outside = home.path().join("outside.html");
    std::fs::write(&outside, "<body></body>").unwrap();
    std::fs::remove_file(folder.join("index.html")).unwrap();
    std::os::unix::fs::symlink(&outside, folder.join("index.html")).unwrap();
    let said = home.succeed(&["init", "other", "--write"]);
    assert!(said.contains("index.html is a link"), "{said}");
    assert_eq!(std::fs::read(&outside).unwrap(), b"<body></body>");
}

#[test]
fn a_go_file_joins_the_package_of_its_folder() {
    let home = Home::new();
    install(&home);
    let given = [
        ("go.mod", "module x\n"),
        ("a_test.go", "package web_test\n"),
        ("b.go", "// Package web.\npackage web // here\n"),
    ];
    let folder = project(&home, "web", &given);
    home.succeed(&["init", "web", "--write"]);
    assert!(text(&folder, "ginnel.go").starts_with("package web\n"));
}

#[test]
fn without_an_installation_the_element_makes_a_test_app() {
    let home = Home::new();
    let folder = project(
        &home,
        "shop",
        &[("package.json", r#"{"dependencies":{"express":"5"}}"#)],
    );
    let said = home.succeed(&["init", "shop", "--write"]);
    assert!(said.contains("There is no Ginnel data here"), "{said}");
    assert!(text(&folder, "public/login.html").contains("<passage-auth></passage-auth>"));
    assert_eq!(
        text(&folder, ".env.example"),
        "GINNEL_URL=http://localhost:8400\n"
    );
    assert!(!folder.join("ginnel.mjs").exists());
    assert!(
        !home.path().join("data").exists(),
        "nothing was installed by looking"
    );
}

#[test]
fn an_app_can_be_named_here_and_elsewhere() {
    let home = Home::new();
    project(&home, "shop", &[("go.mod", "module x\n")]);
    let id = "0VboX5rdQ2zPWRiTNVayyUYx";
    let said = home.succeed(&[
        "--public-url",
        "https://id.example.com",
        "init",
        "shop",
        "--app-id",
        id,
    ]);
    assert!(
        said.contains(&format!(
            "the app {id} of the server at https://id.example.com"
        )),
        "{said}"
    );
    assert!(
        said.contains("<script src=\"https://id.example.com/web.js\">"),
        "{said}"
    );
    assert!(
        said.contains("issuer = cmp.Or(os.Getenv(\"GINNEL_URL\"), \"https://id.example.com\")"),
        "{said}"
    );

    install(&home);
    let refused = home.run(&["init", "shop", "--app-id", id]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8(refused.stderr)
            .unwrap()
            .starts_with("No app has this id.")
    );
    let made = home.succeed(&[
        "app",
        "create",
        "--name",
        "A",
        "--auth-origin",
        "https://example.com",
        "--redirect-url",
        "/",
        "--algorithm",
        "EdDSA",
        "--json",
    ]);
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    let id = made["app"]["id"].as_str().unwrap();
    let said = home.succeed(&["init", "shop", "--app-id", id]);
    assert!(
        said.contains("Note: the pages of that app run on https://example.com."),
        "{said}"
    );
    assert!(
        said.contains("WithValidMethods([]string{\"EdDSA\"})"),
        "{said}"
    );
    assert_eq!(apps(&home).len(), 1);
}

//! `ginnel init`: what is recognised, what is printed and written, and that nothing that was there is lost.

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
fn every_framework_is_recognised_and_gets_its_files() {
    let home = Home::new();
    install(&home);
    let projects: [Project; 16] = [
        (
            "express",
            &[("package.json", r#"{"dependencies":{"express":"^5"}}"#)],
            "This is Express: package.json lists express.",
            "3000",
            &["public/login.html", "ginnel.mjs"],
        ),
        (
            "next",
            &[(
                "package.json",
                r#"{"dependencies":{"next":"16","react":"19"}}"#,
            )],
            "This is Next.js: package.json lists next.",
            "3000",
            &["app/login/page.jsx", "ginnel.mjs"],
        ),
        (
            "next-src",
            &[
                ("package.json", r#"{"dependencies":{"next":"16"}}"#),
                ("src/app/layout.jsx", ""),
            ],
            "This is Next.js",
            "3000",
            &["src/app/login/page.jsx", "src/ginnel.mjs"],
        ),
        (
            "next-pages",
            &[
                ("package.json", r#"{"devDependencies":{"next":"16"}}"#),
                ("pages/index.jsx", ""),
            ],
            "This is Next.js",
            "3000",
            &["pages/login.jsx", "ginnel.mjs"],
        ),
        (
            "flask",
            &[("requirements.txt", "# web\nFlask[async] >= 3.0\n")],
            "This is Flask: requirements.txt lists flask.",
            "5000",
            &["templates/login.html", "ginnel_auth.py"],
        ),
        (
            "django",
            &[("manage.py", ""), ("requirements.txt", "Django==5.2\n")],
            "This is Django: there is a manage.py.",
            "8000",
            &["templates/login.html", "ginnel_auth.py"],
        ),
        (
            "fastapi",
            &[(
                "pyproject.toml",
                "[project]\ndependencies = [\"fastapi[standard]>=0.110\"]\n",
            )],
            "This is FastAPI: pyproject.toml lists fastapi.",
            "8000",
            &["static/login.html", "ginnel_auth.py"],
        ),
        (
            "poetry",
            &[(
                "pyproject.toml",
                "[tool.poetry.dependencies]\npython = \"^3.11\"\nFlask = \"^3\"\n",
            )],
            "This is Flask: pyproject.toml lists flask.",
            "5000",
            &["templates/login.html", "ginnel_auth.py"],
        ),
        (
            "pipenv",
            &[("Pipfile", "[packages]\nfastapi = \"*\"\n")],
            "This is FastAPI: Pipfile lists fastapi.",
            "8000",
            &["static/login.html", "ginnel_auth.py"],
        ),
        (
            "gin",
            &[(
                "go.mod",
                "module x\n\nrequire github.com/gin-gonic/gin v1.10.0\n\nrequire github.com/labstack/echo/v4 v4.1.0 // indirect\n",
            )],
            "This is Go with Gin: go.mod requires github.com/gin-gonic/gin.",
            "8080",
            &["static/login.html", "ginnel.go"],
        ),
        (
            "echo",
            &[(
                "go.mod",
                "module x\n\nrequire (\n\tgithub.com/labstack/echo/v4 v4.1.0\n)\n",
            )],
            "This is Go with Echo",
            "1323",
            &["static/login.html", "ginnel.go"],
        ),
        (
            "chi",
            &[(
                "go.mod",
                "module x\n\nrequire github.com/go-chi/chi/v5 v5.2.0\n",
            )],
            "This is Go with chi",
            "3000",
            &["static/login.html", "ginnel.go"],
        ),
        (
            "go",
            &[("go.mod", "module x\n")],
            "This is Go: there is a go.mod.",
            "8080",
            &["static/login.html", "ginnel.go"],
        ),
        (
            "rails",
            &[(
                "Gemfile",
                "source \"https://rubygems.org\"\ngem \"rails\", \"~> 8.0\"\n",
            )],
            "This is Ruby on Rails: Gemfile lists rails.",
            "3000",
            &["public/login.html", "app/lib/ginnel.rb"],
        ),
        (
            "axum",
            &[(
                "Cargo.toml",
                "[package]\nname = \"x\"\n[dependencies]\naxum = \"0.8\"\n",
            )],
            "This is Rust with axum: Cargo.toml lists axum.",
            "3000",
            &["static/login.html", "src/ginnel.rs"],
        ),
        (
            "html",
            &[(
                "index.html",
                "<!doctype html>\n<body>\n  <h1>Hi</h1>\n</body>\n",
            )],
            "This is plain HTML: there is an index.html.",
            "8080",
            &["index.html"],
        ),
    ];
    for (name, given, says, port, written) in projects {
        let folder = project(&home, name, given);
        let before = files(&folder);
        // Looking changes no file.
        let shown = home.succeed(&["init", name]);
        assert!(shown.starts_with(says), "{name}: {shown}");
        assert!(
            shown.ends_with("Nothing was written. Add `--write` to write the files.\n"),
            "{name}: {shown}"
        );
        assert_eq!(files(&folder), before, "{name}");

        let said = home.succeed(&["init", name, "--write"]);
        let app = apps(&home)
            .into_iter()
            .find(|app| app["auth_origin"] == format!("http://localhost:{port}"))
            .unwrap_or_else(|| panic!("{name}: {said}"));
        let id = app["id"].as_str().unwrap();
        let mut expected: Vec<_> = before
            .into_iter()
            .chain(written.iter().map(|&file| file.to_owned()))
            .collect();
        if name != "html" {
            expected.push(".env.example".to_owned());
            assert_eq!(
                text(&folder, ".env.example"),
                format!("GINNEL_APP_ID={id}\nGINNEL_URL=http://localhost:8400\n")
            );
        }
        expected.sort();
        expected.dedup();
        assert_eq!(files(&folder), expected, "{name}");
        assert!(
            text(&folder, written[0])
                .contains(&format!("<passage-auth app-id=\"{id}\"></passage-auth>")),
            "{name}"
        );
        assert!(
            text(&folder, written[0]).contains("http://localhost:8400/web.js"),
            "{name}"
        );
        for file in &written[1..] {
            assert!(text(&folder, file).contains(id), "{name}");
        }
        for (file, content) in given.iter().filter(|(file, _)| *file != "index.html") {
            assert_eq!(text(&folder, file), *content, "{name}");
        }
    }
    // One for each port, however often it was run.
    assert_eq!(apps(&home).len(), 5);
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
    assert!(
        said.contains("Add these lines to the body of index.html:"),
        "{said}"
    );
    assert_eq!(
        std::fs::read(folder.join("index.html")).unwrap(),
        b"<body>\xe4</body>"
    );
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

/// The sentence of a run that must fail.
fn refusal(home: &Home, arguments: &[&str]) -> String {
    let output = home.run(&[&["init"], arguments].concat());
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn bad_input_is_refused_with_what_to_do() {
    let home = Home::new();
    install(&home);
    project(&home, "empty", &[]);
    project(&home, "broken", &[("package.json", "{\"dependencies\":")]);
    project(&home, "broken-toml", &[("pyproject.toml", "[project\n")]);
    project(
        &home,
        "two",
        &[
            ("manage.py", ""),
            ("package.json", r#"{"dependencies":{"next":"16"}}"#),
        ],
    );
    project(&home, "folder", &[("package.json/x", "")]);
    project(&home, "flask", &[("requirements.txt", "flask\n")]);
    std::fs::write(home.path().join("file"), "").unwrap();
    for (arguments, says) in [
        (
            &["nowhere"][..],
            "there is no folder nowhere; name the project's folder",
        ),
        (&["file"], "is no folder"),
        (&["empty"], "Name it with `--framework`"),
        (&["folder"], "Name it with `--framework`"),
        (&["broken"], "package.json is not JSON; mend it"),
        (&["broken-toml"], "pyproject.toml is not TOML; mend it"),
        (
            &["two"],
            "looks like Next.js (package.json lists next) and Django (there is a manage.py). Say which",
        ),
        (
            &["flask", "--auth-origin", "example.com"],
            "such as `https://example.com`",
        ),
        (
            &["flask", "--redirect-url", "https://other.example/"],
            "is not on the app's origin",
        ),
        (&["flask", "--app-id", "x"], "id"),
    ] {
        let said = refusal(&home, arguments);
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    assert!(apps(&home).is_empty());
    // What cannot be seen can be said.
    let said = home.succeed(&["init", "two", "--framework", "django"]);
    assert!(said.starts_with("This is Django: you said so."), "{said}");
    home.succeed(&["init", "broken", "--framework", "express"]);
}

#[test]
fn missing_rights_are_said() {
    if rustix::process::geteuid().is_root() {
        use std::io::Write as _;
        let _ = writeln!(
            std::io::stderr(),
            "missing rights are not tested: root has them all"
        );
        return;
    }
    let home = Home::new();
    install(&home);
    let folder = project(&home, "closed", &[("requirements.txt", "flask\n")]);
    let lock = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap()
    };
    lock(&folder, 0o500);
    let said = refusal(&home, &["closed", "--write"]);
    lock(&folder, 0o700);
    assert!(
        said.contains("cannot be written; get the right to write there"),
        "{said}"
    );
    lock(&folder.join("requirements.txt"), 0);
    let said = refusal(&home, &["closed"]);
    assert!(
        said.contains("requirements.txt cannot be read; make it readable"),
        "{said}"
    );
}

#[test]
fn what_is_in_the_way_of_a_folder_is_said() {
    let home = Home::new();
    install(&home);
    project(
        &home,
        "shop",
        &[("requirements.txt", "flask\n"), ("templates", "a file")],
    );
    let said = refusal(&home, &["shop", "--write"]);
    assert!(
        said.contains("templates/login.html cannot be written"),
        "{said}"
    );
}

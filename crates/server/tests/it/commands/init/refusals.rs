//! What `init` refuses, and what it says to do.

use super::*;

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

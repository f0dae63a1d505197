//! Each framework: how it is recognised, and what it gets.

use super::*;

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

//! What `ginnel init` knows of each framework.

use std::path::Path;

use clap::ValueEnum;

use crate::domain::snippets::Language;

/// What a project is built with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Framework {
    /// Next.js
    Next,
    /// Express
    Express,
    /// Flask
    Flask,
    /// Django
    Django,
    /// FastAPI
    #[value(name = "fastapi")]
    FastApi,
    /// Go with Gin
    Gin,
    /// Go with Echo
    Echo,
    /// Go with chi
    Chi,
    /// Go's net/http
    #[value(name = "go")]
    NetHttp,
    /// Ruby on Rails
    Rails,
    /// Rust with axum
    Axum,
    /// Pages without a back end
    Html,
}

/// What follows from the framework.
pub struct Facts {
    /// What people call it.
    pub title: &'static str,
    /// The port of its development server when nobody chose another.
    pub port: u16,
    /// The file that becomes the login page.
    pub login_file: &'static str,
    /// The path under which that page is served.
    pub login_url: &'static str,
    /// The language of its back end.
    pub language: Option<Language>,
    /// The file that checks tokens.
    pub back_end_file: &'static str,
    /// Lines that use it, and where they go.
    pub usage: Option<(&'static str, &'static str)>,
}

impl Framework {
    /// What follows from it, in a folder: Next.js has two ways to lay out pages, each at the root or in `src/`.
    pub fn facts(self, folder: &Path) -> Facts {
        match self {
            Framework::Next if folder.join("src/app").is_dir() => Facts {
                login_file: "src/app/login/page.jsx",
                back_end_file: "src/ginnel.mjs",
                usage: Some(("src/app/api/me/route.js", NEXT_ROUTE)),
                ..next()
            },
            Framework::Next if folder.join("app").is_dir() => next(),
            Framework::Next if folder.join("src/pages").is_dir() => Facts {
                login_file: "src/pages/login.jsx",
                back_end_file: "src/ginnel.mjs",
                usage: Some(("src/pages/api/me.js", NEXT_HANDLER)),
                ..next()
            },
            Framework::Next if folder.join("pages").is_dir() => Facts {
                login_file: "pages/login.jsx",
                usage: Some(("pages/api/me.js", NEXT_HANDLER)),
                ..next()
            },
            Framework::Next => next(),
            Framework::Express => Facts {
                title: "Express",
                port: 3000,
                login_file: "public/login.html",
                login_url: "/login.html",
                language: Some(Language::Node),
                back_end_file: "ginnel.mjs",
                usage: Some((
                    "the file that makes the app",
                    include_str!("../../../templates/snippets/use/express.js"),
                )),
            },
            Framework::Flask => Facts {
                usage: Some((
                    "the file that makes the app",
                    include_str!("../../../templates/snippets/use/flask.py"),
                )),
                ..python("Flask", 5000, "templates/login.html", "/login")
            },
            Framework::Django => Facts {
                usage: Some((
                    "urls.py",
                    include_str!("../../../templates/snippets/use/django.py"),
                )),
                ..python("Django", 8000, "templates/login.html", "/login/")
            },
            Framework::FastApi => Facts {
                usage: Some((
                    "the file that makes the app",
                    include_str!("../../../templates/snippets/use/fastapi.py"),
                )),
                ..python("FastAPI", 8000, "static/login.html", "/login")
            },
            Framework::Gin => go(
                "Go with Gin",
                8080,
                include_str!("../../../templates/snippets/use/gin.go"),
            ),
            Framework::Echo => go(
                "Go with Echo",
                1323,
                include_str!("../../../templates/snippets/use/echo.go"),
            ),
            Framework::Chi => go(
                "Go with chi",
                3000,
                include_str!("../../../templates/snippets/use/chi.go"),
            ),
            Framework::NetHttp => go(
                "Go",
                8080,
                include_str!("../../../templates/snippets/use/net_http.go"),
            ),
            Framework::Rails => Facts {
                title: "Ruby on Rails",
                port: 3000,
                login_file: "public/login.html",
                login_url: "/login.html",
                language: Some(Language::Ruby),
                back_end_file: "app/lib/ginnel.rb",
                usage: Some((
                    "your controllers",
                    include_str!("../../../templates/snippets/use/rails.rb"),
                )),
            },
            Framework::Axum => Facts {
                title: "Rust with axum",
                port: 3000,
                login_file: "static/login.html",
                login_url: "/login",
                language: Some(Language::Rust),
                back_end_file: "src/ginnel.rs",
                usage: Some((
                    "src/main.rs",
                    include_str!("../../../templates/snippets/use/axum.rs"),
                )),
            },
            Framework::Html => Facts {
                title: "plain HTML",
                port: 8080,
                login_file: "index.html",
                login_url: "/",
                language: None,
                back_end_file: "",
                usage: None,
            },
        }
    }
}

const NEXT_ROUTE: &str = include_str!("../../../templates/snippets/use/next.js");
const NEXT_HANDLER: &str = include_str!("../../../templates/snippets/use/next_pages.js");

fn next() -> Facts {
    Facts {
        title: "Next.js",
        port: 3000,
        login_file: "app/login/page.jsx",
        login_url: "/login",
        language: Some(Language::Node),
        back_end_file: "ginnel.mjs",
        usage: Some(("app/api/me/route.js", NEXT_ROUTE)),
    }
}

fn python(
    title: &'static str,
    port: u16,
    login_file: &'static str,
    login_url: &'static str,
) -> Facts {
    Facts {
        title,
        port,
        login_file,
        login_url,
        language: Some(Language::Python),
        back_end_file: "ginnel_auth.py",
        usage: None,
    }
}

fn go(title: &'static str, port: u16, routes: &'static str) -> Facts {
    Facts {
        title,
        port,
        login_file: "static/login.html",
        login_url: "/login",
        language: Some(Language::Go),
        back_end_file: "ginnel.go",
        usage: Some(("where the routes are", routes)),
    }
}

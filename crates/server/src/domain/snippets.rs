//! The lines that a team pastes: the element into its login page, the token check into its back end.
//!
//! What an app's page in the Console shows and what `ginnel init` writes is the same text. Each back end's file is whole:
//! it takes the token from the `Authorization` header or from the element's cookie, and checks it against the app's key
//! set with the algorithm pinned. Its values are filled in and can be overridden by `GINNEL_APP_ID` and `GINNEL_URL`. The
//! tests run every text in its language against a running server.

use crate::domain::keys::Algorithm;
use crate::ids::AppId;

/// The languages that there are texts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Go.
    Go,
    /// Python.
    Python,
    /// JavaScript on a server.
    Node,
    /// Ruby.
    Ruby,
    /// Rust.
    Rust,
}

impl Language {
    /// All, in the order in which they are shown.
    pub const ALL: [Language; 5] = [
        Language::Go,
        Language::Python,
        Language::Node,
        Language::Ruby,
        Language::Rust,
    ];

    /// A short name for addresses and attributes.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Go => "go",
            Language::Python => "python",
            Language::Node => "node",
            Language::Ruby => "ruby",
            Language::Rust => "rust",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Language::Go => "Go",
            Language::Python => "Python",
            Language::Node => "Node",
            Language::Ruby => "Ruby",
            Language::Rust => "Rust",
        }
    }
}

/// A back end's token check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snippet {
    /// The language.
    pub language: Language,
    /// What people call the language.
    pub title: &'static str,
    /// The command that installs what the code needs.
    pub install: &'static str,
    /// The file that the code is meant for.
    pub file_name: &'static str,
    /// The file's content.
    pub code: String,
}

/// The two lines for the login page of an app; `server` is the server's public origin.
pub fn front_end(app_id: &AppId, server: &str) -> String {
    format!(
        "<passage-auth app-id=\"{app_id}\"></passage-auth>\n<script src=\"{server}/web.js\"></script>\n"
    )
}

/// The two lines for a login page whose element makes a test app by itself (D15).
pub fn front_end_of_test_app(server: &str) -> String {
    format!("<passage-auth></passage-auth>\n<script src=\"{server}/web.js\"></script>\n")
}

/// The token check of an app for a back end; `server` is the server's public origin.
pub fn back_end(language: Language, app_id: &AppId, server: &str, algorithm: Algorithm) -> Snippet {
    let is_eddsa = algorithm == Algorithm::EdDsa;
    let (install, file_name, code) = match language {
        Language::Go => (
            "go get github.com/golang-jwt/jwt/v5 github.com/MicahParks/keyfunc/v3",
            "ginnel.go",
            include_str!("../../templates/snippets/ginnel.go"),
        ),
        Language::Python => (
            "pip install 'pyjwt[crypto]'",
            "ginnel_auth.py",
            include_str!("../../templates/snippets/ginnel_auth.py"),
        ),
        Language::Node => (
            "npm install jose",
            "ginnel.mjs",
            include_str!("../../templates/snippets/ginnel.mjs"),
        ),
        Language::Ruby if is_eddsa => (
            "bundle add jwt-eddsa",
            "ginnel.rb",
            include_str!("../../templates/snippets/ginnel.rb"),
        ),
        Language::Ruby => (
            "bundle add jwt",
            "ginnel.rb",
            include_str!("../../templates/snippets/ginnel.rb"),
        ),
        Language::Rust => (
            "cargo add http serde --features serde/derive && cargo add jsonwebtoken@10 --features aws_lc_rs \
             && cargo add reqwest --features json && cargo add tokio --features sync",
            "src/ginnel.rs",
            include_str!("../../templates/snippets/ginnel.rs"),
        ),
    };
    let ruby_library = if is_eddsa { "jwt/eddsa" } else { "jwt" };
    let code = code
        .replace("YOUR_APP_ID", app_id.as_str())
        .replace("YOUR_SERVER", server)
        .replace("YOUR_ALGORITHM", algorithm.as_str())
        .replace("YOUR_LIBRARY", ruby_library);
    Snippet {
        language,
        title: language.title(),
        install,
        file_name,
        code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_filled_in() {
        let app_id: AppId = "0VboX5rdQ2zPWRiTNVayyUYx".parse().unwrap();
        let server = "https://id.example.com";
        for language in Language::ALL {
            for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
                let code = back_end(language, &app_id, server, algorithm).code;
                for filled in [app_id.as_str(), server, algorithm.as_str()] {
                    assert!(code.contains(filled), "{filled} in {}", language.as_str());
                }
                assert!(!code.contains("YOUR_"), "{}", language.as_str());
            }
        }
        assert_eq!(
            front_end(&app_id, server),
            "<passage-auth app-id=\"0VboX5rdQ2zPWRiTNVayyUYx\"></passage-auth>\n\
             <script src=\"https://id.example.com/web.js\"></script>\n"
        );
    }
}

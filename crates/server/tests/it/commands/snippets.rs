//! The token checks that teams paste, each in its language, with real and with forged tokens of a running server.
//!
//! A language whose tools or packages are not at hand is passed over, and the reason is printed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ginnel::domain::keys::Algorithm;
use ginnel::domain::snippets::{Language, back_end};
use serde_json::{Value as Json, json};

use crate::support::{Home, Server};

/// A running server with an app, and a signed-in user of it.
struct SignedIn {
    _server: Server,
    origin: String,
    app_id: String,
    user_id: String,
    token: String,
    /// A token of another app of the same server.
    foreign: String,
}

impl SignedIn {
    fn new(algorithm: Algorithm) -> Self {
        let home = Home::new();
        let server = home.serve(&[]);
        let app_id = create(&home, algorithm);
        let (user_id, token) = sign_in(&server, &app_id);
        let (_, foreign) = sign_in(&server, &create(&home, algorithm));
        SignedIn {
            origin: format!("http://{}", server.address),
            _server: server,
            app_id,
            user_id,
            token,
            foreign,
        }
    }

    /// The file of a language in a folder of the tests' own, kept for packages that were fetched before.
    fn write(&self, language: Language, algorithm: Algorithm) -> (PathBuf, String) {
        let id = self.app_id.parse().unwrap();
        let snippet = back_end(language, &id, &self.origin, algorithm);
        let folder = folder(&format!("{}-{}", language.as_str(), algorithm.as_str()));
        let path = folder.join(snippet.file_name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, snippet.code).unwrap();
        (folder, snippet.install.to_owned())
    }

    /// Tokens that must be refused.
    fn refused(&self) -> Vec<(&'static str, String)> {
        let parts: Vec<_> = self.token.split('.').collect();
        let encode = |value: &Json| URL_SAFE_NO_PAD.encode(value.to_string());
        let decode = |part: &str| -> Json {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let mut other = decode(parts[1]);
        other["sub"] = json!("somebody else");
        let mut header = decode(parts[0]);
        let unsigned = json!({ "alg": "none", "typ": "JWT", "kid": header["kid"] });
        header["alg"] = json!("HS256");
        vec![
            ("empty", String::new()),
            ("no token", "x".to_owned()),
            (
                "another user",
                format!("{}.{}.{}", parts[0], encode(&other), parts[2]),
            ),
            ("alg none", format!("{}.{}.", encode(&unsigned), parts[1])),
            (
                "alg HS256",
                format!("{}.{}.{}", encode(&header), parts[1], parts[2]),
            ),
            ("another app", self.foreign.clone()),
        ]
    }

    /// Runs a checker, which gets tokens as arguments and prints a line for each: the user's id or `refused`.
    #[track_caller]
    fn judge(&self, command: &mut Command) {
        let refused = self.refused();
        command.arg(&self.token);
        command.args(refused.iter().map(|(_, token)| token));
        let output = command
            .env_remove("GINNEL_URL")
            .env_remove("GINNEL_APP_ID")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}{errors}");
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines[0], self.user_id, "{said}{errors}");
        assert_eq!(lines.len(), 1 + refused.len(), "{said}{errors}");
        for ((what, _), line) in refused.iter().zip(&lines[1..]) {
            assert_eq!(*line, "refused", "{what}: {said}{errors}");
        }
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("snippets")
        .join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn create(home: &Home, algorithm: Algorithm) -> String {
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
        algorithm.as_str(),
        "--json",
    ]);
    let output: Json = serde_json::from_str(&output).unwrap();
    output["app"]["id"].as_str().unwrap().to_owned()
}

/// Signs a new user up by the code in the mail, as the inbox of the example app shows it.
fn sign_in(server: &Server, app_id: &str) -> (String, String) {
    let api = format!("/auth/v1/apps/{app_id}");
    let call = |path: &str, body: Json| -> Json {
        let (status, text) = server.post(&format!("{api}{path}"), &body).unwrap();
        assert!((200..300).contains(&status), "{text}");
        serde_json::from_str(&text).unwrap()
    };
    let address = json!({ "identifier": format!("{}@example.com", app_id.to_lowercase()) });
    let user = call("/users", address.clone());
    let link = call("/register/magic-link", address.clone());
    let inbox = server
        .greeting
        .split("Mails        http://")
        .nth(1)
        .unwrap();
    let host = inbox.split('/').next().unwrap();
    let mail = kept_mail(host, address["identifier"].as_str().unwrap());
    let mail = get(host, &format!("/inbox/{mail}"));
    let code = mail.split("<code id=\"code\">").nth(1).unwrap();
    let code = code.split('<').next().unwrap();
    let answer = call(
        "/otp/activate",
        json!({ "otp": code, "otp_id": link["magic_link"]["id"] }),
    );
    (
        user["user"]["id"].as_str().unwrap().to_owned(),
        answer["auth_result"]["auth_token"]
            .as_str()
            .unwrap()
            .to_owned(),
    )
}

/// The id of the mail to an address. The server puts it into its inbox after it has answered.
fn kept_mail(host: &str, address: &str) -> String {
    loop {
        let list = get(host, "/inbox");
        let to = list
            .split("<article")
            .find(|article| article.contains(address));
        if let Some(id) = to.and_then(|article| article.split("href=\"/inbox/").nth(1)) {
            return id.split('"').next().unwrap().to_owned();
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn get(host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Prints why a language is passed over, past the captured output.
fn pass_over(language: Language, reason: &str) {
    let line = format!("the {} snippet is passed over: {reason}", language.title());
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Runs what prepares a language; `false`, with the reason printed, if that fails.
fn prepare(language: Language, command: &mut Command) -> bool {
    let reason = match command.output() {
        Ok(output) if output.status.success() => return true,
        Ok(output) => format!(
            "{:?} failed: {}",
            command.get_program(),
            String::from_utf8_lossy(&output.stderr)
                .lines()
                .next()
                .unwrap_or_default()
        ),
        Err(error) => format!("{:?} cannot be run: {error}", command.get_program()),
    };
    pass_over(language, &reason);
    false
}

const ALGORITHMS: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

#[test]
fn go_checks_tokens() {
    if !prepare(Language::Go, Command::new("go").arg("version")) {
        return;
    }
    for algorithm in ALGORITHMS {
        let signed_in = SignedIn::new(algorithm);
        let (folder, install) = signed_in.write(Language::Go, algorithm);
        std::fs::write(
            folder.join("main.go"),
            r#"package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	for _, token := range os.Args[1:] {
		byHeader, _ := http.NewRequest("GET", "/", nil)
		byHeader.Header.Set("Authorization", "Bearer "+token)
		byCookie, _ := http.NewRequest("GET", "/", nil)
		byCookie.Header.Set("Cookie", "other=1; psg_auth_token="+token)
		one, err := UserID(byHeader)
		other, otherErr := UserID(byCookie)
		if err != nil && otherErr != nil {
			one, other = "refused", "refused"
		}
		if one != other {
			one = one + " or " + other
		}
		fmt.Println(one)
	}
}
"#,
        )
        .unwrap();
        if !folder.join("go.mod").exists() {
            let mut module = Command::new("go");
            assert!(prepare(
                Language::Go,
                module
                    .args(["mod", "init", "example.com/check"])
                    .current_dir(&folder)
            ));
        }
        let mut get = Command::new("sh");
        if !prepare(
            Language::Go,
            get.args(["-c", &install]).current_dir(&folder),
        ) {
            return;
        }
        let mut build = Command::new("go");
        let built = build
            .args(["build", "-o", "check", "."])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        signed_in.judge(&mut Command::new(folder.join("check")));
    }
}

#[test]
fn python_checks_tokens() {
    let environment = folder("python-environment");
    let python = environment.join("bin/python");
    if !python.exists() {
        let mut make = Command::new("python3");
        if !prepare(
            Language::Python,
            make.args(["-m", "venv"]).arg(&environment),
        ) {
            return;
        }
    }
    for algorithm in ALGORITHMS {
        let signed_in = SignedIn::new(algorithm);
        let (folder, install) = signed_in.write(Language::Python, algorithm);
        let install = format!(
            ". '{}/bin/activate' && {install} --quiet",
            environment.display()
        );
        if !prepare(Language::Python, Command::new("sh").args(["-c", &install])) {
            return;
        }
        let check = "import sys, jwt, ginnel_auth
for token in sys.argv[1:]:
    found = []
    for arguments in ({'authorization': 'Bearer ' + token}, {'cookie': token}):
        try:
            found.append(ginnel_auth.user_id(**arguments))
        except jwt.PyJWTError:
            found.append('refused')
    print(found[0] if found[0] == found[1] else found)
";
        signed_in.judge(
            Command::new(&python)
                .args(["-c", check])
                .current_dir(&folder),
        );
    }
}

#[test]
fn node_checks_tokens() {
    // The SDK's own tests sign with it.
    let jose = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdks/node/node_modules/jose");
    let Ok(jose) = jose.canonicalize() else {
        return pass_over(
            Language::Node,
            "sdks/node has no packages; scripts/npm-install fetches them",
        );
    };
    for algorithm in ALGORITHMS {
        let signed_in = SignedIn::new(algorithm);
        let (folder, _) = signed_in.write(Language::Node, algorithm);
        let packages = folder.join("node_modules");
        std::fs::create_dir_all(&packages).unwrap();
        let _ = std::fs::remove_file(packages.join("jose"));
        std::os::unix::fs::symlink(&jose, packages.join("jose")).unwrap();
        std::fs::write(
            folder.join("check.mjs"),
            r#"import { userID } from "./ginnel.mjs";
for (const token of process.argv.slice(2)) {
  const requests = [{ authorization: `Bearer ${token}` }, { cookie: `other=1; psg_auth_token=${token}` }];
  const found = await Promise.all(
    requests.map((headers) =>
      userID({ headers }).catch(() => "refused"),
    ),
  );
  console.log(found[0] === found[1] ? found[0] : found);
}
"#,
        )
        .unwrap();
        signed_in.judge(Command::new("node").arg("check.mjs").current_dir(&folder));
    }
}

#[test]
fn ruby_checks_tokens() {
    if !prepare(
        Language::Ruby,
        Command::new("ruby").args(["-r", "jwt", "-e", ""]),
    ) {
        return;
    }
    for algorithm in ALGORITHMS {
        if algorithm == Algorithm::EdDsa
            && !prepare(
                Language::Ruby,
                Command::new("ruby").args(["-r", "jwt/eddsa", "-e", ""]),
            )
        {
            return;
        }
        let signed_in = SignedIn::new(algorithm);
        let (folder, _) = signed_in.write(Language::Ruby, algorithm);
        let check = r#"ARGV.each do |token|
  found = [["Bearer #{token}", nil], [nil, token]].map do |header, cookie|
    Ginnel.user_id(header, cookie)
  rescue JWT::DecodeError
    "refused"
  end
  puts(found[0] == found[1] ? found[0] : found.inspect)
end"#;
        signed_in.judge(
            Command::new("ruby")
                .args(["-W0", "-r", "./ginnel", "-e", check, "--"])
                .current_dir(&folder),
        );
    }
}

#[test]
fn rust_checks_tokens() {
    if std::env::var_os("TEST_RUST_SNIPPET").is_none() {
        return pass_over(
            Language::Rust,
            "TEST_RUST_SNIPPET is not set; it builds some 200 packages of its own",
        );
    }
    for algorithm in ALGORITHMS {
        let signed_in = SignedIn::new(algorithm);
        let (folder, install) = signed_in.write(Language::Rust, algorithm);
        let manifest = folder.join("Cargo.toml");
        let target = folder.with_file_name("rust-target");
        std::fs::write(
            folder.join("src/main.rs"),
            r#"mod ginnel;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for token in std::env::args().skip(1) {
        let mut found = Vec::new();
        for (name, value) in [("authorization", format!("Bearer {token}")), ("cookie", format!("other=1; psg_auth_token={token}"))] {
            let mut headers = http::HeaderMap::new();
            headers.insert(http::HeaderName::from_static(name), value.parse().unwrap());
            found.push(ginnel::user_id(&headers).await.unwrap_or_else(|_| "refused".to_owned()));
        }
        println!("{}", if found[0] == found[1] { found.remove(0) } else { found.join(" or ") });
    }
}
"#,
        )
        .unwrap();
        if !manifest.exists() {
            let text = "[package]\nname = \"check\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n";
            std::fs::write(&manifest, text).unwrap();
            let install = format!("{install} && cargo add tokio --features rt,macros");
            if !prepare(
                Language::Rust,
                Command::new("sh")
                    .args(["-c", &install])
                    .current_dir(&folder),
            ) {
                return;
            }
        }
        let mut build = Command::new("cargo");
        let built = build
            .args(["build", "--target-dir"])
            .arg(&target)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        signed_in.judge(&mut Command::new(target.join("debug/check")));
    }
}

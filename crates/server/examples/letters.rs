//! Writes every kind of mail in every language to files, to be looked at:
//!
//! `cargo run -p ginnel --example letters -- DIR` makes `DIR/{kind}.{language}.html` and `.txt`, and says how many mails one
//! core renders in a second.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ginnel::messages::{Kind, Language, Letter};

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err(
            "Name the folder to write to: cargo run -p ginnel --example letters -- DIR".into(),
        );
    };
    fs::create_dir_all(&folder)?;
    let mut letters = Vec::new();
    for kind in Kind::ALL {
        for language in Language::ALL {
            letters.push(letter(kind, language));
        }
    }
    for letter in &letters {
        let rendered = letter.render()?;
        let name = format!("{}.{}", letter.kind.as_str(), letter.language.as_str());
        fs::write(folder.join(format!("{name}.html")), rendered.html)?;
        let text = format!("Subject: {}\n\n{}", rendered.subject, rendered.text);
        fs::write(folder.join(format!("{name}.txt")), text)?;
    }
    println!(
        "{} mails in {}; {:.0} renders a second",
        letters.len(),
        folder.display(),
        renders_per_second(&letters)?
    );
    Ok(())
}

/// A letter that carries all that its kind can.
fn letter(kind: Kind, language: Language) -> Letter {
    let is_secret = matches!(
        kind,
        Kind::SignIn | Kind::SignUp | Kind::VerifyAddress | Kind::ChangeAddress
    );
    let link = match kind {
        Kind::SignIn | Kind::SignUp => {
            "https://acme.example/login?psg_magic_link=Zk3vQ8hXw2nT5yBdR7sLmF0pJcU9aGeKo1iHxVtN4qE"
        }
        Kind::VerifyAddress | Kind::ChangeAddress => {
            "https://acme.example/login?psg_verify_link=Zk3vQ8hXw2nT5yBdR7sLmF0pJcU9aGeKo1iHxVtN4qE"
        }
        _ => "https://acme.example/login",
    };
    let detail = match kind {
        Kind::PasskeyAdded | Kind::PasskeyRemoved => Some("Chrome on Mac"),
        Kind::AddressChanged | Kind::AddressAdded | Kind::AddressRemoved => Some("g…@example.com"),
        Kind::Invitation => Some("Acme Tea Rooms"),
        _ => None,
    };
    Letter {
        kind,
        language,
        to: "ada@example.com".to_owned(),
        app_name: "Acme Tea Rooms".to_owned(),
        link: Some(link.to_owned()),
        link_minutes: is_secret.then_some(60),
        code: is_secret.then(|| "482913".to_owned()),
        code_minutes: is_secret.then_some(5),
        detail: detail.map(str::to_owned),
        device: Some("Chrome on Windows".to_owned()),
        host: None,
        words: None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures how long rendering takes"
)]
fn renders_per_second(letters: &[Letter]) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < Duration::from_secs(1) {
        for letter in letters {
            std::hint::black_box(letter.render()?);
            count += 1;
        }
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

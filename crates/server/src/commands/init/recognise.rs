//! Which framework a folder is built with, by the files in which projects list what they need.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value as Json;

use super::frameworks::Framework;

/// Largest file that is read, bytes.
const SIZE_MAX: u64 = 4 << 20;

/// What was recognised, and by what.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    /// The framework.
    pub framework: Framework,
    /// Why, as the end of a sentence.
    pub reason: String,
}

/// What a folder is built with. More than one framework is an error that asks which.
pub fn recognise(folder: &Path) -> Result<Seen> {
    let mut seen = Vec::new();
    node(folder, &mut seen)?;
    python(folder, &mut seen)?;
    go(folder, &mut seen)?;
    rails(folder, &mut seen)?;
    axum(folder, &mut seen)?;
    if seen.is_empty() && folder.join("index.html").exists() {
        seen.push(Seen {
            framework: Framework::Html,
            reason: "there is an index.html".to_owned(),
        });
    }
    let names = |seen: &[Seen]| {
        let names = seen
            .iter()
            .map(|seen| format!("{} ({})", seen.framework.facts(folder).title, seen.reason));
        names.collect::<Vec<_>>().join(" and ")
    };
    match seen.len() {
        0 => bail!(
            "Nothing in {} says what it is built with. Name it with `--framework`, such as `--framework express`, or run this in the project's own folder.",
            folder.display()
        ),
        1 => Ok(seen.remove(0)),
        _ => bail!(
            "{} looks like {}. Say which of them shows the login page with `--framework`, or name its folder.",
            folder.display(),
            names(&seen)
        ),
    }
}

/// The text of a file of the project; `None` if there is none.
pub fn read(folder: &Path, name: &str) -> Result<Option<String>> {
    let path = folder.join(name);
    let unreadable = || {
        format!(
            "{} cannot be read; make it readable, or name the framework with `--framework`",
            path.display()
        )
    };
    match std::fs::metadata(&path) {
        Ok(found) if found.len() > SIZE_MAX => bail!(
            "{} is larger than 4 MB; name the framework with `--framework`.",
            path.display()
        ),
        Ok(found) if !found.is_file() => return Ok(None),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(unreadable),
    }
    let bytes = std::fs::read(&path).with_context(unreadable)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Notes each framework whose package is listed in a file.
fn note(seen: &mut Vec<Seen>, file: &str, packages: &[String], known: &[(&str, Framework)]) {
    for (name, framework) in known {
        let is_listed = packages.iter().any(|package| package == name);
        let is_noted = seen.iter().any(|seen| seen.framework == *framework);
        if is_listed && !is_noted {
            seen.push(Seen {
                framework: *framework,
                reason: format!("{file} lists {name}"),
            });
        }
    }
}

fn node(folder: &Path, seen: &mut Vec<Seen>) -> Result<()> {
    const FILE: &str = "package.json";
    let Some(text) = read(folder, FILE)? else {
        return Ok(());
    };
    let package: Json = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .with_context(|| broken(folder, FILE, "JSON"))?;
    let packages: Vec<String> = ["dependencies", "devDependencies"]
        .iter()
        .filter_map(|part| package[part].as_object())
        .flat_map(|part| part.keys().cloned())
        .collect();
    let known = [("next", Framework::Next), ("express", Framework::Express)];
    note(seen, FILE, &packages, &known);
    Ok(())
}

fn python(folder: &Path, seen: &mut Vec<Seen>) -> Result<()> {
    let known = [
        ("flask", Framework::Flask),
        ("django", Framework::Django),
        ("fastapi", Framework::FastApi),
    ];
    if folder.join("manage.py").is_file() {
        seen.push(Seen {
            framework: Framework::Django,
            reason: "there is a manage.py".to_owned(),
        });
    }
    if let Some(text) = read(folder, "requirements.txt")? {
        let packages: Vec<_> = text.lines().map(python_name).collect();
        note(seen, "requirements.txt", &packages, &known);
    }
    if let Some(project) = read_toml(folder, "pyproject.toml")? {
        let poetry = &project.get("tool").and_then(|tool| tool.get("poetry"));
        let listed = project
            .get("project")
            .and_then(|project| project.get("dependencies"))
            .and_then(toml::Value::as_array);
        let texts = listed.into_iter().flatten().filter_map(toml::Value::as_str);
        let mut packages: Vec<_> = texts.map(python_name).collect();
        packages.extend(keys(poetry.and_then(|poetry| poetry.get("dependencies"))));
        note(seen, "pyproject.toml", &packages, &known);
    }
    if let Some(pipfile) = read_toml(folder, "Pipfile")? {
        note(seen, "Pipfile", &keys(pipfile.get("packages")), &known);
    }
    Ok(())
}

/// The name in a requirement such as `Flask[async] >= 3.0  # web`, as PyPI compares it (PEP 503).
fn python_name(requirement: &str) -> String {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let text = requirement.trim_start();
    let end = text
        .find(|letter| !is_of_name(letter))
        .unwrap_or(text.len());
    text[..end].to_ascii_lowercase().replace(['_', '.'], "-")
}

fn go(folder: &Path, seen: &mut Vec<Seen>) -> Result<()> {
    const FILE: &str = "go.mod";
    let Some(text) = read(folder, FILE)? else {
        return Ok(());
    };
    let direct = text.lines().filter(|line| !line.contains("// indirect"));
    let before = seen.len();
    for line in direct {
        let path = line
            .trim()
            .trim_start_matches("require ")
            .split_whitespace()
            .next();
        let framework = match path.unwrap_or_default() {
            "github.com/gin-gonic/gin" => Framework::Gin,
            path if path.starts_with("github.com/labstack/echo/") => Framework::Echo,
            path if path.starts_with("github.com/go-chi/chi") => Framework::Chi,
            _ => continue,
        };
        seen.push(Seen {
            framework,
            reason: format!("{FILE} requires {}", path.unwrap_or_default()),
        });
    }
    if seen.len() == before {
        seen.push(Seen {
            framework: Framework::NetHttp,
            reason: format!("there is a {FILE}"),
        });
    }
    Ok(())
}

fn rails(folder: &Path, seen: &mut Vec<Seen>) -> Result<()> {
    const FILE: &str = "Gemfile";
    let text = read(folder, FILE)?.unwrap_or_default();
    let gems = text.lines().filter_map(|line| {
        let rest = line
            .trim()
            .strip_prefix("gem")?
            .trim_start_matches([' ', '(']);
        rest.split(['"', '\'']).nth(1).map(str::to_owned)
    });
    note(
        seen,
        FILE,
        &gems.collect::<Vec<_>>(),
        &[("rails", Framework::Rails)],
    );
    Ok(())
}

fn axum(folder: &Path, seen: &mut Vec<Seen>) -> Result<()> {
    const FILE: &str = "Cargo.toml";
    if let Some(manifest) = read_toml(folder, FILE)? {
        let packages = keys(manifest.get("dependencies"));
        note(seen, FILE, &packages, &[("axum", Framework::Axum)]);
    }
    Ok(())
}

fn read_toml(folder: &Path, name: &str) -> Result<Option<toml::Table>> {
    let Some(text) = read(folder, name)? else {
        return Ok(None);
    };
    let table = text.parse().with_context(|| broken(folder, name, "TOML"))?;
    Ok(Some(table))
}

fn keys(table: Option<&toml::Value>) -> Vec<String> {
    let table = table.and_then(toml::Value::as_table);
    table
        .into_iter()
        .flat_map(|table| table.keys().map(|key| key.to_ascii_lowercase()))
        .collect()
}

fn broken(folder: &Path, name: &str, format: &str) -> String {
    format!(
        "{} is not {format}; mend it, or name the framework with `--framework`",
        folder.join(name).display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_python_packages_end_where_conditions_begin() {
        for (requirement, name) in [
            ("Flask==3.0.2", "flask"),
            ("  fastapi[standard] >= 0.110 # web", "fastapi"),
            ("Django ; python_version > '3.9'", "django"),
            ("Flask_Login~=0.6", "flask-login"),
            ("# flask", ""),
            ("-r flask.txt", "-r"),
        ] {
            assert_eq!(python_name(requirement), name);
        }
    }
}

//! Builds the web bundle that the server embeds, when its sources are newer than it, so that `cargo run` alone is enough.
//!
//! Nothing here runs again while no web source changes. A missing C compiler cannot be reported from here: without one,
//! not even this program is linked (`make run` and the README speak of it instead).

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The oldest Node that the web build and the SDK support.
const OLDEST_NODE: u32 = 20;

/// What the build leaves behind, below `web/`. All of them must be at least as new as the newest source.
const OUTPUTS: [&str; 4] = [
    "elements/dist/web.js",
    "elements/dist/custom-elements.json",
    "console/dist/console.css",
    "console/dist/console.js",
];

/// Set to 1 by packagers who bring the built files along and have no Node.
const SKIP: &str = "GINNEL_SKIP_WEB_BUILD";

fn main() {
    let server = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the folder"));
    let web = server.join("../../web");
    let web = web.canonicalize().unwrap_or(web);
    if let Err(problem) = build(&web) {
        // Cargo takes one line at a time, fails by itself, and shows this alone when the exit status is 0.
        for line in problem.lines() {
            println!("cargo::error={line}");
        }
    }
}

fn build(web: &Path) -> Result<(), String> {
    println!("cargo::rerun-if-env-changed={SKIP}");
    println!("cargo::rerun-if-changed=build.rs");
    // Release builds embed the migrations.
    println!("cargo::rerun-if-changed=migrations");
    let mut sources = Vec::new();
    list_sources(web, &mut sources).map_err(|cause| unreadable(web, &cause))?;
    // The outputs are listed too, so that they are made again after someone removes them.
    for path in sources.iter().cloned().chain(outputs(web)) {
        println!("cargo::rerun-if-changed={}", path.display());
    }

    if env::var_os(SKIP).is_some_and(|value| value == "1") {
        return match outputs(web).find(|output| !output.exists()) {
            None => Ok(()),
            Some(missing) => Err(format!(
                "{SKIP}=1 needs the built web files, and {} is missing. Unset it, or run `npm ci && npm run build` in web/.",
                missing.display()
            )),
        };
    }

    // One cargo at a time: the other waits here and then finds everything done. The lock ends with the process.
    let lock = web.join(".build-lock");
    let lock = File::create(&lock).map_err(|cause| unreadable(&lock, &cause))?;
    lock.lock().map_err(|cause| unreadable(web, &cause))?;

    let newest = sources.iter().filter_map(|path| modified(path)).max();
    let is_fresh = |output: PathBuf| modified(&output) >= newest;
    if outputs(web).all(is_fresh) {
        return Ok(());
    }
    require_node()?;
    if modified(&web.join("node_modules/.package-lock.json"))
        < modified(&web.join("package-lock.json"))
    {
        npm(
            web,
            &["ci"],
            "If packages could not be downloaded, look at the network; then run the same command again.",
        )?;
    }
    npm(
        web,
        &["run", "build"],
        "The sources in web/ do not build; the lines above say where.",
    )?;
    for output in outputs(web) {
        // As old as the newest source and not as young as this moment, or cargo would run this program once more.
        File::options()
            .write(true)
            .open(&output)
            .and_then(|file| newest.map_or(Ok(()), |time| file.set_modified(time)))
            .map_err(|cause| {
                format!(
                    "`npm run build` did not make {}: {cause}.",
                    output.display()
                )
            })?;
    }
    Ok(())
}

fn outputs(web: &Path) -> impl Iterator<Item = PathBuf> {
    OUTPUTS.iter().map(|output| web.join(output))
}

/// All files that can change what is built: not what was built, installed or hidden, and no tests.
fn list_sources(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            if !["dist", "node_modules", "test", "testing", "tests"].contains(&name.as_str())
                && !name.starts_with('.')
            {
                list_sources(&entry.path(), found)?;
            }
        } else if !(name.starts_with('.')
            || name.ends_with(".md")
            || name.starts_with("test.")
            || name.contains(".test."))
        {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// When a file was changed; `None`, which is less than any time, if there is no such file.
fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|facts| facts.modified()).ok()
}

/// Looks for Node and npm, and says how to install them.
fn require_node() -> Result<(), String> {
    let advice = format!(
        "Ginnel needs Node {OLDEST_NODE} or later and npm to build its browser scripts.\n\
         Debian 13, Ubuntu 25.04 or later: apt-get install nodejs npm\n\
         Older ones have an older Node; take a current one from https://nodejs.org/en/download, as on macOS and Windows.\n\
         Then run the same command again."
    );
    let Ok(node) = Command::new("node").arg("--version").output() else {
        return Err(format!("Node is not installed, or not in PATH.\n{advice}"));
    };
    let version = String::from_utf8_lossy(&node.stdout).trim().to_owned();
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        return Err(format!("Node {version} is too old.\n{advice}"));
    }
    if npm_command().arg("--version").output().is_err() {
        return Err(format!("npm is not installed, or not in PATH.\n{advice}"));
    }
    Ok(())
}

/// Runs npm in the web folder; if it fails, all that it said is part of the problem.
fn npm(web: &Path, arguments: &[&str], advice: &str) -> Result<(), String> {
    let command = format!("npm {}", arguments.join(" "));
    let output = npm_command()
        .args(arguments)
        .current_dir(web)
        .output()
        .map_err(|cause| format!("`{command}` cannot be started: {cause}."))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
        .join("\n");
    Err(format!(
        "`{command}` failed in web/ ({}). It said:\n{said}\n{advice}",
        output.status
    ))
}

fn npm_command() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn unreadable(path: &Path, cause: &io::Error) -> String {
    format!(
        "cannot use {}: {cause}. The web sources belong beside crates/; make them readable and writable.",
        path.display()
    )
}

//! The database: can it be opened, is it whole and up to date, will it keep what is written, does the master key fit?

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::findings::Finding;
use crate::app::App;
use crate::config::{Config, Database};
use crate::setup;
use crate::store::{Engine, Inspection, inspect_postgres, inspect_sqlite};
use crate::time::{Clock, Timestamp};

const CHECK: &str = "database";

/// By how much clocks may differ, seconds: back ends allow 5.
pub const CLOCK_MARGIN: Duration = Duration::from_secs(5);

/// Oldest PostgreSQL that its makers still mend (https://www.postgresql.org/support/versioning/).
const OLDEST_POSTGRES: u32 = 14;

/// Free space below which a disk is bad, and below which it is worth a warning, bytes.
const SPACE: (u64, u64) = (100 << 20, 1 << 30);

/// Looks at the database, and opens it if that changes nothing.
pub fn check(config: &Config, runtime: &Runtime) -> (Vec<Finding>, Option<App>) {
    let inspected = match inspect(config) {
        Ok(inspected) => inspected,
        Err(finding) => return (vec![finding], None),
    };
    let mut findings = judge(config, &inspected);
    if inspected.is_new || !inspected.missing.is_empty() || !inspected.damage.is_empty() {
        return (findings, None);
    }
    // One connection is enough, and a server that runs needs the others.
    let mut own = config.clone();
    own.database_connections = 1;
    let app = match setup::open_for_command(own) {
        Ok(app) => app,
        Err(problem) => {
            let next = "Start the server after that to see that it works.";
            findings.push(Finding::bad(CHECK, sentence(&problem), next));
            return (findings, None);
        }
    };
    findings.push(match runtime.block_on(app.store.ping()) {
        Ok(()) if is_key_open(&app.config) => Finding::warning(
            CHECK,
            "Others on this machine can read the file of the master key.",
            "Run `chmod 600 master.key` in the data folder; who may have read it can open every secret in the database.",
        ),
        Ok(()) => Finding::good(
            CHECK,
            "It can be read and written, and the master key fits.",
        ),
        Err(error) => Finding::bad(
            CHECK,
            format!("It cannot be written: {}", sentence(&setup::explain(error))),
            "Check the rights to the folder, and that the database is no standby.",
        ),
    });
    (findings, Some(app))
}

/// Whether the master key lies in a file that not its owner alone can read.
fn is_key_open(config: &Config) -> bool {
    let path = config.data_dir.join(setup::KEY_FILE);
    let is_used = config.master_key.is_none();
    is_used && std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

fn inspect(config: &Config) -> Result<Inspection, Finding> {
    let inspected = match &config.database {
        Database::Sqlite(path) => {
            if !path.exists() {
                return Err(Finding::bad(
                    CHECK,
                    format!("There is no database at {}.", path.display()),
                    "Start `ginnel serve` once, or name the folder of the server's data with `--data-dir`.",
                ));
            }
            inspect_sqlite(path)
        }
        Database::Postgres(url) => inspect_postgres(url.expose()),
    };
    inspected.map_err(|error| {
        let next = match &config.database {
            Database::Sqlite(path) => format!(
                "See that {} is a Ginnel database and that this user may read and write it, or restore a backup.",
                path.display()
            ),
            Database::Postgres(_) => "Mend that first; the rest depends on it.".to_owned(),
        };
        Finding::bad(CHECK, sentence(&setup::explain(error)), next)
    })
}

fn judge(config: &Config, inspected: &Inspection) -> Vec<Finding> {
    let name = match inspected.engine {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    let version = &inspected.version;
    let mut findings = vec![if inspected.is_new {
        Finding::bad(
            CHECK,
            format!("The {name} database is empty."),
            "Start `ginnel serve` once: it makes the tables.",
        )
    } else if inspected.missing.is_empty() {
        Finding::good(
            CHECK,
            format!("{name} {version} opens, and its tables are up to date."),
        )
    } else {
        Finding::bad(
            CHECK,
            format!(
                "{} migrations of this version are not applied: {}.",
                inspected.missing.len(),
                inspected.missing.join(", ")
            ),
            "Make a backup, then start this version of the server: it applies them.",
        )
    }];
    if !inspected.damage.is_empty() {
        findings.push(Finding::bad(
            CHECK,
            format!("The file is damaged: {}.", inspected.damage.join("; ")),
            "Stop the server and restore a backup.",
        ));
    }
    if !inspected.unsafe_settings.is_empty() {
        findings.push(Finding::bad(
            CHECK,
            format!(
                "A crash may lose what was written: {}.",
                inspected.unsafe_settings.join(", ")
            ),
            match inspected.engine {
                Engine::Sqlite => "Put the file on a local disk, not on a network share.",
                Engine::Postgres => "Set both to on in postgresql.conf and restart PostgreSQL.",
            },
        ));
    }
    if let Database::Sqlite(path) = &config.database {
        findings.extend(free_space(path));
    }
    findings.extend(connections(config, inspected));
    if inspected.engine == Engine::Postgres && major(version) < OLDEST_POSTGRES {
        findings.push(Finding::warning(
            CHECK,
            format!("PostgreSQL {version} gets no security fixes any more."),
            format!("Upgrade to {OLDEST_POSTGRES} or later."),
        ));
    }
    if let Some(theirs) = inspected.now {
        findings.push(clock("The database's clock", theirs, Clock::system().now()));
    }
    findings
}

fn major(version: &str) -> u32 {
    let digits = version
        .split(|letter: char| !letter.is_ascii_digit())
        .next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn connections(config: &Config, inspected: &Inspection) -> Option<Finding> {
    let connections = inspected.connections.as_ref()?;
    let (wanted, limit) = (config.database_connections, connections.limit);
    let figures = format!(
        "A node opens {wanted} connections, PostgreSQL allows {limit} to all, and {} are open now",
        connections.used
    );
    let next = "Lower database_connections, or raise max_connections in postgresql.conf.";
    Some(if wanted > limit {
        Finding::bad(CHECK, format!("{figures}."), next)
    } else if wanted.saturating_mul(2) > limit {
        // While a node is replaced, the old and the new one run side by side.
        Finding::warning(CHECK, format!("{figures}: two nodes do not fit."), next)
    } else {
        Finding::good(CHECK, format!("{figures}."))
    })
}

fn free_space(path: &Path) -> Option<Finding> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let space = rustix::fs::statvfs(folder).ok()?;
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    let message = format!("{} MB are free at {}.", free >> 20, folder.display());
    let next = "Make room, or move the data to a larger disk: a full disk stops every sign-in.";
    Some(match free {
        free if free < SPACE.0 => Finding::bad("disk", message, next),
        free if free < SPACE.1 => Finding::warning("disk", message, next),
        _ => Finding::good("disk", message),
    })
}

/// How another clock stands beside this machine's.
pub fn clock(whose: &str, theirs: Timestamp, ours: Timestamp) -> Finding {
    let difference = theirs.since(ours).max(ours.since(theirs));
    if difference <= CLOCK_MARGIN {
        return Finding::good("clock", format!("{whose} agrees with this machine's."));
    }
    Finding::bad(
        "clock",
        format!(
            "{whose} is {} s off this machine's: codes and tokens expire too early or late.",
            difference.as_secs()
        ),
        "Let both machines keep time by NTP (`timedatectl set-ntp true`).",
    )
}

/// An error as a sentence.
fn sentence(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    let text = first.unwrap_or_default() + letters.as_str();
    if text.ends_with('.') {
        text
    } else {
        text + "."
    }
}

//! What a scenario works with: an installation, its mail server, its books.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Result;
use rusqlite::{Connection, OpenFlags};

use super::Stage;
use super::claims::{Harm, Sentence};
use super::clocks::ShiftedClock;
use super::ledger::Ledger;
use super::node::{Node, Setup, empty_file};
use crate::mail::Sink;
use crate::server::Installation;

/// SQLite's own judgement of the file.
const INTEGRITY: Sentence = (
    "SQLite finds the file in order (integrity_check, foreign_key_check)",
    Harm::Missing,
);

/// An installation under test.
pub struct Site {
    pub installation: Installation,
    pub sink: Sink,
    pub setup: Setup,
    pub ledger: Rc<Ledger>,
    pub clock: Option<ShiftedClock>,
    is_sqlite: bool,
}

/// What a site is built on.
#[derive(Default)]
pub struct Ground<'a> {
    /// PostgreSQL; SQLite in the folder if none.
    pub database: Option<String>,
    /// The data folder; a temporary one if none.
    pub folder: Option<&'a Path>,
    /// Whether the server's clock can be moved.
    pub has_clock: bool,
    /// Where the server is reached, if not where it listens.
    pub public_address: Option<SocketAddr>,
}

impl Ground<'_> {
    /// SQLite, and a clock that can be moved.
    pub fn with_clock() -> Self {
        Ground {
            has_clock: true,
            ..Self::default()
        }
    }
}

impl Site {
    /// A new installation on an empty database, with an app, and its server.
    pub async fn open(stage: &Stage, name: &str, ground: Ground<'_>) -> Result<(Self, Node)> {
        let Ground {
            database,
            folder,
            has_clock,
            public_address,
        } = ground;
        let log = stage.log(name);
        empty_file(&log)?;
        let sink = Sink::start()?;
        let is_sqlite = database.is_none();
        let mail = sink.address();
        let installation =
            Installation::new(&stage.server, folder, database, mail, "warn", stage.cores)?;
        let mut setup = Setup::new(&stage.dice, &log)?;
        if let Some(address) = public_address {
            setup.public_url = format!("http://localhost:{}", address.port());
        }
        let clock = match has_clock {
            true => Some(ShiftedClock::new(&stage.folder(name)?)?),
            false => None,
        };
        if let Some(clock) = &clock {
            setup.environment = clock.environment();
        }
        let node = Node::start(&installation, &setup).await?;
        let app = installation.create_app("Chaos", "ES256")?;
        let site = Site {
            ledger: Rc::new(Ledger::new(app, stage.dice.roll(u64::MAX))),
            installation,
            sink,
            setup,
            clock,
            is_sqlite,
        };
        Ok((site, node))
    }

    /// Starts the server.
    pub async fn start(&self) -> Result<Node> {
        Node::start(&self.installation, &self.setup).await
    }

    /// The database file, where it is SQLite's.
    pub fn file(&self) -> Option<PathBuf> {
        let file = || self.installation.folder().join("ginnel.db");
        self.is_sqlite.then(file)
    }

    /// Stops the server in order, and lets SQLite look through the whole file.
    pub async fn close(&self, node: Node) -> Result<()> {
        node.stop().await?;
        let Some(file) = self.file() else {
            return Ok(());
        };
        let connection = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mut found = Vec::new();
        for sql in ["PRAGMA integrity_check", "PRAGMA foreign_key_check"] {
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let word: String = row.get(0)?;
                if word != "ok" {
                    found.push(word);
                }
            }
        }
        let words = || found.join("; ");
        self.ledger.claims.check(INTEGRITY, found.is_empty(), words);
        Ok(())
    }
}

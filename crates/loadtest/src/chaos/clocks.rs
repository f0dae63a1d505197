//! The server's clock, moved from outside: libfaketime stands between the server and the system's clock.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Where Debian and others keep the library.
const LIBRARIES: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];

/// A clock that runs beside the system's by a distance that can be changed at any time.
pub struct ShiftedClock {
    library: &'static str,
    file: PathBuf,
}

impl ShiftedClock {
    /// One that runs with the system's; the distance is kept in `folder`.
    pub fn new(folder: &Path) -> Result<Self> {
        let library = LIBRARIES.into_iter().find(|path| Path::new(path).exists());
        let library = library
            .context("libfaketime is not installed. Debian, Ubuntu: apt-get install faketime")?;
        let clock = ShiftedClock {
            library,
            file: folder.join("clock"),
        };
        clock.shift(0)?;
        Ok(clock)
    }

    /// So many seconds ahead of the system's clock, or behind it.
    pub fn shift(&self, seconds: i64) -> Result<()> {
        // Replaced as a whole: a reader never sees half of it.
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{seconds:+}\n"))?;
        Ok(fs::rename(new, &self.file)?)
    }

    /// What a process must find in its environment. Its stopwatches, which time-outs are measured by, are left alone.
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("LD_PRELOAD", self.library.into()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.clone()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            ("DONT_FAKE_MONOTONIC", "1".into()),
        ]
    }
}

/// Longer than a sender that was killed keeps its messages from others, and shorter than a link works.
pub const PAST_ALL_LEASES: Duration = Duration::from_secs(150);

//! What `strace -f -ttt -T -y` wrote, as far as it says in which order a server wrote its log, synced it, and answered.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Calls that are traced: whatever writes to a file or a socket, and whatever makes a file durable.
const CALLS: &str =
    "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync,sync_file_range";

/// Something that a process did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Wrote to the log of its database.
    LogWrite,
    /// Waited until that log was durable (`fdatasync` or `fsync`).
    LogSync,
    /// Began to send an answer of success.
    Answer,
}

/// An act and when: a write and a sync when they were over, an answer when it began. Microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub at: u64,
    pub act: Act,
}

/// The tracer's command line, up to the program that it traces. The program stays the child of whoever starts this.
pub fn tracer(output: &Path) -> Vec<String> {
    let output = output.to_string_lossy().into_owned();
    [
        "strace", "-D", "-f", "-ttt", "-T", "-y", "-s", "24", "-e", CALLS, "-o", &output,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Reads a trace. Lines that say nothing of interest are left out.
pub fn read(text: &str) -> Result<Vec<Event>> {
    let mut unfinished: HashMap<&str, (&str, u64)> = HashMap::new();
    let mut events = Vec::new();
    for line in text.lines() {
        let Some((process, rest)) = line.trim_start().split_once(' ') else {
            continue;
        };
        let Some((at, call)) = rest.trim_start().split_once(' ') else {
            continue;
        };
        let at = microseconds(at).with_context(|| format!("strace wrote: {line}"))?;
        if let Some(call) = call.strip_suffix(" <unfinished ...>") {
            unfinished.insert(process, (call, at));
            if let Some(act @ Act::Answer) = act(call) {
                events.push(Event { at, act });
            }
            continue;
        }
        if call.starts_with("<... ") {
            let Some((begun, _)) = unfinished.remove(process) else {
                continue;
            };
            if let Some(act @ (Act::LogWrite | Act::LogSync)) = act(begun)
                && !is_failed(call)
            {
                events.push(Event { at, act });
            }
            continue;
        }
        let Some(act) = act(call).filter(|_| !is_failed(call)) else {
            continue;
        };
        let at = match act {
            Act::Answer => at,
            Act::LogWrite | Act::LogSync => at + duration(call),
        };
        events.push(Event { at, act });
    }
    events.sort_by_key(|event| event.at);
    Ok(events)
}

/// Whether, between two moments, an answer went out after a log write that had been made durable.
pub fn is_durable(events: &[Event], from: u64, until: u64) -> bool {
    let within = events
        .iter()
        .filter(|event| (from..=until).contains(&event.at));
    let (mut written, mut synced) = (false, false);
    for event in within {
        match event.act {
            Act::LogWrite => written = true,
            Act::LogSync => synced |= written,
            Act::Answer => return synced,
        }
    }
    false
}

/// Whether anything was made durable between two moments.
pub fn has_sync(events: &[Event], from: u64, until: u64) -> bool {
    let mut within = events
        .iter()
        .filter(|event| (from..=until).contains(&event.at));
    within.any(|event| event.act == Act::LogSync)
}

/// What a call is to us, by its name, its file and the first bytes that it writes.
fn act(call: &str) -> Option<Act> {
    let (name, arguments) = call.split_once('(')?;
    let is_log = |file: &str| file.ends_with("-wal") || file.contains("/pg_wal/");
    let file = arguments
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map(|(file, _)| file)
        .unwrap_or_default();
    match name {
        "fsync" | "fdatasync" if is_log(file) => Some(Act::LogSync),
        "write" | "writev" | "pwrite64" | "pwritev" if is_log(file) => Some(Act::LogWrite),
        "write" | "writev" | "sendto" | "sendmsg" if arguments.contains("\"HTTP/1.1 20") => {
            Some(Act::Answer)
        }
        _ => None,
    }
}

fn is_failed(call: &str) -> bool {
    call.rsplit_once(" = ")
        .is_none_or(|(_, result)| result.starts_with(['-', '?']))
}

/// How long a call took, which stands at its end in brackets.
fn duration(call: &str) -> u64 {
    let time = call
        .rsplit_once('<')
        .and_then(|(_, time)| time.strip_suffix('>'));
    time.and_then(|time| microseconds(time).ok()).unwrap_or(0)
}

/// Seconds with six decimals.
fn microseconds(text: &str) -> Result<u64> {
    let (seconds, rest) = text.split_once('.').context("no time")?;
    Ok(seconds.parse::<u64>()? * 1_000_000 + rest.parse::<u64>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
71 1700000000.000100 pwrite64(9</d/ginnel.db-wal>, "\0\1"..., 24, 0) = 24 <0.000010>
71 1700000000.000200 fdatasync(9</d/ginnel.db-wal> <unfinished ...>
72 1700000000.000300 write(2</d/log>, "x", 1) = 1 <0.000001>
71 1700000000.000900 <... fdatasync resumed>) = 0 <0.000700>
72 1700000000.001000 sendto(15<socket:[4]>, "HTTP/1.1 201 Created\r\nco"..., 900, MSG_NOSIGNAL, NULL, 0) = 900 <0.000020>
"#;

    fn judge(text: &str) -> bool {
        let start = 1_700_000_000_000_000;
        is_durable(&read(text).unwrap(), start, start + 2_000)
    }

    #[test]
    fn an_answer_after_the_sync_is_durable() {
        assert!(judge(GOOD));
        let acts: Vec<_> = read(GOOD).unwrap().iter().map(|event| event.act).collect();
        assert_eq!(acts, [Act::LogWrite, Act::LogSync, Act::Answer]);
    }

    #[test]
    fn an_answer_without_a_sync_or_before_its_end_is_not() {
        let lines = |keep: &[usize]| -> String {
            let lines: Vec<_> = GOOD.lines().skip(1).collect();
            keep.iter()
                .map(|&index| format!("{}\n", lines[index]))
                .collect()
        };
        assert!(!judge(&lines(&[0, 4])), "no sync at all");
        assert!(!judge(&lines(&[1, 3, 4])), "nothing was written before it");
        assert!(
            !judge(&GOOD.replace("00.001000 sendto", "00.000800 sendto")),
            "too early"
        );
        assert!(
            !judge(&GOOD.replace(") = 0 <", ") = -1 EIO (Input/output error) <")),
            "it failed"
        );
        assert!(
            !judge(&GOOD.replace("ginnel.db-wal> <unf", "other> <unf")),
            "another file"
        );
        assert!(!judge(&lines(&[0, 1, 3])), "no answer");
    }

    #[test]
    fn postgres_syncs_a_segment_of_its_log() {
        let text = GOOD.replace(
            "/d/ginnel.db-wal",
            "/p/data/pg_wal/000000010000000000000001",
        );
        assert!(judge(&text));
    }
}

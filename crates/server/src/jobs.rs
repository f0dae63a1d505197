//! What the server does by itself: flush counters, forget what has expired, look after signing keys, remove
//! apps.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::domain::users::removal;
use crate::domain::{apps, keys};
use crate::error::Result;
use crate::store::{Owned, Tx};
use crate::telemetry::metrics::JOB_FAILURES;
use crate::time::Timestamp;

/// How long an ended session is kept, so that its owner can still look at it.
const ENDED_SESSIONS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a link is kept after it ended, so that whoever opens it late is told so.
const ENDED_LINKS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long an account is kept whose owner began to sign up and never came back.
const SIGN_UPS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long a message that was sent, failed or expired is listed.
const MESSAGES_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long the rows of a removed app are left alone: longer than any node works from its copy of the app, and than their
/// clocks differ.
const REMOVED_KEPT: Duration = Duration::from_secs(60);

/// Rounds of housekeeping, a minute each, after which a reading of the clock counts as right.
const READINGS_KEPT: usize = 10;

/// Rows that one cleaning transaction removes at most.
const BATCH: i64 = 1000;

/// Flushes the counters once a second, until the task is dropped.
pub async fn flush_counters(app: App) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if let Err(error) = app.counters.flush(&app).await {
            tracing::warn!(
                "counters could not be written, they are kept for the next second: {error:?}"
            );
        }
    }
}

/// Cleans up and looks after keys once a minute, for as long as the process runs.
pub fn start_housekeeping(app: App) {
    let work = move || {
        let mut readings = VecDeque::with_capacity(READINGS_KEPT + 1);
        loop {
            let trusted = trusted_time(&mut readings, app.clock.now());
            let clean = || match trusted {
                Some(trusted) => clean_up_to(&app, trusted),
                None => clean_up_to(&app, Timestamp::from_millis(0)),
            };
            for (name, job) in [
                ("cleaning", &clean as &dyn Fn() -> Result<()>),
                ("signing keys", &|| maintain_keys(&app)),
                ("removing apps", &|| remove_apps(&app)),
            ] {
                if let Err(error) = job() {
                    metrics::counter!(JOB_FAILURES, "job" => name).increment(1);
                    tracing::warn!(
                        job = name,
                        "{name} failed and is tried again in a minute: {error:?}"
                    );
                }
            }
            std::thread::sleep(Duration::from_secs(60));
        }
    };
    std::thread::Builder::new()
        .name("housekeeping".to_owned())
        .spawn(work)
        .expect("the system can start a thread");
}

/// Notes what the clock says now, and gives what it said ten minutes ago, or what it says now if that is earlier: it may have
/// been ahead by mistake meanwhile.
fn trusted_time(readings: &mut VecDeque<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    readings.push_back(now);
    if readings.len() <= READINGS_KEPT {
        return None;
    }
    readings.pop_front().map(|then| then.min(now))
}

/// Forgets what has ended, taking the clock's word for the time.
pub fn clean(app: &App) -> Result<()> {
    clean_up_to(app, app.clock.now())
}

/// Forgets what has ended: sign-ups that got no further, used challenges, sessions, links, limits, transactions and nonces, messages, old events,
/// and users whose removal was cut short.
///
/// Used challenges are forgotten only up to `trusted`: a clock that is a day ahead and then set right must not make a ceremony
/// good once more that was finished before.
fn clean_up_to(app: &App, trusted: Timestamp) -> Result<()> {
    let now = app.clock.now();
    app.apps.keep_small(now);
    in_batches(app, move |tx| {
        tx.remove_abandoned_sign_ups(now.minus(SIGN_UPS_KEPT), BATCH)
    })?;
    in_batches(app, move |tx| {
        tx.remove_expired(trusted, now.minus(ENDED_SESSIONS_KEPT), BATCH)
    })?;
    in_batches(app, move |tx| {
        tx.remove_expired_magic_links(now.minus(ENDED_LINKS_KEPT), BATCH)
    })?;
    in_batches(app, move |tx| tx.remove_ended_limits(now, BATCH))?;
    in_batches(app, move |tx| tx.remove_expired_flex(now, BATCH))?;
    in_batches(app, move |tx| tx.expire_messages(now, BATCH))?;
    in_batches(app, move |tx| {
        tx.remove_finished_messages(now.minus(MESSAGES_KEPT), BATCH)
    })?;
    let days = u64::from(app.config.event_retention_days);
    let before = now.minus(Duration::from_secs(days * 24 * 60 * 60));
    for record in apps::list(app)? {
        removal::finish(app, &record.id)?;
        in_batches(app, move |tx| {
            tx.remove_old_events(&record.id, before, BATCH)
        })?;
    }
    Ok(())
}

/// Removes a batch in each transaction, so that no commit is long, until a batch is not full.
fn in_batches(
    app: &App,
    remove: impl Fn(&mut Tx<'_>) -> Result<u64> + Send + Sync + 'static,
) -> Result<()> {
    let remove = Arc::new(remove);
    loop {
        let remove = remove.clone();
        if app.store.write_blocking(move |tx| remove(tx))? < BATCH as u64 {
            return Ok(());
        }
    }
}

/// Ends test apps that nobody claimed, and removes what removed apps owned, and then these themselves.
pub fn remove_apps(app: &App) -> Result<()> {
    let now = app.clock.now();
    in_batches(app, move |tx| tx.expire_test_apps(now, BATCH))?;
    let until = now.minus(REMOVED_KEPT);
    for id in app
        .store
        .read_blocking(move |tx| tx.list_removed_apps(until))?
    {
        for owned in Owned::ALL {
            let id = id.clone();
            in_batches(app, move |tx| tx.remove_owned(&id, owned, BATCH))?;
        }
        app.store.write_blocking(move |tx| tx.remove_app(&id))?;
    }
    Ok(())
}

/// Does what is due for every app's keys. A test app lives too short a time for a second key.
pub fn maintain_keys(app: &App) -> Result<()> {
    let records = apps::list(app)?;
    for record in records.iter().filter(|record| !record.is_test_app()) {
        match keys::maintain(app, record) {
            // The pool is empty for the moment: the rest comes in a minute.
            Err(error) if error.retry_after_seconds().is_some() => return Ok(()),
            other => other?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_ahead_for_minutes_is_not_trusted() {
        const MINUTE: i64 = 60_000;
        let mut readings = VecDeque::new();
        let mut trusted =
            |minute: i64| trusted_time(&mut readings, Timestamp::from_millis(minute * MINUTE));
        for minute in 0..10 {
            assert_eq!(trusted(minute), None, "minute {minute}");
        }
        // For two minutes it is a day ahead.
        assert_eq!(trusted(10), Some(Timestamp::from_millis(0)));
        for minute in [1440, 1441] {
            assert!(trusted(minute) <= Some(Timestamp::from_millis(2 * MINUTE)));
        }
        // Set right, it never gives more than it says now.
        for minute in 13..40 {
            assert!(trusted(minute) <= Some(Timestamp::from_millis(minute * MINUTE)));
        }
    }
}

//! When keys are fetched, how long they are kept, and what happens while the server does not give any.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::server::{Answer, KeyServer, keys, response};
use super::support::{Hands, ISSUERS, NOW, kid, refused};
use crate::{Code, KeySet as _, RemoteKeySet};

const DAY: f64 = 86_400.0;

/// A server that publishes the first key, a key set of its, and the clock of that.
struct Setting {
    server: KeyServer,
    keys: RemoteKeySet,
    hands: Hands,
    failures: Arc<AtomicUsize>,
}

impl Setting {
    async fn new() -> Self {
        let server = KeyServer::new(Answer::Bytes(keys(ISSUERS.es256.jwks()))).await;
        let hands = Hands::new(NOW);
        let failures = Arc::new(AtomicUsize::new(0));
        let counter = failures.clone();
        let keys = RemoteKeySet::new(&server.url())
            .unwrap()
            .clock(hands.clock())
            .on_error(move |_| {
                counter.fetch_add(1, Ordering::SeqCst);
            });
        Setting {
            server,
            keys,
            hands,
            failures,
        }
    }

    async fn find(&self, kid: &str) -> Result<bool, crate::Error> {
        Ok(self.keys.find(kid).await?.is_some())
    }

    /// Finds the key that was published first.
    async fn find_old(&self) -> bool {
        self.find(kid(&ISSUERS.es256)).await.unwrap()
    }

    async fn settle(&self) {
        while self.keys.is_fetching() {
            tokio::task::yield_now().await;
        }
    }

    fn publish_both(&self) {
        let both = [&ISSUERS.es256, &ISSUERS.eddsa].map(|issuer| &issuer.jwks()["keys"][0]);
        self.server
            .answer(Answer::Bytes(keys(&json!({ "keys": both }))));
    }

    fn fail(&self, status: u16, headers: &[(&str, &str)]) {
        self.server
            .answer(Answer::Bytes(response(status, headers, "no")));
    }
}

fn next() -> &'static str {
    kid(&ISSUERS.eddsa)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_fetched_once_for_all_who_wait() {
    let setting = Setting::new().await;
    setting.server.was_asked(0);
    let permits = Arc::new(Semaphore::new(0));
    setting
        .server
        .answer(Answer::Held(permits.clone(), keys(ISSUERS.es256.jwks())));
    let mut waiting = JoinSet::new();
    for _ in 0..50 {
        let keys = setting.keys.clone();
        waiting.spawn(async move { keys.find(kid(&ISSUERS.es256)).await.unwrap().is_some() });
    }
    permits.add_permits(50);
    assert!(waiting.join_all().await.into_iter().all(|found| found));
    assert!(setting.find_old().await);
    setting.server.was_asked(1);
    let head = &setting.server.requests()[0].to_lowercase();
    assert!(
        head.starts_with("get / http/1.1\r\nhost: 127.0.0.1:"),
        "{head}"
    );
    assert!(head.contains("accept: application/json\r\n"), "{head}");
}

#[tokio::test]
async fn a_request_that_is_dropped_takes_nothing_away_from_the_others() {
    let setting = Setting::new().await;
    let permits = Arc::new(Semaphore::new(0));
    setting
        .server
        .answer(Answer::Held(permits.clone(), keys(ISSUERS.es256.jwks())));
    // The one that began the fetch is polled until the server has been asked, and then dropped.
    let mut first = setting.keys.find(kid(&ISSUERS.es256));
    while setting.server.requests().is_empty() {
        assert!(
            tokio::time::timeout(Duration::from_millis(1), &mut first)
                .await
                .is_err()
        );
    }
    let keys = setting.keys.clone();
    let second = tokio::spawn(async move { keys.find(kid(&ISSUERS.es256)).await });
    tokio::task::yield_now().await;
    drop(first);
    permits.add_permits(1);
    assert!(second.await.unwrap().unwrap().is_some());
    setting.server.was_asked(1);
}

#[test]
fn a_fetch_that_ends_with_its_runtime_is_begun_again() {
    let own = Runtime::new().unwrap();
    let setting = own.block_on(Setting::new());
    setting.server.answer(Answer::Hang(Vec::new()));
    let other = Runtime::new().unwrap();
    let keys = setting.keys.clone();
    other.spawn(async move { keys.find("any").await });
    own.block_on(async {
        while setting.server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    });
    setting.publish_both();
    let keys = setting.keys.clone();
    let waiting = own.spawn(async move { keys.find(kid(&ISSUERS.es256)).await });
    drop(other);
    assert!(own.block_on(waiting).unwrap().unwrap().is_some());
    setting.server.was_asked(2);
}

#[test]
fn there_must_be_a_runtime_to_fetch_on() {
    let keys = RemoteKeySet::new("http://127.0.0.1:9/").unwrap();
    let mut find = keys.find("any");
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match find.as_mut().poll(&mut context) {
        std::task::Poll::Ready(outcome) => drop(refused(outcome, Code::Configuration)),
        std::task::Poll::Pending => panic!("this must be refused at once"),
    }
}

#[tokio::test]
async fn old_keys_serve_while_new_ones_are_fetched() {
    let setting = Setting::new().await;
    assert!(setting.find_old().await);
    setting.hands.pass(599.0);
    assert!(setting.find_old().await);
    setting.server.was_asked(1);

    let permits = Arc::new(Semaphore::new(0));
    setting
        .server
        .answer(Answer::Held(permits.clone(), keys(ISSUERS.eddsa.jwks())));
    setting.hands.pass(1.0);
    // Answered although the server is still thinking; one fetch for all of them.
    assert!(setting.find_old().await);
    assert!(setting.find_old().await);
    permits.add_permits(1);
    setting.settle().await;
    assert!(setting.find(next()).await.unwrap());
    assert!(
        !setting.find_old().await,
        "a key that is no longer published is no longer good"
    );
    setting.server.was_asked(2);
}

#[tokio::test]
async fn keys_outlive_the_server_for_a_day_and_no_longer() {
    let setting = Setting::new().await;
    assert!(setting.find_old().await);
    setting.fail(500, &[]);
    for hour in 1..24 {
        setting.hands.pass(3600.0);
        assert!(setting.find_old().await);
        setting.settle().await;
        setting.server.was_asked(1 + hour);
    }
    assert_eq!(setting.failures.load(Ordering::SeqCst), 23);
    setting.hands.pass(3599.0);
    assert!(setting.find_old().await);
    setting.settle().await;
    setting.hands.pass(1.0);
    refused(
        setting.find(kid(&ISSUERS.es256)).await,
        Code::KeysUnavailable,
    );
    setting.publish_both();
    setting.hands.pass(1.0);
    assert!(setting.find_old().await);
}

#[tokio::test]
async fn a_refresh_that_failed_is_tried_again_after_the_cooldown() {
    let setting = Setting::new().await;
    assert!(setting.find_old().await);
    setting.fail(500, &[]);
    setting.hands.pass(600.0);
    for (seconds, requests) in [(0.0, 2), (29.0, 2), (1.0, 3), (29.0, 3), (1.0, 4)] {
        setting.hands.pass(seconds);
        assert!(setting.find_old().await);
        setting.settle().await;
        setting.server.was_asked(requests);
    }
}

#[tokio::test]
async fn an_unknown_key_makes_one_fetch_and_none_for_half_a_minute() {
    let setting = Setting::new().await;
    assert!(setting.find_old().await);
    setting.publish_both();
    assert!(
        !setting.find(next()).await.unwrap(),
        "within the cooldown of the first fetch"
    );
    setting.server.was_asked(1);
    setting.hands.pass(30.0);
    let found = tokio::join!(
        setting.find(next()),
        setting.find(next()),
        setting.find("nobody")
    );
    assert!(found.0.unwrap() && found.1.unwrap() && !found.2.unwrap());
    for attempt in 0..100 {
        assert!(!setting.find(&format!("forged {attempt}")).await.unwrap());
    }
    setting.server.was_asked(2);
    setting.hands.pass(30.0);
    assert!(!setting.find("nobody").await.unwrap());
    setting.server.was_asked(3);
}

#[tokio::test]
async fn an_unknown_key_that_cannot_be_fetched_leaves_it_open_whose_fault_it_is() {
    let setting = Setting::new().await;
    assert!(setting.find_old().await);
    setting.fail(500, &[]);
    setting.hands.pass(30.0);
    refused(setting.find(next()).await, Code::KeysUnavailable);
    refused(setting.find(next()).await, Code::KeysUnavailable);
    setting.server.was_asked(2);
    assert!(setting.find_old().await, "known keys keep working");
    setting.publish_both();
    setting.hands.pass(30.0);
    assert!(setting.find(next()).await.unwrap());
}

#[tokio::test]
async fn a_clock_that_is_set_back_counts_as_passed() {
    let setting = Setting::new().await;
    assert!(setting.find_old().await);
    setting.hands.pass(-DAY);
    assert!(setting.find_old().await);
    setting.settle().await;
    setting.server.was_asked(2);
}

#[tokio::test]
async fn retry_after_is_heeded_for_a_minute_at_most() {
    let long = [
        ("0050", 50.0),
        ("20", 20.0),
        ("86400", 60.0),
        ("99999999999999999999", 60.0),
    ];
    let other = [
        ("soon", 1.0),
        ("-5", 1.0),
        ("+5", 1.0),
        ("1.5", 1.0),
        ("0", 0.0),
    ];
    for (value, wait) in long.into_iter().chain(other) {
        let setting = Setting::new().await;
        setting.fail(429, &[("retry-after", value)]);
        refused(setting.find("any").await, Code::KeysUnavailable);
        setting.publish_both();
        if wait > 0.0 {
            setting.hands.pass(wait - 0.5);
            refused(setting.find("any").await, Code::KeysUnavailable);
            setting.server.was_asked(1);
            setting.hands.pass(0.5);
        }
        assert!(setting.find_old().await, "{value}");
    }
}

#[tokio::test]
async fn retry_after_is_heeded_also_while_there_are_keys() {
    let setting = Setting::new().await;
    assert!(setting.find_old().await);
    setting.fail(503, &[("retry-after", "50")]);
    setting.hands.pass(600.0);
    assert!(setting.find_old().await);
    setting.settle().await;
    setting.publish_both();
    setting.hands.pass(49.0);
    assert!(setting.find_old().await);
    refused(setting.find(next()).await, Code::KeysUnavailable);
    setting.server.was_asked(2);
    setting.hands.pass(1.0);
    assert!(setting.find(next()).await.unwrap());
    setting.server.was_asked(3);
}

#[tokio::test]
async fn a_hook_that_panics_harms_nobody() {
    let server = KeyServer::new(Answer::Bytes(response(500, &[], ""))).await;
    let keys = RemoteKeySet::new(&server.url())
        .unwrap()
        .on_error(|_| panic!("a hook's own fault, printed by this test on purpose"));
    refused(keys.find("any").await, Code::KeysUnavailable);
    refused(keys.find("any").await, Code::KeysUnavailable);
}

//! Floods: what one client may send to one process (D14).
//!
//! The limiter has the system's clock, so nothing here depends on how many requests pass exactly, only on whether a
//! client still had its burst or not.

use ginnel::config::Config;

use crate::support::{Call, TestApp, stories};

stories!(
    a_flood_is_told_when_to_come_back,
    clients_do_not_share_their_burst,
    an_ipv6_network_is_one_client,
    only_a_trusted_proxy_names_its_clients,
    a_burst_of_zero_is_no_limit,
    a_gateway_asks_as_often_as_its_visitors,
);

const BURST: u32 = 20;

fn limited(app: &TestApp) -> TestApp {
    app.configured(limit)
}

fn limit(config: &mut Config) {
    config.flood_burst = BURST;
    config.flood_requests_per_second = 1;
}

fn probe(app: &TestApp) -> Call {
    app.call("GET", "/healthz")
}

/// How many requests pass until one is refused; at most ten bursts are tried.
async fn passing(call: Call) -> u32 {
    for passed in 0..10 * BURST {
        if call.clone().await.status == 429 {
            return passed;
        }
    }
    10 * BURST
}

async fn a_flood_is_told_when_to_come_back(app: TestApp) {
    let app = limited(&app);
    let passed = passing(app.anonymous().get("")).await;
    assert!((BURST..10 * BURST).contains(&passed), "{passed}");
    let mut call = app.anonymous().get("/currentuser").await;
    while call.status != 429 {
        call = app.anonymous().get("/currentuser").await;
    }
    call.assert_refused(429, "rate_limited", "");
    let seconds: u32 = call.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
    // A page can read it.
    assert_eq!(call.header("access-control-allow-origin"), Some("*"));
    let exposed = call.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("retry-after"));
}

async fn clients_do_not_share_their_burst(app: TestApp) {
    let app = limited(&app);
    passing(probe(&app).from("192.0.2.1")).await;
    assert!(passing(probe(&app).from("192.0.2.2")).await >= BURST);
    assert!(passing(probe(&app).from("192.0.2.1")).await < BURST);
    // The same client by its IPv4-mapped address.
    assert!(passing(probe(&app).from("::ffff:192.0.2.1")).await < BURST);
}

async fn an_ipv6_network_is_one_client(app: TestApp) {
    let app = limited(&app);
    passing(probe(&app).from("2001:db8:0:1::1")).await;
    assert!(passing(probe(&app).from("2001:db8:0:1:ffff::2")).await < BURST);
    assert!(passing(probe(&app).from("2001:db8:0:2::1")).await >= BURST);
}

async fn only_a_trusted_proxy_names_its_clients(app: TestApp) {
    let app = app.configured(|config| {
        limit(config);
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    });
    let by_proxy = |client: &str| {
        probe(&app)
            .from("10.1.2.3")
            .header("x-forwarded-for", client)
    };
    passing(by_proxy("192.0.2.1")).await;
    assert!(passing(by_proxy("192.0.2.2")).await >= BURST);
    // What stands further left came from the client itself, and may be invented.
    assert!(passing(by_proxy("192.0.2.9, 192.0.2.1")).await < BURST);
    // Two trusted proxies in a row.
    assert!(passing(by_proxy("192.0.2.1, 10.9.9.9")).await < BURST);
    // Anybody else may say what they like: it is their own address that counts.
    let invented = |client: &str| {
        probe(&app)
            .from("198.51.100.7")
            .header("x-forwarded-for", client)
    };
    passing(invented("192.0.2.50")).await;
    assert!(passing(invented("192.0.2.51")).await < BURST);
}

async fn a_burst_of_zero_is_no_limit(app: TestApp) {
    let app = app.configured(|config| config.flood_burst = 0);
    assert_eq!(passing(probe(&app)).await, 10 * BURST);
}

async fn a_gateway_asks_as_often_as_its_visitors(app: TestApp) {
    let ada = app.user("ada").await;
    let app = limited(&app);
    let path = format!("/auth/v1/apps/{}/verify", app.id);
    let by_gateway = || app.call("GET", &path).from("192.0.2.1");
    assert_eq!(passing(by_gateway()).await, 10 * BURST);
    // Whatever its visitors send.
    assert_eq!(passing(by_gateway().bearer("x")).await, 10 * BURST);
    assert_eq!(
        passing(by_gateway().bearer(ada.auth_token())).await,
        10 * BURST
    );
    // An app that must be looked for counts, like everything else from there.
    let unknown = "/auth/v1/apps/TrWSUbDDTPCKTQDtLA9MO8Ee/verify";
    assert!(passing(app.call("GET", unknown).from("192.0.2.1")).await < 2 * BURST);
    assert!(passing(probe(&app).from("192.0.2.1")).await < BURST);
    assert_eq!(by_gateway().bearer(ada.auth_token()).await.status, 204);
}

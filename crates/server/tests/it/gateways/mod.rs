//! Real gateways in front of a site: nginx and Caddy, as `docs/gateways.md` and `examples/gateway-nginx` configure them.

mod gateway;
mod site;

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ginnel::http::listener;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::support::{ORIGIN, TestApp, stories};
use gateway::{Gateway, Kind, Request};

stories!(
    nginx_of_the_guide_guards_a_site,
    caddy_of_the_guide_guards_a_site,
    nginx_of_the_example_guards_its_site,
    caddy_of_the_example_guards_its_site,
    nginx_of_the_guide_passes_on_bodies_and_sockets,
    caddy_of_the_guide_passes_on_bodies_and_sockets,
    nobody_gets_through_while_ginnel_is_away,
);

async fn nginx_of_the_guide_guards_a_site(app: TestApp) {
    guards_a_site(&app, Kind::GuideNginx).await;
}

async fn caddy_of_the_guide_guards_a_site(app: TestApp) {
    guards_a_site(&app, Kind::GuideCaddy).await;
}

async fn nginx_of_the_example_guards_its_site(app: TestApp) {
    guards_a_site(&app, Kind::ExampleNginx).await;
}

async fn caddy_of_the_example_guards_its_site(app: TestApp) {
    guards_a_site(&app, Kind::ExampleCaddy).await;
}

async fn nginx_of_the_guide_passes_on_bodies_and_sockets(app: TestApp) {
    passes_on_bodies_and_sockets(&app, Kind::GuideNginx).await;
}

async fn caddy_of_the_guide_passes_on_bodies_and_sockets(app: TestApp) {
    passes_on_bodies_and_sockets(&app, Kind::GuideCaddy).await;
}

/// The product on a port, as gateways reach it.
struct Ginnel {
    address: SocketAddr,
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Ginnel {
    async fn serve(app: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (stop, stopped) = watch::channel(());
        Ginnel {
            address: listener.local_addr().unwrap(),
            task: tokio::spawn(listener::answer(listener, app.router.clone(), stopped)),
            stop,
        }
    }

    async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }
}

/// A server that is not Ginnel and gives every request the same answer.
struct Imposter {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Imposter {
    fn start(address: SocketAddr, answer: &'static str) -> Self {
        // Another program's connection may have the port for a moment.
        let mut tries = 0;
        let listener = loop {
            match std::net::TcpListener::bind(address) {
                Ok(listener) => break listener,
                Err(error) if tries == 100 => panic!("{address}: {error}"),
                Err(_) => tries += 1,
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        };
        let ends = Arc::new(AtomicBool::new(false));
        let ending = ends.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ending.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                    head.push(byte[0]);
                }
                let text = format!("HTTP/1.1 {answer}Connection: close\r\n\r\n");
                let body = if answer.contains("Content-Length") {
                    "ok"
                } else {
                    ""
                };
                let _ = stream.write_all((text + body).as_bytes());
            }
        });
        Imposter {
            address,
            ends,
            thread,
        }
    }

    fn stop(self) {
        self.ends.store(true, Ordering::SeqCst);
        drop(std::net::TcpStream::connect(self.address));
        self.thread.join().unwrap();
    }
}

/// Ways to write the guarded page that a site might read as that page, and a gateway as another.
const SPELLINGS: [&str; 10] = [
    "/dashboard",
    "/dashboard/",
    "//dashboard",
    "/./dashboard",
    "/public/../dashboard",
    "/public/..%2fdashboard",
    "/public/%2e%2e/dashboard",
    "/%64ashboard",
    "/dashboard?x=/public/",
    "/unauthorized/../dashboard",
];

async fn guards_a_site(app: &TestApp, kind: Kind) {
    let ginnel = Ginnel::serve(app).await;
    let Some(gateway) = Gateway::start(kind, ginnel.address, app) else {
        return;
    };
    let ada = app.user("ada").await;
    let bob = app.user("bob").await;
    let cookie = format!("psg_auth_token={}", ada.auth_token());
    let me = || Request::get("/api/me");

    // Nobody: a page leads to the sign-in and back, a call is told.
    let answer = gateway.send(&Request::get("/dashboard?a=1&b=2%26"));
    assert_eq!(answer.status, 302, "{}", answer.text);
    let back = "/unauthorized?return=%2Fdashboard%3Fa%3D1%26b%3D2%2526&reason=token_missing";
    assert_eq!(answer.header("location"), Some(back));
    let answer = gateway.send(&me());
    assert_eq!(answer.status, 401, "{}", answer.text);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert!(answer.text.contains("token_missing"), "{}", answer.text);

    // Somebody: by cookie and by header. What they claim to be beside it is nothing.
    for request in [
        me().header("Cookie", &cookie),
        me().bearer(ada.auth_token()),
        me().bearer(ada.auth_token())
            .header("Ginnel-User-ID", &bob.id),
        me().bearer(ada.auth_token())
            .header("ginnel_user_id", &bob.id),
        me().bearer(ada.auth_token())
            .header("X-Forwarded-Uri", "/public/x"),
        me().bearer(ada.auth_token()).header("Origin", ORIGIN),
        Request::get("/dashboard").header("Cookie", &cookie),
    ] {
        let answer = gateway.send(&request);
        assert_eq!(answer.status, 200, "{request:?}: {}", answer.text);
        assert!(answer.text.contains(&ada.id), "{}", answer.text);
        assert!(!answer.text.contains(&bob.id), "{}", answer.text);
    }

    // A name that a visitor gives, wherever.
    for path in [
        "/",
        "/public/x",
        "/unauthorized",
        "/nowhere",
        "/api/me",
        "/dashboard",
    ] {
        for name in [
            "Ginnel-User-ID",
            "GINNEL-USER-ID",
            "Ginnel_User_ID",
            "Ginnel-Session-ID",
        ] {
            let answer = gateway.send(&Request::get(path).header(name, &bob.id));
            assert!(!answer.text.contains(&bob.id), "{path}: {}", answer.text);
        }
    }
    for path in SPELLINGS {
        for method in ["GET", "HEAD", "POST", "PUT", "OPTIONS", "PROPFIND"] {
            let answer = gateway.send(&Request::new(method, path));
            assert!(
                !gateway.shows_guarded(&answer),
                "{method} {path}: {}",
                answer.text
            );
        }
    }
    // The gateway's own question is no address of the site.
    for path in ["/ginnel", "/unavailable"] {
        assert_ne!(gateway.send(&Request::get(path)).status, 204, "{path}");
    }

    // A page elsewhere, a token that is none, a session that has ended.
    let foreign = me()
        .header("Cookie", &cookie)
        .header("Origin", "https://evil.example");
    assert_eq!(gateway.send(&foreign).status, 403);
    let answer = gateway.send(&me().bearer("x.y.z").header("Cookie", &cookie));
    assert_eq!(answer.status, 401);
    let challenge = answer.header("www-authenticate");
    assert_eq!(challenge, Some(r#"Bearer error="invalid_token""#));
    let path = format!("/tokens?refresh_token={}", ada.refresh_token());
    assert_eq!(ada.page.call("DELETE", &path).await.status, 200);
    assert_eq!(gateway.send(&me().header("Cookie", &cookie)).status, 401);
    assert_eq!(gateway.send(&me().bearer(bob.auth_token())).status, 200);
    app.advance(60 * 60);
    assert_eq!(gateway.send(&me().bearer(bob.auth_token())).status, 401);
    drop(gateway);
    ginnel.stop().await;
}

async fn passes_on_bodies_and_sockets(app: &TestApp, kind: Kind) {
    let ginnel = Ginnel::serve(app).await;
    let Some(gateway) = Gateway::start(kind, ginnel.address, app) else {
        return;
    };
    let ada = app.user("ada").await;
    let token = ada.auth_token();
    let body = "0123456789".repeat(20_000);
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let answer = gateway.send(&Request::new(method, "/form").bearer(token).body(&body));
        assert_eq!(answer.status, 200, "{method}");
        assert!(answer.text.contains(&format!("{method} /form ")));
        assert!(answer.text.contains(&ada.id));
        assert!(answer.text.ends_with(&body), "{method}");
    }
    let marks = Request::new("POST", "/form").chunked(&"#".repeat(200_000));
    let answer = gateway.send(&marks.bearer(token));
    assert_eq!(
        (answer.status, answer.text.matches('#').count()),
        (200, 200_000)
    );
    // What the site learns, each once.
    let answer = gateway.send(&Request::get("/").bearer(token));
    assert!(!answer.text.contains("Ginnel-"), "{}", answer.text);
    let answer = gateway.send(&Request::get("/x").bearer(token));
    let told = answer.text.to_ascii_lowercase();
    for name in [
        "ginnel-user-id: ",
        "ginnel-session-id: ",
        "ginnel-auth-time: 1700000000",
    ] {
        assert_eq!(told.matches(name).count(), 1, "{}", answer.text);
    }
    // A socket opens for whoever is signed in, and for pages of the site alone.
    let socket = || {
        Request::get("/socket")
            .header("Upgrade", "websocket")
            .header("Connection", "Upgrade")
            .header("Origin", ORIGIN)
    };
    let echoed = gateway.echo(&socket().bearer(token), "hello");
    assert_eq!(echoed.as_deref(), Ok("hello"));
    assert_eq!(gateway.echo(&socket(), ""), Err(302));
    let foreign = socket()
        .bearer(token)
        .header("Origin", "https://evil.example");
    assert_eq!(gateway.echo(&foreign, ""), Err(403));
    drop(gateway);
    ginnel.stop().await;
}

async fn nobody_gets_through_while_ginnel_is_away(app: TestApp) {
    let ada = app.user("ada").await;
    for kind in [
        Kind::GuideNginx,
        Kind::GuideCaddy,
        Kind::ExampleNginx,
        Kind::ExampleCaddy,
    ] {
        let ginnel = Ginnel::serve(&app).await;
        let address = ginnel.address;
        let Some(gateway) = Gateway::start(kind, address, &app) else {
            continue;
        };
        let me = Request::get("/api/me").bearer(ada.auth_token());
        let page = Request::get("/dashboard").bearer(ada.auth_token());
        assert_eq!(gateway.send(&me).status, 200);
        ginnel.stop().await;
        for request in [&me, &page, &Request::get("/dashboard")] {
            let answer = gateway.send(request);
            assert_eq!(answer.status, 503, "{kind:?}: {}", answer.text);
            assert!(!gateway.shows_guarded(&answer));
        }
        // Something else stands there and says yes to everything.
        for yes in [
            "204 No Content\r\n",
            "200 OK\r\nContent-Length: 2\r\n",
            "204 No Content\r\nGinnel-User-ID: \r\n",
            "204 No Content\r\nGinnel-User-ID: everybody\r\n",
        ] {
            let imposter = Imposter::start(address, yes);
            for request in [&me, &page] {
                let answer = gateway.send(request);
                assert_eq!(answer.status, 503, "{kind:?} {yes}: {}", answer.text);
                assert!(!gateway.shows_guarded(&answer));
            }
            imposter.stop();
        }
        // Something takes the connection and says nothing.
        let silent = std::net::TcpListener::bind(address).unwrap();
        let answer = gateway.send(&me);
        assert_eq!(answer.status, 503, "{kind:?}: {}", answer.text);
        drop(silent);
        // An app that is not there, or a name that is not Ginnel's: no 2xx, so nobody.
        drop(gateway);
        let ginnel = Ginnel::serve(&app).await;
        let unknown = app.about(&"TrWSUbDDTPCKTQDtLA9MO8Ee".parse().unwrap());
        let gateway = Gateway::start(kind, ginnel.address, &unknown).unwrap();
        let answer = gateway.send(&me);
        assert!(answer.status >= 400, "{kind:?}: {}", answer.status);
        assert!(!gateway.shows_guarded(&answer));
        drop(gateway);
        ginnel.stop().await;
    }
}

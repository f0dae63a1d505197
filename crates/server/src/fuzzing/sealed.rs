//! What goes to a browser and comes back: ceremonies under way, and auth tokens.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde_json::{Map, Value as Json};
use tokio::runtime::Runtime;

use crate::app::App;
use crate::config::Config;
use crate::domain::apps::{self, LoadedApp, NewApp};
use crate::domain::ceremonies::{Ceremony, Purpose};
use crate::domain::keys::{Algorithm, RsaKeys};
use crate::domain::tokens::{self, Claims};
use crate::error::Code;
use crate::ids::{SessionId, UserId};
use crate::random::Random;
use crate::secrets::Secrets;
use crate::store::Store;
use crate::time::{Clock, Timestamp};

/// The moment at which everything happens.
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A server with two apps, on a database in a folder that is gone at once: it is never asked again.
struct Server {
    app: App,
    loaded: Arc<LoadedApp>,
    other: Arc<LoadedApp>,
    ceremony: Ceremony,
    sealed_id: String,
    claims: Claims,
    token: String,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start().expect("a server starts"));

/// What runs the few things that wait.
pub(super) fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("the system has one")
    });
    &RUNTIME
}

impl Server {
    fn start() -> crate::Result<Self> {
        let folder = std::env::temp_dir().join(format!("ginnel-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        let store = Store::open_sqlite(&folder.join("fuzz.db"), 1, NOW.as_millis())?;
        let app = App::new(
            Config::default(),
            store,
            Secrets::new(&[7; 32]),
            Clock::fixed(NOW),
            Random::seeded(0),
            RsaKeys::fixed(),
        );
        let load = |origin| {
            let new = NewApp::parse("App", origin, "/")?.algorithm(Algorithm::EdDsa);
            let record = apps::create(&app, new)?;
            runtime().block_on(apps::load(&app, &record.id))
        };
        let (loaded, other) = (
            load("http://localhost:8080")?,
            load("http://localhost:8080")?,
        );
        std::fs::remove_dir_all(&folder).expect("the folder can be removed");
        let ceremony = Ceremony::begin(&app, "localhost", Purpose::SignIn { user_id: None });
        let claims = Claims {
            aud: [loaded.auth_origin.to_string(), loaded.id.to_string()],
            iss: loaded.issuer.clone(),
            sub: UserId::draw(&app.random, NOW),
            iat: NOW.as_seconds(),
            nbf: NOW.as_seconds() - 5,
            exp: NOW.as_seconds() + 3600,
            sid: SessionId::draw(&app.random, NOW),
            amr: vec!["otp".to_owned()],
            auth_time: NOW.as_seconds(),
            metadata: Map::new(),
        };
        Ok(Server {
            sealed_id: ceremony.seal(&app, &loaded.id)?,
            token: loaded.keys.sign(&claims)?,
            app,
            loaded,
            other,
            ceremony,
            claims,
        })
    }
}

/// Changes a text as the data say, three bytes a change: what, where, to what. Data that begin with 255 are a text of their own.
fn edited(text: &str, data: &[u8]) -> Option<String> {
    if let Some(own) = data.strip_prefix(b"\xff") {
        return super::text(own).map(str::to_owned);
    }
    let mut bytes = text.as_bytes().to_vec();
    for change in data.chunks_exact(3) {
        let at = usize::from(change[1]) * bytes.len() / 256;
        match change[0] % 4 {
            0 if at < bytes.len() => bytes[at] = change[2] & 0x7f,
            1 => bytes.insert(at, change[2] & 0x7f),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    String::from_utf8(bytes).ok()
}

/// Ids of ceremonies: nothing opens but what was sealed, and for its app and its time only.
pub fn sealed_ids(data: &[u8]) {
    let server = &*SERVER;
    let Some(text) = edited(&server.sealed_id, data) else {
        return;
    };
    let open = |app_id| Ceremony::open(&server.app, app_id, &text, Code::WebauthnLoginFailed);
    let opened = open(&server.loaded.id).ok();
    assert_eq!(opened.is_some(), text == server.sealed_id);
    assert!(opened.is_none_or(|opened| opened == server.ceremony));
    assert!(open(&server.other.id).is_err());
}

/// Auth tokens: nothing is verified but what was signed, for its app and its time only. Claims that are no token's, signed by
/// the app's own key, say whose they are all the same.
pub fn tokens(data: &[u8]) {
    let server = &*SERVER;
    if let Some(text) = edited(&server.token, data) {
        let verified = tokens::verify(&server.loaded, &text, NOW);
        assert_eq!(verified.is_some(), text == server.token);
        assert!(verified.is_none_or(|claims| claims.sid == server.claims.sid));
        assert!(tokens::verify(&server.other, &text, NOW).is_none());
        let late = NOW.plus(Duration::from_secs(3600));
        assert!(tokens::verify(&server.loaded, &text, late).is_none());
    }
    if let Ok(json) = serde_json::from_slice::<Json>(data) {
        let signed = server.loaded.keys.sign(&json).expect("JSON can be signed");
        if let Some(claims) = tokens::verify(&server.loaded, &signed, NOW) {
            assert_eq!(json["iss"], server.loaded.issuer);
            assert_eq!(json["aud"][1], server.loaded.id.as_str());
            assert!(claims.nbf <= NOW.as_seconds() && NOW.as_seconds() < claims.exp);
        }
    }
}

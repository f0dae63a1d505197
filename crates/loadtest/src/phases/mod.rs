//! What is measured: one phase for each kind of operation, and the client that repeats it.

mod ceremonies;
mod measure;
mod seed;

use std::rc::Rc;

use anyhow::Result;
use clap::ValueEnum;

pub use measure::{Load, Measured};
pub use seed::seed;

use crate::app::{ORIGIN, TestedApp};
use crate::http::{Connection, Request};
use ceremonies::Tokens;

/// A kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Phase {
    LoginRs256,
    LoginEs256,
    Registration,
    RefreshRs256,
    RefreshEs256,
    Jwks,
    CurrentUser,
}

/// The apps that the operations are done with.
pub struct Apps {
    pub rs256: Rc<TestedApp>,
    pub es256: Rc<TestedApp>,
}

impl Phase {
    /// Every phase, in the order in which they run.
    pub const ALL: [Phase; 7] = [
        Phase::LoginRs256,
        Phase::LoginEs256,
        Phase::Registration,
        Phase::RefreshRs256,
        Phase::RefreshEs256,
        Phase::Jwks,
        Phase::CurrentUser,
    ];

    /// How the figures' names begin.
    pub fn name(self) -> &'static str {
        match self {
            Phase::LoginRs256 => "login_rs256",
            Phase::LoginEs256 => "login_es256",
            Phase::Registration => "registration",
            Phase::RefreshRs256 => "refresh_rs256",
            Phase::RefreshEs256 => "refresh_es256",
            Phase::Jwks => "jwks",
            Phase::CurrentUser => "current_user",
        }
    }

    /// Operations a second that the project wants at least.
    pub fn target(self) -> Option<f64> {
        match self {
            Phase::LoginRs256 => Some(1_000.0),
            Phase::LoginEs256 => Some(1_500.0),
            Phase::Registration => Some(4_000.0),
            Phase::RefreshRs256 => Some(2_000.0),
            Phase::RefreshEs256 => Some(5_000.0),
            Phase::Jwks => Some(50_000.0),
            Phase::CurrentUser => None,
        }
    }

    fn app(self, apps: &Apps) -> &Rc<TestedApp> {
        match self {
            Phase::LoginRs256 | Phase::RefreshRs256 => &apps.rs256,
            _ => &apps.es256,
        }
    }

    /// Measures the phase.
    pub async fn run(self, load: &Load, apps: &Apps) -> Result<Measured> {
        let app = self.app(apps);
        let mut clients = Vec::with_capacity(load.concurrency);
        for _ in 0..load.concurrency {
            clients.push(Client::new(self, load, app).await?);
        }
        load.measure(clients).await
    }
}

/// One simulated browser: a connection, and a session where the operation needs one.
struct Client {
    phase: Phase,
    connection: Connection,
    app: Rc<TestedApp>,
    /// How many users there were when the phase began; those are complete.
    users: u64,
    session: Option<Tokens>,
}

impl Client {
    async fn new(phase: Phase, load: &Load, app: &Rc<TestedApp>) -> Result<Self> {
        let mut connection = Connection::open(load.address).await?;
        let users = app.users();
        let session = match phase {
            Phase::RefreshRs256 | Phase::RefreshEs256 | Phase::CurrentUser => {
                Some(ceremonies::login(&mut connection, app, app.any_user(users)).await?)
            }
            _ => None,
        };
        Ok(Client {
            phase,
            connection,
            app: Rc::clone(app),
            users,
            session,
        })
    }
}

impl measure::Operate for Client {
    async fn operate(&mut self) -> Result<()> {
        let (connection, app) = (&mut self.connection, &*self.app);
        match self.phase {
            Phase::LoginRs256 | Phase::LoginEs256 => {
                ceremonies::login(connection, app, app.any_user(self.users)).await?;
            }
            Phase::Registration => {
                ceremonies::register(connection, app, app.next_user()).await?;
            }
            Phase::RefreshRs256 | Phase::RefreshEs256 => {
                let session = self.session.as_mut().expect("signed in by `new`");
                *session = ceremonies::refresh(connection, app, &session.refresh_token).await?;
            }
            Phase::Jwks => {
                get(connection, &app.paths.jwks, None).await?;
            }
            Phase::CurrentUser => {
                let session = self.session.as_ref().expect("signed in by `new`");
                get(
                    connection,
                    &app.paths.current_user,
                    Some(&session.auth_token),
                )
                .await?;
            }
        }
        Ok(())
    }
}

async fn get(connection: &mut Connection, path: &str, token: Option<&str>) -> Result<()> {
    let request = Request {
        method: "GET",
        path,
        origin: Some(ORIGIN),
        token,
        ..Request::default()
    };
    connection.send(&request).await?.expect(200)?;
    Ok(())
}

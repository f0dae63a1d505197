//! What is measured: one phase for each kind of operation, and the client that repeats it.

pub mod ceremonies;
pub mod links;
mod measure;
mod outage;
mod seed;
mod supply;

use std::rc::Rc;

use anyhow::Result;
use clap::ValueEnum;

pub use measure::{Load, Measured};
pub use outage::{Outage, survive_outage};
pub use seed::seed;
pub use supply::Mails;

use crate::app::{ORIGIN, TestedApp};
use crate::http::{Connection, Request};
use crate::mail::Sink;
use ceremonies::Tokens;
use supply::Use;

/// Links that are made ready for each second in which their use is measured; a server that uses more ends the window
/// earlier. Their mails take longer than their use.
const LINKS_PER_SECOND: u64 = 2_500;

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
    VerifyRs256,
    VerifyEs256,
    LinkRequest,
    LinkRs256,
    LinkEs256,
    CodeEs256,
}

/// The apps that the operations are done with.
pub struct Apps {
    pub rs256: Rc<TestedApp>,
    pub es256: Rc<TestedApp>,
}

impl Phase {
    /// Every phase, in the order in which they run.
    ///
    /// Links come last: the first one that a user opens proves the address, and takes the passkey away that was there before.
    pub const ALL: [Phase; 13] = [
        Phase::LoginRs256,
        Phase::LoginEs256,
        Phase::Registration,
        Phase::RefreshRs256,
        Phase::RefreshEs256,
        Phase::Jwks,
        Phase::CurrentUser,
        Phase::VerifyRs256,
        Phase::VerifyEs256,
        Phase::LinkRequest,
        Phase::LinkRs256,
        Phase::LinkEs256,
        Phase::CodeEs256,
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
            Phase::VerifyRs256 => "verify_rs256",
            Phase::VerifyEs256 => "verify_es256",
            Phase::LinkRequest => "link_request",
            Phase::LinkRs256 => "link_rs256",
            Phase::LinkEs256 => "link_es256",
            Phase::CodeEs256 => "code_es256",
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
            Phase::CurrentUser
            | Phase::VerifyRs256
            | Phase::VerifyEs256
            | Phase::LinkRequest
            | Phase::LinkRs256
            | Phase::LinkEs256
            | Phase::CodeEs256 => None,
        }
    }

    fn app(self, apps: &Apps) -> &Rc<TestedApp> {
        match self {
            Phase::LoginRs256 | Phase::RefreshRs256 | Phase::VerifyRs256 | Phase::LinkRs256 => {
                &apps.rs256
            }
            _ => &apps.es256,
        }
    }

    /// Measures the phase; with it, how mails left if it caused any.
    pub async fn run(
        self,
        load: &Load,
        apps: &Apps,
        sink: &Sink,
    ) -> Result<(Measured, Option<Mails>)> {
        let app = self.app(apps);
        let seconds = (load.warm_up + load.window).as_secs_f64().ceil() as u64;
        let links = seconds * LINKS_PER_SECOND;
        let measured = match self {
            Phase::LoginRs256 | Phase::LoginEs256 => repeat(Operation::Login, load, app).await?,
            Phase::Registration => repeat(Operation::Registration, load, app).await?,
            Phase::RefreshRs256 | Phase::RefreshEs256 => {
                repeat(Operation::Refresh, load, app).await?
            }
            Phase::Jwks => repeat(Operation::Jwks, load, app).await?,
            Phase::CurrentUser => repeat(Operation::CurrentUser, load, app).await?,
            Phase::VerifyRs256 | Phase::VerifyEs256 => repeat(Operation::Verify, load, app).await?,
            Phase::LinkRequest => {
                let (measured, mails) = supply::measure_asking(load, sink, app).await?;
                return Ok((measured, Some(mails)));
            }
            Phase::LinkRs256 | Phase::LinkEs256 => {
                supply::measure_using(load, sink, app, Use::Open, links).await?
            }
            Phase::CodeEs256 => {
                supply::measure_using(load, sink, app, Use::TypeCode, links).await?
            }
        };
        Ok((measured, None))
    }
}

async fn repeat(operation: Operation, load: &Load, app: &Rc<TestedApp>) -> Result<Measured> {
    let mut clients = Vec::with_capacity(load.concurrency);
    for connection in load.connect().await? {
        clients.push(Client::new(operation, connection, app).await?);
    }
    load.measure(clients).await
}

/// What a browser can do again and again by itself.
#[derive(Clone, Copy)]
enum Operation {
    Login,
    Registration,
    Refresh,
    Jwks,
    CurrentUser,
    Verify,
}

/// One simulated browser: a connection, and a session where the operation needs one.
struct Client {
    operation: Operation,
    connection: Connection,
    app: Rc<TestedApp>,
    /// How many users there were when the phase began; those are complete.
    users: u64,
    session: Option<Tokens>,
}

impl Client {
    async fn new(
        operation: Operation,
        mut connection: Connection,
        app: &Rc<TestedApp>,
    ) -> Result<Self> {
        let users = app.users();
        let session = match operation {
            Operation::Refresh | Operation::CurrentUser | Operation::Verify => {
                Some(ceremonies::login(&mut connection, app, app.any_user(users)).await?)
            }
            Operation::Login | Operation::Registration | Operation::Jwks => None,
        };
        Ok(Client {
            operation,
            connection,
            app: Rc::clone(app),
            users,
            session,
        })
    }
}

impl measure::Operate for Client {
    async fn operate(&mut self) -> Result<bool> {
        let (connection, app) = (&mut self.connection, &*self.app);
        match self.operation {
            Operation::Login => {
                ceremonies::login(connection, app, app.any_user(self.users)).await?;
            }
            Operation::Registration => {
                ceremonies::register(connection, app, app.next_user()).await?;
            }
            Operation::Refresh => {
                let session = self.session.as_mut().expect("signed in by `new`");
                *session = ceremonies::refresh(connection, app, &session.refresh_token).await?;
            }
            Operation::Jwks => {
                get(connection, &app.paths.jwks, None, 200).await?;
            }
            Operation::CurrentUser => {
                let session = self.session.as_ref().expect("signed in by `new`");
                get(
                    connection,
                    &app.paths.current_user,
                    Some(&session.auth_token),
                    200,
                )
                .await?;
            }
            Operation::Verify => {
                let session = self.session.as_ref().expect("signed in by `new`");
                get(
                    connection,
                    &app.paths.verify,
                    Some(&session.auth_token),
                    204,
                )
                .await?;
            }
        }
        Ok(true)
    }
}

async fn get(
    connection: &mut Connection,
    path: &str,
    token: Option<&str>,
    status: u16,
) -> Result<()> {
    let request = Request {
        method: "GET",
        path,
        origin: Some(ORIGIN),
        token,
        ..Request::default()
    };
    connection.send(&request).await?.expect(status)?;
    Ok(())
}

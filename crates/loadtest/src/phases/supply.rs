//! Links asked for, the mails in which they come, and their use.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail};

use super::links;
use super::measure::{Load, Measured, Operate};
use crate::app::TestedApp;
use crate::http::Connection;
use crate::machine;
use crate::mail::{Mail, Secrets, Sink};

/// People who sign in by link, at most. Each can have one code at a time, and any number of links.
const PEOPLE: u64 = 10_000;

/// Prime, so that steps of it come by everybody before they come by anybody again.
const STEP: u64 = 1_000_003;

/// How long no mail may come while some are missing.
const PATIENCE: Duration = Duration::from_secs(30);

/// A link that was not used yet.
struct Unused {
    address: String,
    id: String,
    secrets: Secrets,
}

/// How a link is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is opened where it was asked for.
    Open,
    /// The code beside it is typed.
    TypeCode,
}

/// How mails left while links were asked for, and after.
#[derive(Debug)]
pub struct Mails {
    /// Delivered a second while the server was asked for as many links as it could take.
    pub per_second_under_load: f64,
    /// Waiting when the last link had been asked for.
    pub waiting: u64,
    /// Delivered a second after that.
    pub per_second: f64,
    /// CPU time of the server for each of those, microseconds.
    pub cpu_us: f64,
}

/// Measures asking for links, and how the mails leave.
pub async fn measure_asking(
    load: &Load,
    sink: &Sink,
    app: &Rc<TestedApp>,
) -> Result<(Measured, Mails)> {
    sink.take();
    let orders = Orders::new(app.users(), u64::MAX);
    let begin = machine::now();
    let measured = load.measure(orders.clients(load, app).await?).await?;
    let (asked, early) = (orders.placed.get(), sink.count());
    let per_second_under_load = early as f64 / begin.elapsed().as_secs_f64();
    let (begin, cpu) = (machine::now(), machine::cpu_time(load.pid)?);
    await_mails(sink, asked).await?;
    let (seconds, cpu) = (begin.elapsed(), machine::cpu_time(load.pid)? - cpu);
    let waiting = asked - early as u64;
    let mails = Mails {
        per_second_under_load,
        waiting,
        per_second: waiting as f64 / seconds.as_secs_f64(),
        cpu_us: cpu.as_secs_f64() * 1_000_000.0 / waiting.max(1) as f64,
    };
    Ok((measured, mails))
}

/// Measures using links, or the codes beside them, of people who own their address already. At most `count` are used,
/// and of codes one for each of these people.
pub async fn measure_using(
    load: &Load,
    sink: &Sink,
    app: &Rc<TestedApp>,
    how: Use,
    count: u64,
) -> Result<Measured> {
    let people = app.users().min(PEOPLE);
    if app.proven.get() < people {
        eprintln!("  {people} addresses are proven …");
        let links = order(load, sink, app, people, people).await?;
        load.exhaust(users(load, app, Use::Open, links).await?)
            .await?;
        app.proven.set(people);
    }
    let count = match how {
        Use::Open => count,
        Use::TypeCode => count.min(people),
    };
    eprintln!("  {count} links are asked for …");
    let links = order(load, sink, app, people, count).await?;
    load.measure(users(load, app, how, links).await?).await
}

/// Asks for `count` links for the first `people` users, and reads them from the mails.
async fn order(
    load: &Load,
    sink: &Sink,
    app: &Rc<TestedApp>,
    people: u64,
    count: u64,
) -> Result<Vec<Unused>> {
    sink.take();
    let orders = Orders::new(people, count);
    load.exhaust(orders.clients(load, app).await?).await?;
    await_mails(sink, count).await?;
    let ids = orders.ids.borrow();
    let unused = |mail: Mail| {
        Some(Unused {
            secrets: mail.secrets,
            id: ids.get(&mail.to)?.clone(),
            address: mail.to,
        })
    };
    Ok(sink.take().into_iter().filter_map(unused).collect())
}

async fn await_mails(sink: &Sink, count: u64) -> Result<()> {
    let found = sink.wait_for(usize::try_from(count)?, PATIENCE).await?;
    if (found as u64) < count {
        bail!("{count} mails were asked for, but {found} came, and none for {PATIENCE:?}.");
    }
    Ok(())
}

/// Links that are being asked for, by all clients together.
#[derive(Clone)]
struct Orders {
    people: u64,
    count: u64,
    next: Rc<Cell<u64>>,
    placed: Rc<Cell<u64>>,
    /// The newest link's id by address: the one whose code is good.
    ids: Rc<RefCell<HashMap<String, String>>>,
}

impl Orders {
    fn new(people: u64, count: u64) -> Self {
        Orders {
            people,
            count,
            next: Rc::default(),
            placed: Rc::default(),
            ids: Rc::default(),
        }
    }

    async fn clients(&self, load: &Load, app: &Rc<TestedApp>) -> Result<Vec<Asker>> {
        let asker = |connection| Asker {
            connection,
            app: Rc::clone(app),
            orders: self.clone(),
        };
        Ok(load.connect().await?.into_iter().map(asker).collect())
    }
}

/// Asks for one link after the other.
struct Asker {
    connection: Connection,
    app: Rc<TestedApp>,
    orders: Orders,
}

impl Operate for Asker {
    async fn operate(&mut self) -> Result<bool> {
        let number = self.orders.next.get();
        if number == self.orders.count {
            return Ok(false);
        }
        self.orders.next.set(number + 1);
        let user = number.wrapping_mul(STEP) % self.orders.people;
        let address = TestedApp::identifier(user);
        let id = links::ask(&mut self.connection, &self.app, &address).await?;
        self.orders.ids.borrow_mut().insert(address, id);
        self.orders.placed.set(self.orders.placed.get() + 1);
        Ok(true)
    }
}

/// Uses one link after the other.
struct User {
    connection: Connection,
    app: Rc<TestedApp>,
    how: Use,
    links: Rc<RefCell<Vec<Unused>>>,
}

async fn users(
    load: &Load,
    app: &Rc<TestedApp>,
    how: Use,
    links: Vec<Unused>,
) -> Result<Vec<User>> {
    let links = Rc::new(RefCell::new(links));
    let user = |connection| User {
        connection,
        app: Rc::clone(app),
        how,
        links: Rc::clone(&links),
    };
    Ok(load.connect().await?.into_iter().map(user).collect())
}

impl Operate for User {
    async fn operate(&mut self) -> Result<bool> {
        let next = self.links.borrow_mut().pop();
        let Some(link) = next else { return Ok(false) };
        let (connection, app) = (&mut self.connection, &*self.app);
        match self.how {
            Use::Open => links::open(connection, app, &link.address, &link.secrets).await?,
            Use::TypeCode => links::type_code(connection, app, &link.id, &link.secrets).await?,
        }
        Ok(true)
    }
}

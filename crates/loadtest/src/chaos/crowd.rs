//! The load: browsers that each do one thing after the other, until they are told to leave.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::{JoinHandle, spawn_local};

use super::client::Client;
use super::ledger::Ledger;

/// How long a browser does nothing between two things at most, milliseconds: so that the books stay short enough to be read.
const IDLE_MS: u64 = 8;

/// Browsers at work.
pub struct Crowd {
    leave: Rc<Cell<bool>>,
    browsers: Vec<JoinHandle<()>>,
}

impl Crowd {
    /// So many browsers that go to one address.
    pub fn gather(ledger: &Rc<Ledger>, address: SocketAddr, size: usize) -> Self {
        let leave = Rc::new(Cell::new(false));
        let browser = |_| {
            let client = Client::new(ledger, address);
            spawn_local(browse(client, Rc::clone(&leave)))
        };
        Crowd {
            browsers: (0..size).map(browser).collect(),
            leave,
        }
    }

    /// Lets each finish what it does.
    pub async fn leave(self) -> Result<()> {
        self.leave.set(true);
        for browser in self.browsers {
            browser.await?;
        }
        Ok(())
    }
}

async fn browse(mut client: Client, leave: Rc<Cell<bool>>) {
    while !leave.get() {
        match client.ledger.dice.roll(100) {
            0..20 => client.sign_up().await,
            20..45 => client.sign_anybody_in().await,
            45..75 => client.refresh().await,
            75..88 if client.ledger.asks_for_links.get() => client.ask_for_link().await,
            75..88 => {}
            88..93 => client.sign_out().await,
            93..97 => client.finish_again().await,
            _ => client.use_consumed_token().await,
        }
        let idle = client.ledger.dice.pause(0, IDLE_MS);
        tokio::time::sleep(idle).await;
    }
}

/// Deals out work to so many browsers; returns when all is done.
pub async fn share_out<T: 'static>(
    ledger: &Rc<Ledger>,
    address: SocketAddr,
    work: Vec<T>,
    deal: impl AsyncFn(&mut Client, T) + Clone + 'static,
) -> Result<()> {
    const BROWSERS: usize = 12;
    let work = Rc::new(std::cell::RefCell::new(work));
    let mut browsers = Vec::with_capacity(BROWSERS);
    for _ in 0..BROWSERS {
        let (work, deal) = (Rc::clone(&work), deal.clone());
        let mut client = Client::new(ledger, address);
        browsers.push(spawn_local(async move {
            loop {
                let next = work.borrow_mut().pop();
                let Some(item) = next else { break };
                deal(&mut client, item).await;
            }
        }));
    }
    for browser in browsers {
        browser.await?;
    }
    Ok(())
}

/// Does nothing for a while.
pub async fn seconds(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

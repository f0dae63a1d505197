//! Two nodes on one PostgreSQL behind one address: one stops and starts under load, in order and by `kill -9`.

use std::rc::Rc;

use anyhow::{Context as _, Result};

use super::claims::{Harm, Sentence};
use super::cluster::Cluster;
use super::crowd::{Crowd, seconds};
use super::node::{Node, Setup, free_address};
use super::proxy::Proxy;
use super::races;
use super::site::{Ground, Site};
use super::table::Row;
use super::verify::verify;
use super::{CROWD, Stage};
use crate::machine;

const STOPS: Sentence = (
    "no request fails while one of two nodes is stopped in order and started",
    Harm::Other,
);

const KILLS: Sentence = (
    "when one of two nodes is killed, no more requests fail than were under way",
    Harm::Other,
);

/// Both nodes, under one public address.
pub struct Pair {
    pub site: Site,
    pub setups: [Setup; 2],
    nodes: [Option<Node>; 2],
}

impl Pair {
    async fn open(stage: &Stage, cluster: &Cluster) -> Result<(Self, Proxy)> {
        let address = free_address(&stage.dice)?;
        let ground = Ground {
            database: Some(cluster.create_database("nodes")?),
            public_address: Some(address),
            has_clock: stage.is_short,
            ..Ground::default()
        };
        let (site, first) = Site::open(stage, "nodes", ground).await?;
        let mut other = site.setup.clone();
        other.address = free_address(&stage.dice)?;
        let second = Node::start(&site.installation, &other).await?;
        let proxy = Proxy::start(address, &[first.address, second.address]).await?;
        let pair = Pair {
            setups: [site.setup.clone(), other],
            nodes: [Some(first), Some(second)],
            site,
        };
        Ok((pair, proxy))
    }

    fn take(&mut self, index: usize) -> Result<Node> {
        self.nodes[index].take().context("The node runs.")
    }

    async fn start(&mut self, index: usize) -> Result<()> {
        let node = Node::start(&self.site.installation, &self.setups[index]).await?;
        self.nodes[index] = Some(node);
        Ok(())
    }
}

/// Races across both nodes, then stops and kills of one of them, `rounds` times each.
pub async fn play(stage: &Stage, cluster: &Cluster, rounds: u64) -> Result<Row> {
    let begin = machine::now();
    let (mut pair, proxy) = Pair::open(stage, cluster).await?;
    let ledger = Rc::clone(&pair.site.ledger);
    races::play(&pair, rounds * 10).await?;

    let crowd = Crowd::gather(&ledger, proxy.address, CROWD);
    for round in 0..rounds {
        let index = (round % 2) as usize;
        seconds(0.7).await;
        let before = ledger.failed();
        pair.take(index)?.stop().await?;
        seconds(0.3).await;
        pair.start(index).await?;
        seconds(0.3).await;
        let failed = ledger.failed() - before;
        ledger
            .claims
            .check(STOPS, failed == 0, || format!("{failed} failed"));
    }
    for round in 0..rounds {
        let index = (round % 2) as usize;
        seconds(0.7).await;
        let before = ledger.failed();
        // Nothing is down but for the moment in which the node loses what it held: the other one is there.
        ledger.goes_down();
        pair.take(index)?.kill()?;
        ledger.is_up();
        seconds(0.6).await;
        let failed = ledger.failed() - before;
        let found = || format!("{failed} failed");
        ledger.claims.check(KILLS, failed <= CROWD as u64, found);
        pair.start(index).await?;
    }
    seconds(1.0).await;
    crowd.leave().await?;
    let doubled = verify(&pair.site, proxy.address, rounds).await?;
    for index in [0, 1] {
        pair.take(index)?.stop().await?;
    }
    Ok(Row::of(
        &ledger,
        "nodes",
        2 * rounds,
        doubled,
        begin.elapsed(),
    ))
}

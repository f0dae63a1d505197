//! `ginnel setup-link`: a way into the Console for whoever can run commands on the server.

use anyhow::{Result, bail};

use crate::app::App;
use crate::domain::console;

/// Prints a setup link. With `recovers`, also while somebody runs the server already.
pub fn run(app: &App, recovers: bool) -> Result<()> {
    let Some(link) = console::make_setup_link(app, recovers)? else {
        bail!(
            "This server is set up: its operators invite others in the Console. If none of them can sign in any more, run \
             `ginnel setup-link --recover`: whoever uses that link becomes an operator."
        );
    };
    println!(
        "{link}\n\nIt works once, for whoever opens it: they will run this server. Links before it work no more."
    );
    Ok(())
}

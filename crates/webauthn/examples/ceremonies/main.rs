//! Records ceremonies, good ones and spoilt ones, for judges that are not ours: writes them as one JSON document.
//!
//! `cargo run -p ginnel-webauthn --example ceremonies > cases.json`
//!
//! Software authenticators make the ceremonies, with new keys at each run; the crate `passkey` and the test vectors of
//! WebAuthn Level 3 add some of their own. What is spoilt in what an authenticator signs is spoilt before it signs, so
//! that a judge has to find the fault itself and not only a signature that no longer fits. `docs/twins.md` says who
//! judges them, and how.

#![expect(
    clippy::type_complexity,
    reason = "what is spoilt stands in lists of names and functions"
)]

mod attestation;
mod authenticator_data;
mod book;
mod client_data;
mod elsewhere;
mod keys;
mod responses;
mod signatures;

#[path = "../../tests/it/certificates.rs"]
mod certificates;
#[path = "../../tests/it/signer.rs"]
mod signer;
#[path = "../../tests/it/support.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod support;

use std::io::Write;

use book::Book;

fn main() -> std::io::Result<()> {
    let mut book = Book::new();
    book.good();
    client_data::record(&mut book);
    authenticator_data::record(&mut book);
    attestation::record(&mut book);
    keys::record(&mut book);
    signatures::record(&mut book);
    responses::record(&mut book);
    elsewhere::record(&mut book);
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, &book.cases)?;
    writeln!(output)
}

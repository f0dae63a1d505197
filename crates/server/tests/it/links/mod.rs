//! Magic links and the codes beside them.

mod addresses;
mod alone;
mod asking;
mod codes;
mod hiding;
mod limits;
mod notices;
mod numbers;
mod opening;
mod ownership;
mod removal;
mod verification;
mod waiting;
mod with_passkeys;

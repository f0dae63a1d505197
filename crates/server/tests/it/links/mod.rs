//! Magic links and the codes beside them.

mod addresses;
mod asking;
mod codes;
mod hiding;
mod limits;
mod notices;
mod opening;
mod ownership;
mod waiting;

//! What no single endpoint shows: signing keys over time, events and counters, housekeeping, secrets at rest.

mod events;
mod jobs;
mod keys;
mod secrets;

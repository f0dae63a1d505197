//! What the product does. Knows neither HTTP nor SQL; time and randomness come in through `App`.

pub mod activity;
pub mod addresses;
pub mod apps;
pub mod audit;
pub mod ceremonies;
pub mod console;
pub mod countries;
pub mod events;
pub mod invitations;
pub mod keys;
pub mod limits;
pub mod magic_links;
pub mod members;
pub mod metadata;
pub mod notices;
pub mod origins;
pub mod paging;
pub mod passkeys;
pub mod proof;
pub mod sessions;
pub mod snippets;
pub mod test_apps;
pub mod tokens;
pub mod user_agents;
pub mod users;

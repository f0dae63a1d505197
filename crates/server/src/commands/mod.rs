//! What is done from the command line beside serving.

pub mod api_key;
pub mod app;
pub mod doctor;
pub mod init;
pub mod keys;
pub mod messages;
pub mod setup_link;

//! The inbox of a server on this machine that has no mail server: the mails of all its apps, for whoever tries it out.
//!
//! It exists only while `public_url` is loopback, on the example listener, which answers for loopback names only. The mails
//! of the Console's own app are never shown (D12).

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Router, routing};

use super::Example;
use crate::app::App;
use crate::error::Result;
use crate::http::inbox::{self, Inbox};
use crate::ids::MessageId;
use crate::messages::Channel;

/// Routes of the inbox.
pub fn routes() -> Router<Example> {
    Router::new()
        .route("/inbox", routing::get(list))
        .route("/inbox/{id}", routing::get(mail))
        .merge(inbox::script())
}

fn inbox(app: &App) -> Inbox {
    let why = app.config.why_kept(&Channel::ALL).unwrap_or_default();
    Inbox {
        brand: "Example app".to_owned(),
        way_out: ("Sign in", "/".to_owned()),
        path: "/inbox".to_owned(),
        query: String::new(),
        explanation: format!(
            "{why} What its apps would send stays here until what it offers expires. Set smtp_url to send mails, sms_url to send text messages."
        ),
        how: "Sign in or sign up with a link on the example app or your own page. This page shows the mail by itself.".to_owned(),
    }
}

async fn list(State(example): State<Example>) -> Result<Response> {
    let app = &example.app;
    let console_id = app.console_id.get().cloned();
    let kept = app
        .store
        .read(move |tx| tx.list_kept_messages(console_id.as_ref(), inbox::MOST))
        .await?;
    inbox::list_page(app, &inbox(app), &kept).await
}

async fn mail(State(example): State<Example>, Path(id): Path<String>) -> Result<Response> {
    let app = &example.app;
    let found = match id.parse::<MessageId>() {
        Ok(id) => app.store.read(move |tx| tx.find_message(&id)).await?,
        Err(_) => None,
    };
    let found = found.filter(|message| !app.is_console(&message.app_id));
    inbox::mail_page(app, &inbox(app), found.as_ref()).await
}

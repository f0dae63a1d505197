//! The inbox of a test app: its mails never leave the server, and the claim secret opens them.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use url::form_urlencoded;

use super::inbox::{self, Inbox};
use crate::app::App;
use crate::domain::apps::AppRecord;
use crate::domain::test_apps;
use crate::error::Result;
use crate::ids::MessageId;

/// Said alike whatever is wrong: a stranger learns nothing of the app.
const CLOSED: &str = "There is no test inbox at this address. It opens by the link on the page that made the test app, and only \
                      until that is claimed or its week is over. The mails of a claimed app are in the Console.";

/// Routes of the main listener.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/claim/{app_id}/inbox", get(list))
        .route("/claim/{app_id}/inbox/{id}", get(mail))
        .merge(inbox::script())
}

async fn list(
    State(app): State<App>,
    Path(app_id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let Some((record, inbox)) = open(&app, &app_id, query).await? else {
        return inbox::missing_page(&app, CLOSED);
    };
    let kept = app
        .store
        .read(move |tx| tx.list_kept_messages_of(&record.id, inbox::MOST))
        .await?;
    inbox::list_page(&app, &inbox, &kept).await
}

async fn mail(
    State(app): State<App>,
    Path((app_id, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let Some((record, inbox)) = open(&app, &app_id, query).await? else {
        return inbox::missing_page(&app, CLOSED);
    };
    let found = match id.parse::<MessageId>() {
        Ok(id) => app.store.read(move |tx| tx.find_message(&id)).await?,
        Err(_) => None,
    };
    let found = found.filter(|message| message.app_id == record.id);
    inbox::mail_page(&app, &inbox, found.as_ref()).await
}

/// The test app whose secret stands in the query, and its inbox.
async fn open(app: &App, id: &str, query: Option<String>) -> Result<Option<(AppRecord, Inbox)>> {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let secret = pairs.find_map(|(name, value)| (name == "secret").then_some(value));
    let (Ok(id), Some(secret)) = (id.parse(), secret) else {
        return Ok(None);
    };
    let opened = test_apps::open_inbox(app, &id, &secret).await?;
    Ok(opened.map(|record| {
        let inbox = Inbox {
            brand: record.name.clone(),
            way_out: (
                "Claim this app",
                test_apps::claim_url(app, &record, &secret).into(),
            ),
            path: format!("/claim/{id}/inbox"),
            query: form_urlencoded::Serializer::for_suffix("?".to_owned(), 1)
                .append_pair("secret", &secret)
                .finish(),
            explanation: "This is a test app, and nobody gets its mails: they stay here until what they offer expires.".to_owned(),
            how: format!(
                "Sign in or sign up with a link on {}. This page shows the mail by itself.",
                record.auth_origin
            ),
        };
        (record, inbox)
    }))
}

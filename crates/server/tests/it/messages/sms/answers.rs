//! What the providers' answers mean: taken, to be tried again, or refused for good.

use ginnel::messages::State;

use super::stand_in::StandIn;
use super::{NUMBER, letter, twilio, vonage, webhook};
use crate::support::{TestApp, stories};

stories!(
    what_passes_is_tried_again,
    a_provider_says_how_long_to_wait,
    what_is_refused_for_good_ends_the_message,
    vonage_refuses_with_200,
    a_message_of_which_a_part_left_is_not_sent_twice,
    a_redirect_is_not_followed,
    what_a_provider_quotes_is_not_stored,
    mail_and_text_messages_do_not_wait_for_each_other,
    without_a_provider_a_public_server_leaves_them_alone,
);

async fn what_passes_is_tried_again(app: TestApp) {
    let stand_in = StandIn::start().await;
    let app = app.configured(twilio(&stand_in));
    let id = app.store_message(&letter()).await;
    let name = format!(
        "Twilio at {}",
        stand_in.url().origin().ascii_serialization()
    );
    let limited = r#"{"code":20429,"message":"Too Many Requests"}"#;
    for (attempt, (status, body, reason), seconds) in [
        (
            1,
            (
                Some("429 Too Many Requests"),
                limited,
                "429 (error 20429) Too Many Requests",
            ),
            5,
        ),
        (2, (None, "", ""), 15),
        (
            3,
            (Some("500 Internal Server Error"), "<html>oh</html>", "500"),
            60,
        ),
        (4, (Some("408 Request Timeout"), "", "408"), 5 * 60),
    ] {
        match status {
            Some(status) => stand_in.answers(status, "", body),
            None => stand_in.hangs_up(),
        }
        let message = app.sent(&id).await;
        assert_eq!((message.state, message.attempts), (State::Waiting, attempt));
        let last_error = message.last_error.unwrap();
        let begins = format!("{name}: {reason}");
        assert!(last_error.starts_with(&begins), "{last_error}");
        assert!(message.sealed_letter.is_some());
        app.advance(seconds);
    }
    stand_in.answers("201 Created", "", "{}");
    assert_eq!(app.sent(&id).await.state, State::Sent);
    // The same text each time.
    let asked = stand_in.asked();
    assert_eq!(asked.len(), 5);
    assert!(asked.iter().all(|one| one.body == asked[0].body));
}

async fn a_provider_says_how_long_to_wait(app: TestApp) {
    let stand_in = StandIn::start().await;
    let app = app.configured(webhook(&stand_in, "/"));
    stand_in.answers("429 Too Many Requests", "retry-after: 120\r\n", "");
    let message = app.text(&letter()).await;
    let wait = message.next_attempt_at.since(app.now());
    assert_eq!((message.state, wait.as_secs()), (State::Waiting, 120));
    // Less than our own patience is no reason to hurry.
    app.advance(120);
    stand_in.answers("429 Too Many Requests", "retry-after: 1\r\n", "");
    let message = app.sent(&message.id).await;
    assert_eq!(message.next_attempt_at.since(app.now()).as_secs(), 15);
}

async fn what_is_refused_for_good_ends_the_message(app: TestApp) {
    for (status, body, reason) in [
        (
            "400 Bad Request",
            r#"{"code":21211,"message":"The 'To' number +15550109999 is not a valid phone number."}"#,
            "400 (error 21211) The 'To' number +1…99 is not a valid phone number.",
        ),
        (
            "401 Unauthorized",
            r#"{"code":20003,"message":"Authenticate"}"#,
            "401 (error 20003) Authenticate",
        ),
        ("403 Forbidden", "not JSON at all", "403 Forbidden"),
        ("404 Not Found", "", "404 Not Found"),
    ] {
        let stand_in = StandIn::start().await;
        let app = app.configured(twilio(&stand_in));
        stand_in.answers(status, "", body);
        let message = app.text(&letter()).await;
        assert_eq!(message.state, State::Failed, "{status}");
        assert_eq!(message.sealed_letter, None);
        let last_error = message.last_error.unwrap();
        assert!(last_error.ends_with(reason), "{last_error}");
        assert!(!last_error.contains("to:ken") && !last_error.contains(NUMBER));
        app.advance(3600);
        assert_eq!(stand_in.asked().len(), 1);
    }
}

async fn vonage_refuses_with_200(app: TestApp) {
    for (body, state, reason) in [
        (
            r#"{"message-count":"1","messages":[{"status":"1","error-text":"Throughput Rate Exceeded"}]}"#,
            State::Waiting,
            "(status 1) Throughput Rate Exceeded",
        ),
        (
            r#"{"message-count":"1","messages":[{"status":"4","error-text":"Bad Credentials"}]}"#,
            State::Failed,
            "(status 4) Bad Credentials",
        ),
        (
            r#"{"message-count":"1","messages":[{"status":"6","error-text":"Unroutable message to 15550109999 - rejected"}]}"#,
            State::Failed,
            "(status 6) Unroutable message to +1…99 - rejected",
        ),
        (
            "<html>a proxy</html>",
            State::Waiting,
            "200 without a report",
        ),
        (r#"{"messages":[]}"#, State::Waiting, "200 without a report"),
    ] {
        let stand_in = StandIn::start().await;
        let app = app.configured(vonage(&stand_in));
        stand_in.answers("200 OK", "", body);
        let message = app.text(&letter()).await;
        assert_eq!(message.state, state, "{body}");
        let last_error = message.last_error.unwrap();
        assert!(last_error.ends_with(reason), "{last_error}");
        assert!(!last_error.contains("s&cret"));
        // Out of the way of the next.
        let id = message.id;
        app.write(move |tx| {
            ginnel::store::testing::execute(tx, "DELETE FROM messages WHERE id = $1", &[&id])
        })
        .await;
    }
}

async fn a_message_of_which_a_part_left_is_not_sent_twice(app: TestApp) {
    let stand_in = StandIn::start().await;
    let app = app.configured(vonage(&stand_in));
    stand_in.answers(
        "200 OK",
        "",
        r#"{"message-count":"2","messages":[{"status":"1","error-text":"Throttled"},{"status":"0"}]}"#,
    );
    assert_eq!(app.text(&letter()).await.state, State::Sent);
}

/// Codes and credentials go nowhere but to the address of the settings.
async fn a_redirect_is_not_followed(app: TestApp) {
    let elsewhere = StandIn::start().await;
    let stand_in = StandIn::start().await;
    let app = app.configured(webhook(&stand_in, "/"));
    let to = format!("location: {}\r\n", elsewhere.url());
    let to: &'static str = Box::leak(to.into_boxed_str());
    stand_in.answers("307 Temporary Redirect", to, "");
    let message = app.text(&letter()).await;
    assert_eq!(message.state, State::Failed);
    let last_error = message.last_error.unwrap();
    assert!(
        last_error.ends_with("redirects are not followed"),
        "{last_error}"
    );
    assert_eq!(elsewhere.asked().len(), 0);
}

async fn what_a_provider_quotes_is_not_stored(app: TestApp) {
    let stand_in = StandIn::start().await;
    let app = app.configured(twilio(&stand_in));
    stand_in.answers(
        "400 Bad Request",
        "",
        r#"{"code":30007,"message":"filtered: 493027 is your Acme code"}"#,
    );
    let message = app.text(&letter()).await;
    assert_eq!(message.state, State::Failed);
    let last_error = message.last_error.unwrap();
    assert!(!last_error.contains("493027"), "{last_error}");
    assert!(last_error.contains("400"), "{last_error}");
}

async fn mail_and_text_messages_do_not_wait_for_each_other(app: TestApp) {
    let stand_in = StandIn::start().await;
    let mail = super::super::scripted_server::ScriptedServer::start().await;
    let port = mail.port;
    let app = app.configured(|config| {
        twilio(&stand_in)(config);
        super::super::send_by(config, port);
    });
    let text = app.store_message(&letter()).await;
    let letter = app
        .store_message(&super::super::letter("ada@example.com"))
        .await;
    stand_in.answers("503 Service Unavailable", "", "");
    let sender = ginnel::messages::sender::Sender::new(app.app.clone());
    assert_eq!(sender.send_due().await, 2);
    assert_eq!(app.stored_message(&text).await.state, State::Waiting);
    assert_eq!(app.stored_message(&letter).await.state, State::Sent);
    assert_eq!(mail.texts().len(), 1);
}

async fn without_a_provider_a_public_server_leaves_them_alone(app: TestApp) {
    let app = app.configured(|config| {
        config.public_url = "https://id.example.com".parse().unwrap();
    });
    let id = app.store_message(&letter()).await;
    let sender = ginnel::messages::sender::Sender::new(app.app.clone());
    assert_eq!(sender.send_due().await, 0);
    assert_eq!(app.stored_message(&id).await.state, State::Waiting);
}

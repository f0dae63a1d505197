//! Giving up an address or number: never the last one, never the last way in.

use std::net::IpAddr;

use ginnel::domain::apps::{self, AllowedIdentifier, RequiredIdentifier};
use ginnel::domain::events::Client;
use ginnel::domain::{magic_links, passkeys, sessions};
use ginnel::messages::Kind;
use serde_json::json;

use crate::support::{KEY, TestApp, User, opens, stories};

stories!(
    an_address_is_removed_and_told,
    the_only_identifier_stays,
    what_the_app_demands_stays,
    the_only_proven_identifier_stays,
    the_last_way_to_sign_in_stays,
    a_removal_needs_a_recent_sign_in,
    of_two_removals_at_once_one_identifier_is_left,
    a_passkey_and_an_address_at_once_leave_a_way_in,
    nothing_is_removed_where_nothing_is,
);

const NUMBER: &str = "+15550109999";

/// Somebody with a proven address, a proven number, and no passkey.
async fn with_both(app: &TestApp) -> User {
    app.set(|settings| settings.allowed_identifier = AllowedIdentifier::Both)
        .await;
    let page = app.anonymous();
    let asking = page.asked_for_code("register", "ada@example.com").await;
    let tokens = opens(asking.type_code(asking.code()).await);
    let user = app.stored_user("ada@example.com").await.unwrap();
    let ada = User {
        page,
        identifier: "ada@example.com".to_owned(),
        id: user.id.to_string(),
        authenticator: app.authenticator(),
        tokens,
    };
    opens(ada.asked_for_number(NUMBER, Some(KEY)).await.open().await);
    ada
}

async fn an_address_is_removed_and_told(app: TestApp) {
    let ada = with_both(&app).await;
    let pending = app.anonymous().asked_for_code("login", NUMBER).await;
    let answer = ada.ask_to_change("phone", " ", None).await.expect(200);
    assert_eq!(answer, json!({ "magic_link": { "id": "" } }));
    let user = app.stored_user("ada@example.com").await.unwrap();
    assert_eq!((user.phone, user.phone_verified), (None, false));
    assert!(user.email_verified);
    let told = app.letters().await.pop().unwrap();
    assert_eq!(
        (told.kind, told.to.as_str()),
        (Kind::AddressRemoved, NUMBER)
    );
    assert_eq!(told.detail.as_deref(), Some("+1…99"));
    assert!(
        app.events(&ada.id)
            .await
            .contains(&"address_removed success".to_owned())
    );
    // What was on its way is worth nothing, and the number is free.
    pending
        .type_code(pending.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
    app.anonymous()
        .ask_for_code("login", NUMBER)
        .await
        .assert_refused(404, "user_not_found", "");
    opens(ada.asked_for_number(NUMBER, Some(KEY)).await.open().await);
    ada.ask_to_change("email", "", None).await.expect(200);
    assert_eq!(app.stored_user(NUMBER).await.unwrap().email, None);
}

async fn the_only_identifier_stays(app: TestApp) {
    let ada = app.user("ada").await;
    let before = app.rows().await;
    ada.ask_to_change("email", "", None).await.assert_refused(
        403,
        "operation_not_allowed",
        "last_identifier",
    );
    before.assert_unchanged(&app).await;
}

async fn what_the_app_demands_stays(app: TestApp) {
    let ada = with_both(&app).await;
    for (allowed, required, kind) in [
        (AllowedIdentifier::Both, RequiredIdentifier::Email, "email"),
        (AllowedIdentifier::Both, RequiredIdentifier::Phone, "phone"),
        (AllowedIdentifier::Both, RequiredIdentifier::Both, "email"),
        (AllowedIdentifier::Both, RequiredIdentifier::Both, "phone"),
        (
            AllowedIdentifier::Email,
            RequiredIdentifier::Either,
            "email",
        ),
        (
            AllowedIdentifier::Phone,
            RequiredIdentifier::Either,
            "phone",
        ),
    ] {
        app.set(move |settings| {
            settings.allowed_identifier = allowed;
            settings.required_identifier = required;
        })
        .await;
        let before = app.rows().await;
        ada.ask_to_change(kind, "", None).await.assert_refused(
            403,
            "operation_not_allowed",
            "identifier_required",
        );
        before.assert_unchanged(&app).await;
    }
}

async fn the_only_proven_identifier_stays(app: TestApp) {
    let ada = with_both(&app).await;
    app.write(|tx| {
        ginnel::store::testing::execute(tx, "UPDATE users SET email_verified = FALSE", &[])
    })
    .await;
    ada.ask_to_change("phone", "", None).await.assert_refused(
        403,
        "operation_not_allowed",
        "last_identifier",
    );
    ada.ask_to_change("email", "", None).await.expect(200);
}

async fn the_last_way_to_sign_in_stays(app: TestApp) {
    let ada = with_both(&app).await;
    // Neither links nor codes: only a passkey opens the account, and there is none.
    app.set(|settings| {
        settings.magic_links = false;
        settings.one_time_codes = false;
    })
    .await;
    let before = app.rows().await;
    ada.ask_to_change("phone", "", None).await.assert_refused(
        403,
        "operation_not_allowed",
        "last_way_to_sign_in",
    );
    before.assert_unchanged(&app).await;
    ada.add_passkey().await;
    ada.ask_to_change("phone", "", None).await.expect(200);
}

async fn a_removal_needs_a_recent_sign_in(app: TestApp) {
    let ada = with_both(&app).await;
    app.advance(601);
    ada.ask_to_change("phone", "", None).await.assert_refused(
        403,
        "operation_not_allowed",
        "reauthentication_required",
    );
}

async fn of_two_removals_at_once_one_identifier_is_left(app: TestApp) {
    let ada = with_both(&app).await;
    let remove = |kind: &str| {
        let body = json!({ format!("new_{kind}"): "" });
        let call = ada
            .call("PATCH", &format!("/currentuser/{kind}"))
            .json(body);
        tokio::spawn(async move { call.await.status })
    };
    let (email, phone) = (remove("email"), remove("phone"));
    let mut statuses = [email.await.unwrap(), phone.await.unwrap()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403]);
    let left = app
        .read(|tx| {
            ginnel::store::testing::list::<i64>(
                tx,
                "SELECT count(*) FROM users WHERE email IS NOT NULL OR phone IS NOT NULL",
                &[],
            )
        })
        .await;
    assert_eq!(left, [1]);
}

/// Nobody can be told anything by phone on this server, so that of passkey and address one has to stay. Each request is let in
/// while both are there; whichever is stored first decides.
async fn a_passkey_and_an_address_at_once_leave_a_way_in(app: TestApp) {
    let ada = with_both(&app).await;
    let (_, passkey) = ada.add_passkey().await;
    let loaded = apps::load(&app.app, &app.id).await.unwrap();
    let owner = async || {
        sessions::authenticate(&app.app, &loaded, ada.auth_token())
            .await
            .unwrap()
    };
    let (for_passkey, for_address) = (owner().await, owner().await);
    let server = app
        .configured(|config| {
            config.public_url = "https://id.example.com".parse().unwrap();
            config.smtp = Some(ginnel::config::SmtpServer {
                host: "mail.example.com".to_owned(),
                port: 465,
                security: ginnel::config::Security::Tls,
                credentials: None,
                is_loopback: false,
            });
        })
        .app;
    let client = Client {
        address: IpAddr::from([127, 0, 0, 1]),
        user_agent: String::new(),
    };
    let passkey = passkey.parse().unwrap();
    magic_links::remove_address(&server, &loaded, &for_address, false, &client)
        .await
        .unwrap();
    let before = app.rows().await;
    let refused = passkeys::remove(&server, &loaded, &for_passkey, passkey, &client)
        .await
        .unwrap_err();
    assert_eq!(refused.reason(), Some("last_passkey"));
    before.assert_unchanged(&app).await;
    assert_eq!(ada.passkeys().await.len(), 1);
}

async fn nothing_is_removed_where_nothing_is(app: TestApp) {
    let ada = app.user("ada").await;
    let before = app.rows().await;
    let answer = ada.ask_to_change("phone", "", None).await.expect(200);
    assert_eq!(answer["magic_link"]["id"], "");
    before.assert_unchanged(&app).await;
}

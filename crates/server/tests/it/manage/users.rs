//! Users and their passkeys, as back ends look at them.

use ginnel::domain::events::{Author, Client};
use ginnel::domain::users::managing::Managed;
use ginnel::domain::users::removal;
use serde_json::{Value as Json, json};

use crate::support::{TestApp, stories};

stories!(
    a_user_is_found_by_whatever_names_them,
    external_ids_in_another_case_are_found_and_never_mistaken,
    nobody_is_an_empty_list,
    a_user_is_told_with_every_field,
    passkeys_are_listed_and_revoked,
    users_of_another_app_are_not_found,
    whoever_was_deleted_is_not_found,
    broken_questions_are_refused,
);

/// The keys of an object, in the order of the alphabet.
fn keys(object: &Json) -> Vec<&str> {
    let mut keys: Vec<_> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

const LISTED: [&str; 12] = [
    "created_at",
    "email",
    "email_verified",
    "external_id",
    "id",
    "last_login_at",
    "login_count",
    "phone",
    "phone_verified",
    "status",
    "updated_at",
    "user_metadata",
];

async fn a_user_is_found_by_whatever_names_them(app: TestApp) {
    let ada = app.user("ada").await;
    let back_end = app.back_end().await;
    for named in ["ada@example.com", "ADA%40Example.com"] {
        let path = format!("/users?page=1&limit=1&identifier={named}");
        let answer = back_end.get(&path).await.expect(200);
        assert_eq!(answer["total_users"], 1);
        assert_eq!(answer["users"][0]["id"], ada.id.as_str());
    }
    let back_end = app.flex().await;
    back_end.enrolled("42").await;
    let answer = back_end
        .get("/users?limit=1&identifier=42")
        .await
        .expect(200);
    assert_eq!(
        keys(&answer),
        [
            "_links",
            "created_before",
            "limit",
            "page",
            "total_users",
            "users"
        ]
    );
    assert_eq!(
        keys(&answer["_links"]),
        ["first", "last", "next", "previous", "self"]
    );
    let here = format!(
        "http://localhost:8400/api/v1/apps/{}/users?identifier=42&limit=1&page=1",
        app.id
    );
    assert_eq!(answer["_links"]["self"], json!({ "href": here }));
    assert_eq!(answer["_links"]["next"], json!({ "href": "" }));
    let user = &answer["users"][0];
    assert_eq!(keys(user), LISTED);
    assert_eq!(user["external_id"], "42");
    assert_eq!(user["email"], "");
    assert_eq!(user["status"], "active");
    // There is one page.
    let second = back_end
        .get("/users?identifier=42&page=2")
        .await
        .expect(200);
    assert_eq!(second["users"], json!([]));
    assert_eq!(second["total_users"], 1);
}

async fn external_ids_in_another_case_are_found_and_never_mistaken(app: TestApp) {
    let back_end = app.flex().await;
    back_end.enrolled("Größe-A").await;
    let id = back_end.user_id("Größe-A").await;
    // Packages that fold the case ask like this.
    assert_eq!(back_end.user_id("größe-a").await, id);
    let other = back_end.get("/users?identifier=GR%C3%96SSE-A").await;
    assert_eq!(other.expect(200)["users"], json!([]));
    back_end.enrolled("größe-a").await;
    let answer = back_end.get("/users?identifier=gr%C3%B6%C3%9Fe-a").await;
    answer.assert_refused(400, "invalid_request", "identifier_ambiguous");
    assert_eq!(back_end.user_id("Größe-A").await, id);
}

async fn nobody_is_an_empty_list(app: TestApp) {
    let back_end = app.flex().await;
    for named in [
        "nobody",
        "nobody@example.com",
        "+49301234567",
        "%00",
        "%27--",
    ] {
        let answer = back_end.get(&format!("/users?identifier={named}")).await;
        assert_eq!(answer.expect(200)["users"], json!([]), "{named}");
    }
    for id in ["x", "TrWSUbDDTPCKTQDtLA9MO8Ee"] {
        let answer = back_end.get(&format!("/users/{id}")).await;
        answer.assert_refused(404, "user_not_found", "");
    }
}

async fn a_user_is_told_with_every_field(app: TestApp) {
    let back_end = app.flex().await;
    back_end.enrolled("ada").await;
    let id = back_end.user_id("ada").await;
    let answer = back_end.get(&format!("/users/{id}")).await.expect(200);
    let user = &answer["user"];
    let mut every = LISTED.to_vec();
    every.extend([
        "recent_events",
        "social_connections",
        "webauthn",
        "webauthn_devices",
        "webauthn_types",
    ]);
    every.sort_unstable();
    assert_eq!(keys(user), every);
    assert_eq!(user["webauthn"], true);
    assert_eq!(user["webauthn_types"], json!(["passkey"]));
    assert_eq!(user["webauthn_devices"].as_array().unwrap().len(), 1);
    let events = user["recent_events"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    for event in events {
        assert_eq!(
            keys(event),
            [
                "action",
                "completed_at",
                "created_at",
                "id",
                "ip_addr",
                "social_login_type",
                "status",
                "type",
                "user_agent",
                "user_agent_display"
            ]
        );
    }
    let added = events.iter().find(|event| event["type"] == "passkey_added");
    assert_eq!(added.unwrap()["status"], "complete");
}

async fn passkeys_are_listed_and_revoked(app: TestApp) {
    let back_end = app.flex().await;
    back_end.enrolled("ada").await;
    back_end.enrolled("grace").await;
    let (ada, grace) = (
        back_end.user_id("ada").await,
        back_end.user_id("grace").await,
    );
    let path = format!("/users/{ada}/devices");
    let answer = back_end.get(&path).await.expect(200);
    let device = answer["devices"][0]["id"].as_str().unwrap();
    assert_eq!(
        answer["devices"][0]["icons"],
        json!({ "light": null, "dark": null })
    );
    let wrong = back_end.call("DELETE", &format!("/users/{grace}/devices/{device}"));
    wrong.await.assert_refused(404, "device_not_found", "");
    let wrong = back_end.call("DELETE", &format!("{path}/x"));
    wrong.await.assert_refused(404, "device_not_found", "");
    let revoke = back_end.call("DELETE", &format!("{path}/{device}"));
    let without = revoke.clone().without("authorization").await;
    assert_eq!(without.status, 401);
    let answer = revoke.clone().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, ""));
    revoke.await.assert_refused(404, "device_not_found", "");
    assert_eq!(back_end.get(&path).await.expect(200)["devices"], json!([]));
    let events = app.events(&ada).await;
    assert!(
        events.contains(&"passkey_removed success".to_owned()),
        "{events:?}"
    );
    let answer = back_end
        .post(
            "/transactions/authenticate",
            json!({ "external_id": "ada" }),
        )
        .await;
    answer.assert_refused(409, "user_has_no_passkeys", "");
}

async fn users_of_another_app_are_not_found(app: TestApp) {
    let back_end = app.flex().await;
    back_end.enrolled("ada").await;
    let ada = back_end.user_id("ada").await;
    let other = app.another_app(crate::support::ORIGIN).await.flex().await;
    for path in [format!("/users/{ada}"), format!("/users/{ada}/devices")] {
        let answer = other.get(&path).await;
        answer.assert_refused(404, "user_not_found", "");
    }
    let answer = other.get("/users?identifier=ada").await.expect(200);
    assert_eq!(answer["users"], json!([]));
    // The same name there is somebody else.
    other.enrolled("ada").await;
    assert_ne!(other.user_id("ada").await, ada);
}

async fn whoever_was_deleted_is_not_found(app: TestApp) {
    let back_end = app.flex().await;
    back_end.enrolled("Ada").await;
    let id = back_end.user_id("Ada").await;
    back_end.authenticate("Ada").await;
    let managed = Managed {
        app_id: app.id.clone(),
        user_id: id.parse().unwrap(),
        author: Author::Member {
            id: id.parse().unwrap(),
            client: Client::server(),
        },
    };
    removal::remove(&app.app, managed, "ada").await.unwrap();
    let answer = back_end.get(&format!("/users/{id}")).await;
    answer.assert_refused(404, "user_not_found", "");
    let rows = app.rows().await.to_text();
    assert!(!rows.contains("to sign in"), "{rows}");
    // The name is free again, for a new account.
    back_end.enrolled("Ada").await;
    assert_ne!(back_end.user_id("Ada").await, id);
}

async fn broken_questions_are_refused(app: TestApp) {
    let back_end = app.back_end().await;
    for query in [
        "",
        "?identifier=",
        "?identifier=a&identifier=b",
        "?identifier=a&limit=0",
        "?identifier=a&limit=501",
        "?identifier=a&limit=x",
        "?identifier=a&page=0",
        "?identifier=a&page=-1",
    ] {
        let answer = back_end.get(&format!("/users{query}")).await;
        answer.assert_refused(400, "invalid_request", "");
    }
    // Filters of the contract that nobody needs here do no harm.
    back_end
        .get("/users?identifier=a&order_by=id:DESC&status=active")
        .await
        .expect(200);
}

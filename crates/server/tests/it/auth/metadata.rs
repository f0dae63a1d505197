//! The app's own fields of a user: written at sign-up and by their owner, kept to the schema.

use ginnel::domain::metadata::{FieldType, MetadataField};
use ginnel::domain::paging::Cursor;
use serde_json::{Value as Json, json};

use crate::support::{KEY, Response, TestApp, User, opens, stories};

stories!(
    a_sign_up_brings_its_fields,
    a_sign_up_keeps_to_the_schema,
    a_ceremony_after_the_sign_up_keeps_the_fields,
    the_owner_changes_and_clears_fields,
    the_owner_keeps_to_the_schema,
    what_does_not_change_is_no_event,
    values_are_in_no_event,
    where_profiles_are_not_managed_nothing_changes,
    two_changes_at_once_both_stay,
    a_body_without_fields_is_refused,
    a_sign_up_by_link_or_code_brings_its_fields,
    a_link_that_anybody_may_open_brings_no_fields,
    a_sign_up_by_link_or_code_keeps_to_the_schema,
    what_is_no_json_of_ours_is_refused,
    control_characters_are_stored_as_they_are,
    what_is_too_much_together_is_refused,
);

fn field(name: &str, r#type: FieldType, registration: bool, profile: bool) -> MetadataField {
    MetadataField {
        id: format!("{name:x<24}"),
        field_name: name.to_owned(),
        friendly_name: name.to_owned(),
        r#type,
        registration,
        profile,
    }
}

/// The app asks for a name and a plan at sign-up; the name and a birthday may be changed.
async fn with_fields(app: &TestApp) {
    app.set(|settings| {
        settings.metadata_schema = vec![
            field("name", FieldType::String, true, true),
            field("plan", FieldType::String, true, false),
            field("born", FieldType::Date, false, true),
            field("age", FieldType::Integer, false, true),
            field("credit", FieldType::Integer, false, false),
        ];
    })
    .await;
}

async fn change(user: &User, values: Json) -> Response {
    user.call("PATCH", "/currentuser/user-metadata")
        .json(json!({ "user_metadata": values }))
        .await
}

async fn stored(user: &User) -> Json {
    let answer = user.get("/currentuser/user-metadata").await.expect(200);
    let shown = user.get("/currentuser").await.expect(200);
    assert_eq!(answer["user_metadata"], shown["user"]["user_metadata"]);
    answer["user_metadata"].clone()
}

async fn a_sign_up_brings_its_fields(app: TestApp) {
    with_fields(&app).await;
    let body =
        json!({ "identifier": "ada@example.com", "user_metadata": { "name": "Ada", "plan": "" } });
    let answer = app.anonymous().post("/users", body).await.expect(201);
    assert_eq!(answer["user"]["user_metadata"], json!({ "name": "Ada" }));
    let user = app.stored_user("ada@example.com").await.unwrap();
    assert_eq!(user.user_metadata, json!({ "name": "Ada" }));
    // Nobody else is shown them.
    let lookup = app.anonymous().get("/users?identifier=ada@example.com");
    assert_eq!(lookup.await.expect(200)["user"]["user_metadata"], json!({}));
}

async fn a_sign_up_keeps_to_the_schema(app: TestApp) {
    with_fields(&app).await;
    let before = app.rows().await;
    for (values, named) in [
        (json!({ "is_admin": true }), "`is_admin`"),
        (json!({ "credit": 1 }), "`credit` (integer)"),
        (json!({ "born": "2000-01-01" }), "`born` (date)"),
        (json!({ "name": 1 }), "`name` (string)"),
        (json!({ "name": "a".repeat(1001) }), "`name` (string)"),
    ] {
        let body = json!({ "identifier": "ada@example.com", "user_metadata": values });
        let answer = app.anonymous().post("/users", body).await;
        answer.assert_refused(400, "invalid_request", "metadata_invalid");
        assert!(answer.sentence().contains(named), "{}", answer.sentence());
    }
    for values in [json!([]), json!("name"), json!(1)] {
        let body = json!({ "identifier": "ada@example.com", "user_metadata": values });
        let answer = app.anonymous().post("/users", body).await;
        answer.assert_refused(400, "invalid_request", "");
    }
    before.assert_unchanged(&app).await;
}

async fn a_ceremony_after_the_sign_up_keeps_the_fields(app: TestApp) {
    with_fields(&app).await;
    let body = json!({ "identifier": "ada@example.com", "user_metadata": { "plan": "free" } });
    app.anonymous().post("/users", body).await.expect(201);
    let ada = app.user("ada").await;
    assert_eq!(stored(&ada).await, json!({ "plan": "free" }));
}

async fn the_owner_changes_and_clears_fields(app: TestApp) {
    with_fields(&app).await;
    let ada = app.user("ada").await;
    assert_eq!(stored(&ada).await, json!({}));
    app.advance(60);
    let answer = change(&ada, json!({ "name": "Ada", "age": 36.0 })).await;
    let user = answer.expect(200)["user"].clone();
    assert_eq!(user["user_metadata"], json!({ "name": "Ada", "age": 36 }));
    assert_eq!(user["updated_at"], "2023-11-14T22:14:20Z");
    assert_eq!(user, ada.get("/currentuser").await.expect(200)["user"]);
    change(
        &ada,
        json!({ "born": "12/10/1815", "name": null, "age": "" }),
    )
    .await
    .expect(200);
    assert_eq!(stored(&ada).await, json!({ "born": "12/10/1815" }));
    assert_eq!(
        app.events(&ada.id).await,
        [
            "sign_up success",
            "metadata_changed success",
            "metadata_changed success",
        ]
    );
}

async fn the_owner_keeps_to_the_schema(app: TestApp) {
    with_fields(&app).await;
    let ada = app.user("ada").await;
    let before = app.rows().await;
    for values in [
        json!({ "name": "Ada", "is_admin": true }),
        json!({ "plan": "gold" }),
        json!({ "plan": null }),
        json!({ "credit": 1 }),
        json!({ "born": "1815-02-30" }),
        json!({ "age": "36" }),
    ] {
        let answer = change(&ada, values).await;
        answer.assert_refused(400, "invalid_request", "metadata_invalid");
    }
    before.assert_unchanged(&app).await;
}

async fn what_does_not_change_is_no_event(app: TestApp) {
    with_fields(&app).await;
    let ada = app.user("ada").await;
    change(&ada, json!({ "name": "Ada" })).await.expect(200);
    let before = app.events(&ada.id).await;
    for values in [json!({ "name": "Ada" }), json!({}), json!({ "born": null })] {
        change(&ada, values).await.expect(200);
    }
    assert_eq!(app.events(&ada.id).await, before);
}

async fn values_are_in_no_event(app: TestApp) {
    with_fields(&app).await;
    let ada = app.user("ada").await;
    change(&ada, json!({ "name": "Countess", "born": "1815-12-10" }))
        .await
        .expect(200);
    let user = ada.id.parse().unwrap();
    let events = app
        .read(move |tx| tx.list_events_of_user(&user, &Cursor::newest(), 100))
        .await;
    let changed = events
        .iter()
        .find(|event| event.kind.as_str() == "metadata_changed");
    assert_eq!(changed.unwrap().detail.as_deref(), Some("name, born"));
    assert!(!format!("{events:?}").contains("Countess"));
}

async fn where_profiles_are_not_managed_nothing_changes(app: TestApp) {
    with_fields(&app).await;
    let ada = app.user("ada").await;
    app.set(|settings| settings.profile_management = false)
        .await;
    let before = app.rows().await;
    let answer = change(&ada, json!({ "name": "Ada" })).await;
    answer.assert_refused(403, "operation_not_allowed", "profile_management_disabled");
    before.assert_unchanged(&app).await;
    assert_eq!(stored(&ada).await, json!({}));
}

async fn two_changes_at_once_both_stay(app: TestApp) {
    with_fields(&app).await;
    let ada = app.user("ada").await;
    for round in 0..10 {
        let (name, age) = tokio::join!(
            change(&ada, json!({ "name": format!("Ada {round}") })),
            change(&ada, json!({ "age": round })),
        );
        name.expect(200);
        age.expect(200);
        let both = json!({ "name": format!("Ada {round}"), "age": round });
        assert_eq!(stored(&ada).await, both);
    }
}

async fn a_body_without_fields_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    for body in [
        json!({}),
        json!({ "user_metadata": null }),
        json!({ "user_metadata": [] }),
        json!([]),
    ] {
        let call = ada.call("PATCH", "/currentuser/user-metadata").json(body);
        call.await.assert_refused(400, "invalid_request", "");
    }
}

async fn a_sign_up_by_link_or_code_brings_its_fields(app: TestApp) {
    with_fields(&app).await;
    let page = app.anonymous();
    let body =
        json!({ "identifier": "ada@example.com", "user_metadata": { "name": "Ada", "plan": "" } });
    let answer = page.post("/register/otp", body).await.expect(201);
    let code = app.letters().await.pop().unwrap().code.unwrap();
    let body = json!({ "otp": code, "otp_id": answer["otp_id"] });
    opens(page.post("/otp/activate", body).await);
    let ada = app.stored_user("ada@example.com").await.unwrap();
    assert_eq!(ada.user_metadata, json!({ "name": "Ada" }));
    app.advance(1);
    let body = json!({
        "identifier": "bob@example.com",
        "user_metadata": { "name": "Bob" },
        "browser_key_hash": KEY.hash(),
    });
    let answer = page.post("/register/magic-link", body).await.expect(201);
    opens(page.asking(&answer, Some(KEY)).await.open().await);
    let bob = app.stored_user("bob@example.com").await.unwrap();
    assert_eq!(bob.user_metadata, json!({ "name": "Bob" }));
    // Whoever has an account is not written to by a sign-up that turns out to be a sign-in.
    app.set(|settings| settings.hide_user_existence = true)
        .await;
    app.advance(1);
    let body = json!({ "identifier": "ada@example.com", "user_metadata": { "name": "Eve" } });
    let answer = page.post("/register/otp", body).await.expect(201);
    let code = app.letters().await.pop().unwrap().code.unwrap();
    let body = json!({ "otp": code, "otp_id": answer["otp_id"] });
    opens(page.post("/otp/activate", body).await);
    let ada = app.stored_user("ada@example.com").await.unwrap();
    assert_eq!(ada.user_metadata, json!({ "name": "Ada" }));
}

/// Eve asks in Ada's name without a key: the account of whoever opens the link would begin with Eve's words.
async fn a_link_that_anybody_may_open_brings_no_fields(app: TestApp) {
    with_fields(&app).await;
    let before = app.rows().await;
    let body = json!({ "identifier": "ada@example.com", "user_metadata": { "name": "Eve" } });
    let refused = app.anonymous().post("/register/magic-link", body).await;
    refused.assert_refused(400, "invalid_request", "");
    assert!(refused.sentence().contains("browser_key_hash"));
    before.assert_unchanged(&app).await;
    // Old packages send an empty object.
    for empty in [json!({}), json!({ "name": "" }), Json::Null] {
        let body = json!({ "identifier": "ada@example.com", "user_metadata": empty });
        let answer = app.anonymous().post("/register/magic-link", body).await;
        answer.expect(201);
    }
}

async fn a_sign_up_by_link_or_code_keeps_to_the_schema(app: TestApp) {
    with_fields(&app).await;
    for identifier in ["ada@example.com", "user@example.com"] {
        app.set(|settings| settings.hide_user_existence = false)
            .await;
        if identifier.starts_with("user") {
            app.user("user").await;
        }
        app.set(|settings| settings.hide_user_existence = true)
            .await;
        let before = app.rows().await;
        for values in [
            json!({ "is_admin": true }),
            json!({ "credit": 1 }),
            json!({ "name": 1 }),
        ] {
            for path in ["/register/otp", "/register/magic-link"] {
                let body = json!({
                    "identifier": identifier,
                    "user_metadata": values,
                    "browser_key_hash": KEY.hash(),
                });
                let refused = app.anonymous().post(path, body).await;
                refused.assert_refused(400, "invalid_request", "metadata_invalid");
            }
        }
        before.assert_unchanged(&app).await;
    }
}

async fn what_is_no_json_of_ours_is_refused(app: TestApp) {
    with_fields(&app).await;
    let ada = app.user("ada").await;
    let before = app.rows().await;
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    for values in [
        r#"{"name":"\ud800"}"#,
        r#"{"age":1e400}"#,
        r#"{"age":0x10}"#,
        r#"{"age":NaN}"#,
        r#"{"name":["a"]}"#,
        r#"{"name":{"first":"Ada"}}"#,
        r#"{"age":12345678901234567890123}"#,
        r#"{"__proto__":{"name":"Ada"}}"#,
        r#"{"name\u0000":"Ada"}"#,
        r#"{"":"Ada"}"#,
        r#"{"name":"Ada",}"#,
        r#"[{"name":"Ada"}]"#,
        "\"name\"",
        "null",
        &format!(r#"{{"name":{deep}}}"#),
        &format!(r#"{{"name":"{}"}}"#, "x".repeat(1_001)),
    ] {
        let body = format!(r#"{{"user_metadata":{values}}}"#);
        let refused = ada
            .call("PATCH", "/currentuser/user-metadata")
            .body(body)
            .await;
        assert_eq!(refused.refusal().0, 400, "{values:.80}");
        assert!(refused.text().len() < 1_000, "{}", refused.text());
        let body = format!(r#"{{"identifier":"eve@example.com","user_metadata":{values}}}"#);
        let refused = app.anonymous().call("POST", "/users").body(body).await;
        if values != "null" {
            assert_eq!(refused.refusal().0, 400, "{values:.80}");
        }
    }
    let changes = before.changes(&app).await;
    assert!(
        changes.iter().all(|line| !line.starts_with("users ~")),
        "{changes:?}"
    );
    let body = format!(r#"{{"user_metadata":{{"name":"{}"}}}}"#, "x".repeat(70_000));
    let refused = ada
        .call("PATCH", "/currentuser/user-metadata")
        .body(body)
        .await;
    assert_eq!(refused.refusal().0, 413);
}

async fn control_characters_are_stored_as_they_are(app: TestApp) {
    with_fields(&app).await;
    let ada = app.user("ada").await;
    let name = "A\u{0}d\u{1}a\r\n\t\u{7f}\u{202e}\u{feff}\u{fffe} \"\\'; DROP TABLE users; -- 👩‍💻";
    change(&ada, json!({ "name": name })).await.expect(200);
    assert_eq!(stored(&ada).await, json!({ "name": name }));
    // They pass through a sign-in, with the field in the token.
    app.set(|settings| settings.token_metadata = vec!["name".to_owned()])
        .await;
    let mut ada = ada;
    ada.sign_in().await;
    let claims = app.claims(ada.auth_token());
    assert!(claims.to_string().contains("DROP TABLE"), "{claims}");
    ada.get("/currentuser").await.expect(200);
}

async fn what_is_too_much_together_is_refused(app: TestApp) {
    app.set(|settings| {
        let fields = (0..20).map(|n| field(&format!("f{n}"), FieldType::String, true, true));
        settings.metadata_schema = fields.collect();
    })
    .await;
    let ada = app.user("ada").await;
    let values = |range: std::ops::Range<usize>| {
        let pairs = range.map(|n| (format!("f{n}"), json!("x".repeat(1_000))));
        Json::Object(pairs.collect())
    };
    let before = app.rows().await;
    let refused = change(&ada, values(0..20)).await;
    refused.assert_refused(400, "invalid_request", "metadata_invalid");
    assert!(refused.sentence().contains("16 KiB"));
    before.assert_unchanged(&app).await;
    // Nor bit by bit.
    change(&ada, values(0..15)).await.expect(200);
    let refused = change(&ada, values(15..20)).await;
    refused.assert_refused(400, "invalid_request", "metadata_invalid");
    assert_eq!(stored(&ada).await, values(0..15));
}

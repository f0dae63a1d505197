//! The page of an app's own fields of a user.

use ginnel::domain::members::Role;
use ginnel::domain::metadata::{FieldType, MetadataField};
use serde_json::json;

use super::Form;
use super::settings::owner;
use crate::support::{TestApp, stories};

stories!(
    fields_are_added_changed_moved_and_removed,
    what_is_wrong_stands_at_its_input,
    what_is_gone_is_not_changed,
    of_two_who_add_the_same_field_one_is_told,
    fifty_fields_are_the_most,
    a_viewer_looks_and_changes_nothing,
    the_consoles_own_app_has_none,
);

/// A field whose name in JSON is this.
fn field(name: &str) -> MetadataField {
    MetadataField {
        id: format!("{name:x<24}"),
        field_name: name.to_owned(),
        friendly_name: format!("The {name}"),
        r#type: FieldType::String,
        registration: false,
        profile: true,
    }
}

impl TestApp {
    /// Has these fields.
    async fn has_fields(&self, names: &[&str]) {
        let fields: Vec<_> = names.iter().map(|name| field(name)).collect();
        self.set(move |settings| settings.metadata_schema = fields.clone())
            .await;
    }

    /// The fields as stored.
    async fn fields(&self) -> Vec<MetadataField> {
        self.record().await.settings.metadata_schema
    }

    async fn field_names(&self) -> Vec<String> {
        let fields = self.fields().await.into_iter();
        fields.map(|field| field.field_name).collect()
    }
}

async fn fields_are_added_changed_moved_and_removed(app: TestApp) {
    let owner = owner(&app).await;
    let path = app.page("/fields");
    let page = async |query: &str| owner.get(&format!("{path}{query}")).await.text();
    assert!(page("").await.contains("No fields yet"));
    for (name, friendly_name) in [("tea", " Favourite <tea> "), ("born", "Birthday")] {
        let form = Form::on(&page("").await, "/fields")
            .typing("field_name", Some(name))
            .typing("friendly_name", Some(friendly_name))
            .typing("type", Some(if name == "tea" { "string" } else { "date" }))
            .typing("registration", Some("on"));
        let answer = owner.send(&form).await;
        assert_eq!(answer.location(), format!("{path}?done=field-added"));
    }
    let html = page("?done=field-added").await;
    for words in [
        "The field is added.",
        "Favourite &#60;tea&#62;",
        "<code>born</code> <span class=\"badge\">Day</span>",
        "Asked at sign-up</p>",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let fields = app.fields().await;
    let tea = &fields[0];
    assert!(tea.id.len() == 24 && tea.id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_ne!(tea.id, fields[1].id);
    assert_eq!(
        (
            tea.friendly_name.as_str(),
            tea.r#type,
            tea.registration,
            tea.profile
        ),
        ("Favourite <tea>", FieldType::String, true, false)
    );

    // Both packages and elements are told at once, in the order of the page.
    let info = app.anonymous().get("").await.expect(200);
    assert_eq!(info["app"]["user_metadata_schema"][1]["field_name"], "born");
    let row = |id: &str, y: u32| json!({ "id": id, "x": 0, "y": y, "w": 12, "h": 1 });
    assert_eq!(
        info["app"]["layouts"],
        json!({ "profile": [], "registration": [row(&tea.id, 0), row(&fields[1].id, 1)] })
    );

    let form = Form::on(&html, &format!("/fields/{}", tea.id));
    assert_eq!(form.value("registration"), "on");
    let form = form
        .typing("friendly_name", Some("Tea"))
        .typing("registration", None)
        .typing("profile", Some("on"));
    let answer = owner.send(&form).await;
    assert_eq!(
        answer.location(),
        format!("{path}?done=field-changed#field-{}", tea.id)
    );
    let info = app.anonymous().get("").await.expect(200);
    let layouts = json!({ "profile": [row(&tea.id, 0)], "registration": [row(&fields[1].id, 0)] });
    assert_eq!(info["app"]["layouts"], layouts);

    let html = page("").await;
    let up = Form::on(&html, &format!("/fields/{}/up", fields[1].id));
    assert_eq!(owner.send(&up).await.status, 303);
    assert_eq!(app.field_names().await, ["born", "tea"]);
    // It was moved up already: the first stays where it is.
    assert_eq!(owner.send(&up).await.status, 303);
    assert_eq!(app.field_names().await, ["born", "tea"]);
    assert!(!page("").await.contains(&format!("{}/up", fields[1].id)));
    let down = Form::on(&page("").await, &format!("/fields/{}/down", fields[1].id));
    assert_eq!(owner.send(&down).await.status, 303);
    assert_eq!(app.field_names().await, ["tea", "born"]);

    app.set(|settings| settings.token_metadata = vec!["tea".into()])
        .await;
    let html = page("").await;
    assert!(html.contains("carried by auth tokens"), "{html}");
    let remove = Form::on(&html, &format!("/fields/{}/remove", tea.id));
    assert_eq!(owner.send(&remove).await.status, 303);
    assert_eq!(app.field_names().await, ["born"]);
    assert!(app.record().await.settings.token_metadata.is_empty());
    assert_eq!(
        app.changes().await,
        [
            "settings_changed: Metadata in auth tokens: tea → none",
            "settings_changed: User fields: born added (date, asked at sign-up)",
            "settings_changed: User fields: order born, tea",
            "settings_changed: User fields: order tea, born",
            "settings_changed: User fields: tea added (string, asked at sign-up)",
            "settings_changed: User fields: tea removed",
            "settings_changed: User fields: tea: Favourite <tea> → Tea, asked at sign-up off, changed by users on",
        ]
    );
}

async fn what_is_wrong_stands_at_its_input(app: TestApp) {
    let owner = owner(&app).await;
    app.has_fields(&["tea"]).await;
    let before = app.rows().await;
    let html = owner.get(&app.page("/fields")).await.text();
    let form = Form::on(&html, "/fields")
        .typing("field_name", Some("Tea"))
        .typing("friendly_name", Some("<script>"))
        .typing("type", Some("number"))
        .typing("profile", Some("on"));
    let answer = owner.send(&form).await;
    assert_eq!(answer.status, 400);
    let html = answer.text();
    for words in [
        "id=\"field_name-error\">The app has a field <code>tea</code> already",
        "id=\"type-error\">The type must be one of string",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert_eq!(html.matches(" autofocus").count(), 1);
    let again = Form::on(&html, "/fields");
    for (name, typed) in [
        ("field_name", "Tea"),
        ("friendly_name", "<script>"),
        ("profile", "on"),
    ] {
        assert_eq!(again.value(name), typed);
    }
    assert!(!html.contains("<script>"));

    let id = &app.fields().await[0].id;
    let form = Form::on(&html, &format!("/fields/{id}")).typing("friendly_name", Some("  "));
    let answer = owner.send(&form).await;
    assert_eq!(answer.status, 400);
    let html = answer.text();
    let said = format!("id=\"friendly_name-{id}-error\">Write what people see");
    assert!(
        html.contains(&said) && html.contains("<details class=\"ask\" open>"),
        "{html}"
    );
    for name in [
        "",
        "1st",
        "a-b",
        "__proto__",
        "email",
        &"x".repeat(10_000),
        "\u{0}",
    ] {
        let fields = [
            ("field_name", name),
            ("friendly_name", "A field"),
            ("type", "string"),
        ];
        let answer = owner.post(&app.page("/fields"), &fields).await;
        assert_eq!(answer.status, 400, "{name}");
        assert!(answer.text().contains("id=\"field_name-error\""), "{name}");
    }
    assert_eq!(owner.post(&app.page("/fields"), &[]).await.status, 400);
    assert!(before.changes(&app).await.is_empty());
}

async fn what_is_gone_is_not_changed(app: TestApp) {
    let owner = owner(&app).await;
    app.has_fields(&["tea"]).await;
    let before = app.rows().await;
    for rest in ["", "/up", "/down", "/remove"] {
        let path = app.page(&format!("/fields/nosuchfieldnosuchfield00{rest}"));
        let answer = owner.post(&path, &[("friendly_name", "Tea")]).await;
        assert_eq!(answer.status, 404, "{rest}");
        let html = answer.text();
        assert!(html.contains("Look at its fields again"), "{rest}: {html}");
    }
    let id = &app.fields().await[0].id;
    let unknown = owner
        .post(&app.page(&format!("/fields/{id}/double")), &[])
        .await;
    assert_eq!(unknown.status, 404);
    assert!(before.changes(&app).await.is_empty());
}

async fn of_two_who_add_the_same_field_one_is_told(app: TestApp) {
    let owner = owner(&app).await;
    let fields = [
        ("field_name", "tea"),
        ("friendly_name", "Tea"),
        ("type", "string"),
    ];
    let path = app.page("/fields");
    let (one, other) = tokio::join!(owner.post(&path, &fields), owner.post(&path, &fields));
    let mut answers = [one.status, other.status];
    answers.sort_unstable();
    assert_eq!(answers, [303, 400]);
    assert_eq!(app.field_names().await, ["tea"]);
}

async fn fifty_fields_are_the_most(app: TestApp) {
    let owner = owner(&app).await;
    let names: Vec<_> = (0..50).map(|n| format!("f{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    app.has_fields(&names).await;
    let html = owner.get(&app.page("/fields")).await.text();
    assert!(html.contains("An app can have 50 fields"), "{html}");
    assert!(!html.contains("Add the field"));
    let fields = [
        ("field_name", "tea"),
        ("friendly_name", "Tea"),
        ("type", "string"),
    ];
    let answer = owner.post(&app.page("/fields"), &fields).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer
            .text()
            .contains("An app can have 50 fields, and this one has them. Remove one that")
    );
    assert_eq!(app.fields().await.len(), 50);
}

async fn a_viewer_looks_and_changes_nothing(app: TestApp) {
    app.has_fields(&["tea", "born"]).await;
    let console = app.console().await;
    let viewer = console
        .member_of(&app.id, "viewer@example.com", Role::Viewer)
        .await;
    let html = viewer.get(&app.page("/fields")).await.text();
    assert!(
        html.contains("You are a viewer") && html.contains("The tea"),
        "{html}"
    );
    assert!(
        !html.contains("/up\"") && !html.contains("/remove\"") && !html.contains("Add a field")
    );
    let before = app.rows().await;
    let id = &app.fields().await[0].id;
    for rest in [
        String::new(),
        format!("/{id}"),
        format!("/{id}/down"),
        format!("/{id}/remove"),
    ] {
        let answer = viewer.post(&app.page(&format!("/fields{rest}")), &[]).await;
        assert_eq!(answer.status, 403, "{rest}");
    }
    assert!(before.changes(&app).await.is_empty());
}

async fn the_consoles_own_app_has_none(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    let path = console.app.page("/fields");
    assert_eq!(operator.get(&path).await.status, 404);
    let settings = operator.get(&console.app.page("/settings")).await.text();
    assert!(!settings.contains("User fields"), "{settings}");
    let fields = [
        ("field_name", "tea"),
        ("friendly_name", "Tea"),
        ("type", "string"),
    ];
    assert_eq!(operator.post(&path, &fields).await.status, 403);
    assert!(console.app.fields().await.is_empty());
}

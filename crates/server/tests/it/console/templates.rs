//! What apps say in their messages: the list, the editor, previews, tests.

use ginnel::domain::members::Role;
use ginnel::domain::metadata::{FieldType, MetadataField};
use ginnel::messages::sender::Sender;
use ginnel::messages::{Channel, Kind, Language, State};

use super::Form;
use super::settings::owner;
use crate::messages::send_by;
use crate::support::{Member, TestApp, stories};

stories!(
    every_message_can_be_opened_and_saved_as_it_is,
    own_words_are_saved_sent_and_taken_back,
    what_is_wrong_stands_at_its_text_and_nothing_is_saved,
    a_preview_stores_nothing_and_runs_nothing,
    a_test_goes_to_the_member_alone,
    a_test_has_the_limits_of_messages,
    a_test_leaves_by_the_mail_server,
    long_texts_are_taken_up_to_their_limit,
    strange_input_is_text,
    the_apps_own_fields_are_among_the_variables,
    a_viewer_looks_and_an_admin_saves,
    the_consoles_own_app_has_no_such_page,
);

const SIGN_IN: &str = "/messages/email/sign_in";

impl TestApp {
    /// Path of the editor of the sign-in mail in English.
    fn editor(&self) -> String {
        self.page(&format!("{SIGN_IN}?language=en"))
    }
}

/// The form of the sign-in mail in English.
async fn form(member: &Member, app: &TestApp) -> Form {
    let page = member.get(&app.editor()).await;
    assert_eq!(page.status, 200, "{}", page.text());
    Form::on(&page.text(), &format!("{SIGN_IN}?language=en"))
}

/// The form with another button pressed.
fn pressed(form: Form, button: &str) -> Form {
    let action = form.action.replace("?", &format!("/{button}?"));
    Form { action, ..form }
}

async fn every_message_can_be_opened_and_saved_as_it_is(app: TestApp) {
    let owner = owner(&app).await;
    let list = owner.get(&app.page("/messages")).await.text();
    assert_eq!(list.matches(">built in<").count(), 17);
    assert!(!list.contains("invitation"), "{list}");
    for channel in Channel::ALL {
        for kind in ginnel::domain::message_templates::kinds(channel) {
            let path = format!("/messages/{}/{}", channel.as_str(), kind.as_str());
            let link = format!("href=\"{}?language=en\"", app.page(&path));
            assert!(list.contains(&link), "{link}");
            let path = app.page(&format!("{path}?language=pl"));
            let page = owner.get(&path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text());
            let html = page.text();
            assert!(
                !html.contains("notice bad") && !html.contains("notice warn"),
                "{path}"
            );
            let form = Form::on(&html, &path);
            let saved = owner.send(&form).await;
            assert!(saved.location().ends_with("&done=template-saved"), "{path}");
        }
    }
    // The built-in words are nobody's own.
    assert_eq!(app.changes().await, [""; 0]);
    let id = app.id.clone();
    assert_eq!(app.read(move |tx| tx.list_template_names(&id)).await, []);
    for nothing in [
        "/messages/email/nothing",
        "/messages/email/invitation",
        "/messages/sms/passkey_added",
        "/messages/pigeon/sign_in",
        "/messages/email/sign_in?language=xx",
    ] {
        assert_eq!(owner.get(&app.page(nothing)).await.status, 404, "{nothing}");
    }
}

async fn own_words_are_saved_sent_and_taken_back(app: TestApp) {
    let owner = owner(&app).await;
    let form = form(&owner, &app)
        .await
        .typing("subject", Some(" Come in, {{ app.name }}\r\n "))
        .typing("text", Some("Hello\r\n{{ magic_link.url }}"))
        .typing(
            "html",
            Some("<p>Hello <a href=\"{{ magic_link.url }}\">in</a></p>"),
        );
    assert_eq!(owner.send(&form).await.status, 303);
    // The same once more is no change.
    assert_eq!(owner.send(&form).await.status, 303);
    let html = owner.get(&app.editor()).await.text();
    assert!(
        html.contains(">your words<") && html.contains("Come in, Acme"),
        "{html}"
    );
    // A message may carry a code alone, and these words say nothing then.
    assert!(html.contains("A message with a code alone goes out with the built-in words"));
    let list = owner.get(&app.page("/messages")).await.text();
    assert_eq!(
        list.matches("<span class=\"badge good\">English</span>")
            .count(),
        1
    );
    let german = owner
        .get(&app.page(&format!("{SIGN_IN}?language=de")))
        .await
        .text();
    assert!(
        german.contains("people get your words in English"),
        "{german}"
    );

    app.user("ada").await;
    let asking = app
        .anonymous()
        .asked("login", "ada@example.com", None)
        .await;
    Sender::new(app.app.clone()).send_due().await;
    let inbox = owner.get(&app.page("/inbox")).await.text();
    assert!(inbox.contains("Come in, Acme"), "{inbox}");
    let id = app.read(|tx| tx.list_messages(1)).await.remove(0).id;
    let mail = owner.get(&app.page(&format!("/inbox/{id}"))).await.text();
    assert!(
        mail.contains(&format!("Hello\n{}", asking.letter.link.as_ref().unwrap())),
        "{mail}"
    );

    let reset = owner
        .post(&app.page(&format!("{SIGN_IN}/reset?language=en")), &[])
        .await;
    assert!(reset.location().ends_with("&done=template-reset"));
    let again = owner
        .post(&app.page(&format!("{SIGN_IN}/reset?language=en")), &[])
        .await;
    assert_eq!(again.status, 303);
    let inbox = owner.get(&app.page("/inbox")).await.text();
    assert!(inbox.contains("Sign in to Acme"), "{inbox}");
    assert_eq!(
        app.changes().await,
        [
            "template_changed: sign_in by email in en",
            "template_changed: sign_in by email in en: as built in again",
        ]
    );
    let audit = owner.get(&app.page("/audit")).await.text();
    assert!(audit.contains("Message template changed"), "{audit}");
}

async fn what_is_wrong_stands_at_its_text_and_nothing_is_saved(app: TestApp) {
    let owner = owner(&app).await;
    let before = app.rows().await;
    for (part, typed, sentence) in [
        ("subject", "{% if", "unexpected end"),
        ("text", "Hello", "neither the link nor the code is in it"),
        (
            "html",
            "<p>Hello</p>",
            "neither the link nor the code is in it",
        ),
        (
            "html",
            "{{if .x}}{{.magic_link.url}}{{end}}",
            "and not as in Go",
        ),
        (
            "text",
            "\n{{ otp.code|safe }}",
            "line 2: filter safe is unknown",
        ),
        (
            "text",
            "{{ otp.code }}{% for x in range(9999) %}{% for x in range(9999) %}{% endfor %}{% endfor %}",
            "too long to fill in",
        ),
    ] {
        for button in ["", "test"] {
            let form = form(&owner, &app).await.typing(part, Some(typed));
            let form = if button.is_empty() {
                form
            } else {
                pressed(form, button)
            };
            let answer = owner.send(&form).await;
            assert_eq!(answer.status, 400, "{typed}");
            let html = answer.text();
            assert!(
                html.contains(&format!("id=\"{part}-error\">")),
                "{typed}: {html}"
            );
            assert!(html.contains(sentence), "{typed}: {html}");
            assert_eq!(html.matches("aria-invalid=\"true\"").count(), 1, "{typed}");
            let again = Form::on(&html, &format!("{SIGN_IN}?language=en"));
            assert_eq!(again.value(part), typed);
        }
    }
    assert!(before.changes(&app).await.is_empty());
}

async fn a_preview_stores_nothing_and_runs_nothing(app: TestApp) {
    let owner = owner(&app).await;
    let before = app.rows().await;
    let hostile =
        "<script>alert(1)</script><img src=x onerror=alert(1)> {{ otp.code }}\"></iframe>";
    let form = form(&owner, &app)
        .await
        .typing("subject", Some("For {{ user.email }}"))
        .typing("html", Some(hostile));
    let answer = owner.send(&pressed(form, "preview")).await;
    assert_eq!(answer.status, 200);
    let html = answer.text();
    assert!(html.contains("For ada@example.com") && html.contains("nothing is saved yet"));
    assert!(!html.contains("<script>alert"), "{html}");
    assert_eq!(html.matches("</iframe>").count(), 1);
    assert!(
        html.contains("sandbox=\"\" srcdoc=\"&#60;script&#62;"),
        "{html}"
    );
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"));
    assert!(before.changes(&app).await.is_empty());
}

async fn a_test_goes_to_the_member_alone(app: TestApp) {
    let owner = owner(&app).await;
    let form = form(&owner, &app)
        .await
        .typing("subject", Some("A draft"))
        .typing("to", Some("eve@example.com"));
    let answer = owner.send(&pressed(form, "test")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let html = answer.text();
    assert!(
        html.contains("A test to owner@example.com is in the app&#39;s inbox"),
        "{html}"
    );
    let mut letters = app.letters().await;
    let letter = letters.pop().unwrap();
    assert_eq!(
        (letter.to.as_str(), letter.kind),
        ("owner@example.com", Kind::SignIn)
    );
    assert_eq!(letter.words.unwrap().subject, "A draft");
    // Nothing is saved, and the test says what was typed, whatever is saved later.
    assert_eq!(app.changes().await, [""; 0]);
    Sender::new(app.app.clone()).send_due().await;
    let inbox = owner.get(&app.page("/inbox")).await.text();
    assert!(inbox.contains("A draft"), "{inbox}");
    let text = owner
        .post(
            &app.page("/messages/sms/sign_in/test?language=en"),
            &[("text", "{{ otp.code }}")],
        )
        .await;
    assert_eq!(text.status, 400);
    assert!(text.text().contains("has no phone number"));
}

async fn a_test_has_the_limits_of_messages(app: TestApp) {
    let app = app.configured(|config| config.messages_per_address_per_hour = 2);
    let owner = owner(&app).await;
    for status in [200, 200, 429] {
        let form = form(&owner, &app).await.typing("subject", Some("Kept"));
        let answer = owner.send(&pressed(form, "test")).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        let again = Form::on(&answer.text(), &format!("{SIGN_IN}?language=en"));
        assert_eq!(again.value("subject"), "Kept");
    }
    let tests = app.letters().await;
    assert_eq!(
        tests.iter().filter(|letter| letter.words.is_some()).count(),
        2
    );
}

async fn a_test_leaves_by_the_mail_server(app: TestApp) {
    let app = app.configured(|config| send_by(config, 1));
    let owner = owner(&app).await;
    let path = app.page("/messages/email/sign_in/test?language=en");
    let answer = owner.post(&path, &[("text", "{{ otp.code }}")]).await;
    let html = answer.text();
    assert!(
        html.contains("A test is on its way to owner@example.com"),
        "{html}"
    );
    let waiting = app
        .read(|tx| tx.list_messages_in_state(State::Waiting, 10))
        .await;
    assert_eq!(waiting.len(), 1);
}

async fn long_texts_are_taken_up_to_their_limit(app: TestApp) {
    let owner = owner(&app).await;
    let text = |length: usize| {
        let code = "{{ otp.code }}";
        format!("{code}{}", "ü".repeat((length - code.len()) / 2))
    };
    for (part, length, status) in [
        ("text", 20_000, 303),
        ("text", 20_002, 400),
        ("html", 100_000, 303),
        ("html", 100_002, 400),
        ("html", 400_000, 413),
    ] {
        let form = form(&owner, &app).await.typing(part, Some(&text(length)));
        let answer = owner.send(&form).await;
        assert_eq!(answer.status, status, "{part} {length}");
        if status == 400 {
            assert!(answer.text().contains("Write less."));
        }
    }
    let subject = form(&owner, &app)
        .await
        .typing("subject", Some(&"x".repeat(201)));
    assert_eq!(owner.send(&subject).await.status, 400);
    let sms = app.page("/messages/sms/sign_in?language=en");
    let typed = format!("{{{{ otp.code }}}}{}", "x".repeat(600));
    assert_eq!(owner.post(&sms, &[("text", &typed)]).await.status, 400);
    // Other forms stay small.
    let form = super::settings::form(&owner, &app, "general").await;
    let form = form.typing("name", Some(&"x".repeat(70_000)));
    assert_eq!(owner.send(&form).await.status, 413);
}

async fn strange_input_is_text(app: TestApp) {
    let owner = owner(&app).await;
    for typed in [
        "</textarea><script>alert(1)</script>{{ otp.code }}",
        "\u{0}\u{1f}\u{202e}{{ otp.code }}",
        "\n\n{{ otp.code }}\n",
    ] {
        let form = form(&owner, &app)
            .await
            .typing("subject", Some(typed))
            .typing("text", Some(typed))
            .typing("html", Some(typed));
        let answer = owner.send(&form).await;
        assert_eq!(answer.status, 303, "{typed:?}: {}", answer.text());
        let html = owner.get(&app.editor()).await.text();
        assert!(!html.contains("<script>alert"), "{html}");
        let again = self::form(&owner, &app).await;
        let expected: String = typed
            .chars()
            .filter(|c| *c == '\n' || !c.is_control())
            .collect();
        assert_eq!(again.value("text"), expected);
    }
}

async fn the_apps_own_fields_are_among_the_variables(app: TestApp) {
    let field = |name: &str, kind| MetadataField {
        id: "0VboZvWiQGnQ4OjtxeqERFhe".to_owned(),
        field_name: name.to_owned(),
        friendly_name: format!("The {name}"),
        r#type: kind,
        registration: false,
        profile: false,
    };
    app.set(|settings| {
        settings.metadata_schema = vec![
            field("first_name", FieldType::String),
            field("age", FieldType::Integer),
            field("born", FieldType::Date),
        ];
    })
    .await;
    let owner = owner(&app).await;
    let html = owner.get(&app.editor()).await.text();
    assert!(
        html.contains("{{ user.user_metadata.first_name }}"),
        "{html}"
    );
    let draft = "{{ user.first_name }}/{{ user.user_metadata.age }}/{{ user.born }}";
    let form = form(&owner, &app).await.typing("subject", Some(draft));
    let html = owner.send(&pressed(form, "preview")).await.text();
    assert!(html.contains("The first_name/42/2030-12-31"), "{html}");
}

async fn a_viewer_looks_and_an_admin_saves(app: TestApp) {
    let console = app.console().await;
    let viewer = console
        .member_of(&app.id, "viewer@example.com", Role::Viewer)
        .await;
    let html = viewer.get(&app.editor()).await.text();
    assert!(
        html.contains("You are a viewer") && html.contains("disabled"),
        "{html}"
    );
    assert!(!html.contains(">Save<") && !html.contains("data-insert") && !html.contains("hx-post"));
    for button in ["", "/preview", "/test", "/reset"] {
        let path = app.page(&format!("{SIGN_IN}{button}?language=en"));
        let answer = viewer.post(&path, &[("text", "{{ otp.code }}")]).await;
        assert_eq!(answer.status, 403, "{button}");
    }
    let admin = console
        .member_of(&app.id, "admin@example.com", Role::Admin)
        .await;
    let form = form(&admin, &app).await.typing("subject", Some("Hi"));
    assert_eq!(admin.send(&form).await.status, 303);
    let id = app.id.clone();
    assert_eq!(
        app.read(move |tx| tx.list_template_names(&id)).await,
        [(Channel::Email, Kind::SignIn, Language::En)]
    );
}

async fn the_consoles_own_app_has_no_such_page(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    let own = &console.app;
    for path in ["/messages", SIGN_IN] {
        assert_eq!(operator.get(&own.page(path)).await.status, 404);
    }
    let save = operator.post(&own.page(SIGN_IN), &[("text", "{{ otp.code }}")]);
    assert_eq!(save.await.status, 404);
    assert!(
        !operator
            .get(&own.page(""))
            .await
            .text()
            .contains("/messages")
    );
}

//! Apps' own words of messages: what is filled in, and what goes out when that fails.

use std::collections::BTreeSet;

use ginnel::domain::message_templates::{Draft, Template};
use ginnel::domain::users::{Origin, User};
use ginnel::messages::letter::Rendered;
use ginnel::messages::sender::Sender;
use ginnel::messages::templates::{self, Part, Written};
use ginnel::messages::{Channel, Kind, Language, Letter, Message};
use serde_json::json;

use super::{LINK_SECRET, letter, message};
use crate::support::{TestApp, stories};

stories!(
    every_variable_has_its_value,
    what_is_missing_is_empty,
    passages_way_of_writing_works,
    starting_texts_say_what_the_built_in_words_say,
    starting_text_messages_say_what_the_built_in_words_say,
    what_cannot_be_used_is_replaced_and_told_once,
    a_part_needs_the_link_or_the_code,
    what_users_write_is_never_markup,
    what_a_stranger_wrote_is_no_link,
    a_subject_is_one_line,
    languages_fall_back,
    whoever_else_is_asked_learns_nothing_of_the_user,
    templates_go_with_their_app,
);

/// A template whose parts are all this.
pub fn everywhere(text: &str) -> Draft {
    Draft {
        subject: text.to_owned(),
        text: text.to_owned(),
        html: text.to_owned(),
    }
}

impl TestApp {
    /// Stores a template past the checks of the Console.
    pub async fn store_template(&self, kind: Kind, language: Language, draft: Draft) {
        let template = Template {
            channel: Channel::Email,
            kind,
            language,
            draft,
            updated_at: self.now(),
        };
        let id = self.id.clone();
        self.write(move |tx| tx.update_template(&id, &template))
            .await;
    }

    /// A message about a user, as it would go out now.
    async fn written(&self, letter: &Letter, user: Option<&User>) -> Written {
        let message = Message {
            user_id: user.map(|user| user.id.clone()),
            ..message(&self.app, &self.record().await, letter)
        };
        templates::find_and_write(&self.app, &message, letter.clone())
            .await
            .unwrap()
    }

    /// The same for ada and a template of all parts; the text part.
    async fn filled(&self, template: &str) -> String {
        // The link makes it a template that may be used.
        let template = format!("{template}\n{{{{ magic_link.url }}}}");
        self.store_template(Kind::SignIn, Language::En, everywhere(&template))
            .await;
        let user = self.stored_user("ada@example.com").await;
        let written = self
            .written(&letter("ada@example.com"), user.as_ref())
            .await;
        assert_eq!(written.problems, []);
        let link = letter("ada@example.com").link.unwrap();
        let text = written.words.text.strip_suffix(&link).unwrap();
        text.trim_end_matches('\n').to_owned()
    }

    /// A user with metadata, whose address is proven or not.
    async fn user_with(&self, email: &str, metadata: serde_json::Value, is_proven: bool) -> User {
        let made = self.made_user(email, Origin::SignUp).await;
        let (id, metadata) = (made.id.clone(), metadata.to_string());
        self.write(move |tx| {
            ginnel::store::testing::execute(
                tx,
                "UPDATE users SET user_metadata = $2, email_verified = $3 WHERE id = $1",
                &[&id, &metadata, &is_proven],
            )
        })
        .await;
        self.stored_user(email).await.unwrap()
    }

    /// What is told of templates that failed.
    async fn failures(&self) -> Vec<String> {
        let (id, since) = (self.id.clone(), ginnel::time::Timestamp::from_millis(0));
        let newest = ginnel::domain::paging::Cursor::newest();
        let events = self
            .read(move |tx| tx.list_events(&id, since, &newest, 1000))
            .await;
        let failed = events
            .into_iter()
            .filter(|event| event.kind.as_str() == "template_failed");
        failed.map(|event| event.detail.unwrap()).collect()
    }
}

async fn every_variable_has_its_value(app: TestApp) {
    let user = app
        .user_with(
            "ada@example.com",
            json!({ "first_name": "Ada", "age": 36, "vip": true, "born": "1815-12-10", "status": "own" }),
            true,
        )
        .await;
    let link = letter("ada@example.com").link.unwrap();
    for (name, value) in [
        ("app.id", app.id.as_str()),
        ("app.name", "Acme"),
        ("app.auth_origin", "http://localhost:8080"),
        ("app.login_url", &app.record().await.settings.login_url),
        ("app.login_page", "http://localhost:8080/"),
        ("magic_link.url", &link),
        ("magic_link.ttl", "15"),
        ("magic_link.lifetime", "15 minutes"),
        ("magic_link.locale", "en"),
        ("otp.code", "493027"),
        ("otp.ttl", "5"),
        ("otp.lifetime", "5 minutes"),
        ("user.id", user.id.as_str()),
        ("user.email", "ada@example.com"),
        ("user.phone", ""),
        ("user.status", "active"),
        ("user.email_verified", "true"),
        ("user.first_name", "Ada"),
        ("user.user_metadata.first_name", "Ada"),
        ("user.user_metadata.age", "36"),
        ("user.vip", "true"),
        ("user.born", "1815-12-10"),
        ("user.user_metadata.status", "own"),
        ("device", "Chrome on Windows"),
    ] {
        let filled = app.filled(&format!("<{{{{ {name} }}}}>")).await;
        assert_eq!(filled, format!("<{value}>"), "{name}");
    }
    for (kind, name, value) in [
        (Kind::PasskeyAdded, "passkey", "Blue key"),
        (Kind::PasskeyRemoved, "passkey", "Blue key"),
        (Kind::AddressChanged, "address", "Blue key"),
        (Kind::PasskeyAdded, "magic_link.url", ""),
    ] {
        let draft = everywhere(&format!("<{{{{ {name} }}}}>"));
        app.store_template(kind, Language::En, draft).await;
        let letter = Letter {
            kind,
            detail: Some("Blue key".to_owned()),
            ..letter("ada@example.com")
        };
        let written = app.written(&letter, Some(&user)).await;
        assert_eq!(written.words.text, format!("<{value}>"), "{name}");
    }
}

async fn what_is_missing_is_empty(app: TestApp) {
    for name in [
        "nothing",
        "nothing.at.all",
        "user.id",
        "user.user_metadata.first_name",
        "user.status.x.y",
        "passkey",
        "app.secret",
        "otp.code.x",
    ] {
        assert_eq!(
            app.filled(&format!("<{{{{ {name} }}}}>")).await,
            "<>",
            "{name}"
        );
    }
    // Who signs up is nobody yet, but has an address.
    assert_eq!(app.filled("{{ user.email }}").await, "ada@example.com");
    let conditions = "{% if user.first_name %}Hi {{ user.first_name }}{% else %}Hello{% endif %}";
    assert_eq!(app.filled(conditions).await, "Hello");
    let with_default = "{{ user.first_name|default('friend')|upper }}";
    assert_eq!(app.filled(with_default).await, "FRIEND");
}

async fn passages_way_of_writing_works(app: TestApp) {
    app.user_with("ada@example.com", json!({ "first_name": "Ada" }), true)
        .await;
    for (template, text) in [
        ("{{.app.name}}", "Acme"),
        ("{{ .app.name }}", "Acme"),
        ("a {{- .app.name -}} b", "aAcmeb"),
        ("{{.user.user_metadata.first_name}}", "Ada"),
        ("{{.user.user_metadata.unknown}}", ""),
        ("{{ 0.5 }}{{.magic_link.ttl}}", "0.515"),
        ("Never {{ '.app' }}", "Never .app"),
    ] {
        assert_eq!(app.filled(template).await, text, "{template}");
    }
}

async fn starting_texts_say_what_the_built_in_words_say(app: TestApp) {
    let record = app.record().await;
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for kind in ginnel::domain::message_templates::kinds(Channel::Email) {
        for language in Language::ALL {
            let Rendered {
                subject,
                text,
                html,
            } = Rendered::starting(Channel::Email, kind, language).unwrap();
            let draft = Draft {
                subject,
                text,
                html,
            };
            let mut letter = Letter {
                kind,
                language,
                detail: Some("Blue key".to_owned()),
                ..letter("ada@example.com")
            };
            if !kind.asks_for_proof() {
                letter.link = Some(record.login_page(None).into());
                letter.code = None;
            }
            // With and without what a letter may lack.
            for (has_code, has_device) in [(true, true), (false, true), (true, false)] {
                let letter = Letter {
                    code: letter.code.clone().filter(|_| has_code),
                    device: letter.device.clone().filter(|_| has_device),
                    ..letter.clone()
                };
                let filled = templates::fill(&draft, &letter, &record, None).unwrap();
                assert_eq!(filled.problems, [], "{kind:?} {language:?}");
                let own = letter.render().unwrap();
                assert_eq!(filled.words.subject, own.subject);
                assert_eq!(squeezed(&filled.words.text), squeezed(&own.text));
                if has_device {
                    let (filled, own) = (squeezed(&filled.words.html), squeezed(&own.html));
                    assert_eq!(
                        filled.replace("> ", ">").replace(" <", "<"),
                        own.replace("> ", ">").replace(" <", "<")
                    );
                }
            }
        }
    }
}

async fn starting_text_messages_say_what_the_built_in_words_say(app: TestApp) {
    let record = app.record().await;
    for kind in ginnel::domain::message_templates::kinds(Channel::Sms) {
        for language in Language::ALL {
            let starting = Rendered::starting(Channel::Sms, kind, language).unwrap();
            let draft = Draft {
                text: starting.text,
                ..Draft::default()
            };
            assert!(draft.text.chars().count() <= 600);
            for (has_link, has_code) in [(true, true), (true, false), (false, true)] {
                let full = letter("+15550100");
                let letter = Letter {
                    kind,
                    language,
                    link: full.link.clone().filter(|_| has_link),
                    code: full.code.clone().filter(|_| has_code),
                    host: Some("localhost".to_owned()),
                    ..full
                };
                let filled = templates::fill(&draft, &letter, &record, None).unwrap();
                assert_eq!(filled.problems, []);
                assert_eq!(filled.words, letter.render().unwrap());
            }
        }
    }
    // What becomes too long is not sent.
    let draft = Draft {
        text: "{{ otp.code }}{% for x in range(100) %}1234567890{% endfor %}".to_owned(),
        ..Draft::default()
    };
    let filled = templates::fill(&draft, &letter("+15550100"), &record, None).unwrap();
    assert!(
        filled.problems[0]
            .reason
            .contains("longer than 600 characters")
    );
}

/// Sends a sign-in mail with this template in all parts; what went out and what was told.
async fn sent_with(app: &TestApp, draft: Draft) -> (Rendered, Vec<String>) {
    app.store_template(Kind::SignIn, Language::En, draft).await;
    let letter = letter("ada@example.com");
    let id = app.store_message(&letter).await;
    Sender::new(app.app.clone()).send_due().await;
    let message = app.stored_message(&id).await;
    let written = templates::find_and_write(&app.app, &message, letter).await;
    // A message may be tried often.
    templates::note_failure(&app.app, &message, written.as_ref().unwrap()).await;
    let told = app.failures().await;
    (written.unwrap().words, told)
}

async fn what_cannot_be_used_is_replaced_and_told_once(app: TestApp) {
    let built_in = letter("ada@example.com").render().unwrap();
    let long_loop = "{% for a in 'aaaaaaaaaaaaaaaa' %}{% for b in 'aaaaaaaaaaaaaaaa' %}{% for c in 'aaaaaaaaaaaaaaaa' %}{% for d in 'aaaaaaaaaaaaaaaa' %}x{% endfor %}{% endfor %}{% endfor %}{% endfor %}";
    let doubling = format!(
        "{{% set x = 'aaaaaaaa' %}}{}{{{{ x }}}}",
        "{% set x = x ~ x %}".repeat(40)
    );
    let counting = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    let deep = "(".repeat(5_000);
    let mut told = 0;
    for (template, reason) in [
        ("{% if x %}", "syntax error"),
        ("\n\n{{ app.name", "line 3: "),
        ("{{if .app.name}}x{{end}}", "is written `{% if otp.code %}`"),
        ("x\n{{- range .x }}", "line 2: a condition is written"),
        ("{{ app.name|nothing }}", "filter nothing is unknown"),
        ("{{ app.name|safe }}", "filter safe is unknown"),
        ("{{ nothing() }}", "unknown"),
        ("{{ otp.code / 2 }}", "invalid operation"),
        ("{% include 'x' %}", ""),
        ("{{ 'x' * 100000000000 }}", "too long to fill in"),
        (long_loop, "too long to fill in"),
        (counting, "too long to fill in"),
        (&doubling, "too long to fill in"),
        (&format!("{{{{ {deep} }}}}"), ""),
        ("{{ nothing }}", "nothing is left of it"),
        (
            &format!(
                "{{% for x in range(900) %}}{}{{% endfor %}}",
                "äöü".repeat(60)
            ),
            "it becomes larger than",
        ),
    ] {
        for part in [Part::Subject, Part::Text, Part::Html] {
            let mut draft = Draft::default();
            match part {
                Part::Subject => draft.subject = template.to_owned(),
                Part::Text => draft.text = template.to_owned(),
                Part::Html => draft.html = template.to_owned(),
            }
            if part == Part::Subject && reason == "it becomes larger than" {
                continue;
            }
            let (words, failures) = sent_with(&app, draft).await;
            assert_eq!(words, built_in, "{template}");
            told += 1;
            assert_eq!(failures.len(), told, "{template}");
            let newest = &failures[0];
            assert!(
                newest.starts_with(&format!("sign_in, {part}: ")),
                "{newest}"
            );
            assert!(
                newest.to_lowercase().contains(reason)
                    || newest.contains(reason)
                    || reason == "syntax error",
                "{template}: {newest}"
            );
            assert!(
                !newest.contains(LINK_SECRET) && !newest.contains("493027"),
                "{newest}"
            );
            app.advance(1);
        }
    }
}

async fn a_part_needs_the_link_or_the_code(app: TestApp) {
    let record = app.record().await;
    let full = Letter {
        link: Some("http://localhost:8080/login?a=1&psg_magic_link=x".to_owned()),
        ..letter("ada@example.com")
    };
    let without_link = Letter {
        link: None,
        ..full.clone()
    };
    let without_code = Letter {
        code: None,
        ..full.clone()
    };
    let link = "Go {{ magic_link.url }}";
    let code = "Type {{ otp.code }}";
    for (letter, template, is_fine) in [
        (&full, link, true),
        (&full, code, true),
        (&full, "Nothing", false),
        (&full, "{{ magic_link.url|urlencode }}", false),
        (&full, "{{ magic_link.lifetime }}", false),
        (&without_link, link, false),
        (&without_link, code, true),
        (&without_code, link, true),
        (&without_code, code, false),
    ] {
        for part in [Part::Text, Part::Html] {
            let draft = match part {
                Part::Html => Draft {
                    html: template.to_owned(),
                    text: "{{ magic_link.url }}{{ otp.code }}".to_owned(),
                    ..Draft::default()
                },
                _ => Draft {
                    text: template.to_owned(),
                    html: "{{ magic_link.url }}{{ otp.code }}".to_owned(),
                    ..Draft::default()
                },
            };
            let filled = templates::fill(&draft, letter, &record, None).unwrap();
            let wrong: Vec<_> = filled.problems.iter().map(|problem| problem.part).collect();
            let expected = if is_fine { vec![] } else { vec![part] };
            assert_eq!(wrong, expected, "{template}");
        }
    }
    // A notice has nothing to sign in with.
    let notice = Letter {
        kind: Kind::PasskeyAdded,
        detail: Some("key".to_owned()),
        ..full
    };
    let filled = templates::fill(&everywhere("New key"), &notice, &record, None).unwrap();
    assert_eq!(filled.problems, []);
    assert_eq!(filled.words.html, "New key");
}

async fn what_users_write_is_never_markup(app: TestApp) {
    let hostile = "</p><script>alert('1')</script>{{ otp.code }}\" onerror=x &amp;";
    let user = app
        .user_with("ada@example.com", json!({ "first_name": hostile }), true)
        .await;
    for template in [
        "{{ user.first_name }}",
        "{{ user.user_metadata.first_name }}",
        "{% autoescape false %}{{ user.first_name }}{% endautoescape %}",
        "{% set x = user.first_name %}{{ x }}",
        "{% set x %}{{ user.first_name }}{% endset %}{{ x }}",
        "{% autoescape false %}{% set x %}{{ user.first_name }}{% endset %}{% endautoescape %}{{ x }}",
        "{% filter upper %}{{ user.first_name }}{% endfilter %}",
        "{{ [user.first_name]|join }}",
        "{{ user }}",
        "{{ user.user_metadata }}",
        "<img alt=\"{{ user.first_name }}\">",
    ] {
        let draft = everywhere(&format!("{template} {{{{ magic_link.url }}}}"));
        app.store_template(Kind::SignIn, Language::En, draft).await;
        let written = app.written(&letter("ada@example.com"), Some(&user)).await;
        if !written.problems.is_empty() {
            continue;
        }
        let html = written.words.html.replace("<img alt=\"", "");
        for markup in ["<script", "<SCRIPT", "</p", "</P", "\" onerror"] {
            assert!(!html.contains(markup), "{template}: {html}");
        }
        // What is filled in is not filled in again.
        assert!(!html.contains("493027"), "{template}: {html}");
    }
    let plain = app.filled("{{ user.first_name }}").await;
    assert_eq!(plain, hostile);
}

async fn what_a_stranger_wrote_is_no_link(app: TestApp) {
    let metadata = json!({ "name": "Win at https://evil.example\nnow", "long": "x".repeat(5_000) });
    app.user_with("ada@example.com", metadata.clone(), false)
        .await;
    let said = app.filled("{{ user.name }}").await;
    assert!(
        said.starts_with("Win at https") && said.ends_with("now"),
        "{said}"
    );
    assert!(
        !said.contains("https://") && !said.contains("evil.example"),
        "{said}"
    );
    assert!(!said.contains('\n'), "{said}");
    assert_eq!(app.filled("{{ user.long }}").await.chars().count(), 200);
    let proven = app.user_with("bob@example.com", metadata, true).await;
    let letter = letter("bob@example.com");
    let written = app.written(&letter, Some(&proven)).await;
    assert_eq!(written.problems, []);
    let draft = everywhere("{{ user.name }} {{ otp.code }}");
    app.store_template(Kind::SignIn, Language::En, draft).await;
    let written = app.written(&letter, Some(&proven)).await;
    assert_eq!(written.words.text, "Win at https://evil.example now 493027");
}

async fn a_subject_is_one_line(app: TestApp) {
    let metadata = json!({ "name": "Ada\r\nBcc: eve@example.com\u{202e}" });
    let user = app.user_with("ada@example.com", metadata, true).await;
    let draft = Draft {
        subject: "Hi {{ user.name }}\r\nX-Evil: 1\n{{ '\\r\\nX: y' }}".to_owned(),
        ..Draft::default()
    };
    app.store_template(Kind::SignIn, Language::En, draft).await;
    let letter = letter("ada@example.com");
    let written = app.written(&letter, Some(&user)).await;
    assert_eq!(
        written.words.subject,
        "Hi Ada Bcc: eve@example.com X-Evil: 1 X: y"
    );
    let sender = ginnel::config::Sender {
        name: None,
        address: "login@example.com".parse().unwrap(),
    };
    let message = message(&app.app, &app.record().await, &letter);
    let mail = ginnel::messages::email::write(&message, &written.letter, written.words, &sender);
    let mail = mail.unwrap().text;
    let headers: BTreeSet<&str> = mail
        .split("\r\n\r\n")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(':').next())
        .collect();
    assert!(
        !headers.contains("Bcc") && !headers.contains("X-Evil") && !headers.contains("X"),
        "{mail}"
    );
    let draft = Draft {
        subject: "x".repeat(300),
        ..Draft::default()
    };
    app.store_template(Kind::SignIn, Language::En, draft).await;
    let written = app.written(&letter, Some(&user)).await;
    assert_eq!(written.words.subject.chars().count(), 200);
}

async fn languages_fall_back(app: TestApp) {
    let german = Letter {
        language: Language::De,
        ..letter("ada@example.com")
    };
    let built_in = app.written(&german, None).await;
    assert_eq!(built_in.words, german.render().unwrap());
    let draft =
        |text: &str| everywhere(&format!("{text} {{{{ otp.code }}}} {{{{ otp.lifetime }}}}"));
    app.store_template(Kind::SignIn, Language::Es, draft("es"))
        .await;
    assert_eq!(
        app.written(&german, None).await.words,
        german.render().unwrap()
    );
    // The default language's words come with its way to tell the time.
    app.store_template(Kind::SignIn, Language::En, draft("en"))
        .await;
    let written = app.written(&german, None).await;
    assert_eq!(written.words.text, "en 493027 5 minutes");
    assert_eq!(written.letter.language, Language::En);
    app.store_template(Kind::SignIn, Language::De, draft("de"))
        .await;
    let written = app.written(&german, None).await;
    assert_eq!(written.words.text, "de 493027 5 Minuten");
    assert_eq!(written.letter.language, Language::De);
    // Another kind, another app: not concerned.
    let sign_up = Letter {
        kind: Kind::SignUp,
        ..german.clone()
    };
    assert_eq!(
        app.written(&sign_up, None).await.words,
        sign_up.render().unwrap()
    );
    let other = app.another_app("http://localhost:9000").await;
    assert_eq!(
        other.written(&german, None).await.words,
        german.render().unwrap()
    );
    // What fails in a language says the built-in words of the letter's own.
    app.store_template(Kind::SignIn, Language::De, everywhere("{{"))
        .await;
    let written = app.written(&german, None).await;
    assert_eq!(written.words, german.render().unwrap());
    assert_eq!(written.letter.language, Language::De);
}

async fn whoever_else_is_asked_learns_nothing_of_the_user(app: TestApp) {
    let user = app
        .user_with("ada@example.com", json!({ "first_name": "Ada" }), true)
        .await;
    let draft = everywhere("{{ user.email }}|{{ user.first_name }}|{{ user.id }}");
    app.store_template(Kind::AddressInUse, Language::En, draft)
        .await;
    let letter = Letter {
        kind: Kind::AddressInUse,
        ..letter("bob@example.com")
    };
    let written = app.written(&letter, Some(&user)).await;
    assert_eq!(written.words.text, "bob@example.com||");
}

async fn templates_go_with_their_app(app: TestApp) {
    let other = app.another_app("http://localhost:9000").await;
    for each in [&app, &other] {
        each.store_template(Kind::SignIn, Language::En, everywhere("{{ otp.code }}"))
            .await;
    }
    let (id, now) = (other.id.clone(), app.now());
    app.write(move |tx| {
        tx.mark_app_removed(&id, now)?;
        tx.remove_app(&id)
    })
    .await;
    for (each, count) in [(&app, 1), (&other, 0)] {
        let id = each.id.clone();
        let names = app.read(move |tx| tx.list_template_names(&id)).await;
        assert_eq!(names.len(), count);
    }
}

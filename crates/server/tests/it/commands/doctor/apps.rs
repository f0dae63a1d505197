//! What `doctor` says of an app's settings and pages.

use super::*;

#[test]
fn an_apps_settings_are_judged() {
    let home = Home::new();
    let id = create(&home, "https://app.example.com");
    let other = create(&home, "http://localhost:8080");
    let check = |home: &Home| Report::new(home, &["doctor", "--offline", "--app", &id]);
    let report = check(&home);
    report.has("good", "app", "in order");
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding["app"] != other.as_str())
    );

    let set = |sql: &str, value: &str| {
        assert_eq!(database(&home).execute(sql, [value, &id]).unwrap(), 1);
    };
    set("UPDATE apps SET rp_id = ?1 WHERE id = ?2", "other.example");
    check(&home).has(
        "bad",
        "app",
        "https://app.example.com is outside of the RP ID other.example",
    );
    set("UPDATE apps SET rp_id = ?1 WHERE id = ?2", "com");
    check(&home).has("bad", "app", "The RP ID com is a single label");
    set("UPDATE apps SET rp_id = ?1 WHERE id = ?2", "example.com");
    check(&home).has("good", "app", "in order");

    let settings = r#"{"algorithm":"EdDSA","redirect_url":"https://other.example/","login_url":"//evil.example",
        "auth_token_lifetime_seconds":86400,"refresh_inactivity_lifetime_seconds":3600,"refresh_absolute_lifetime_seconds":60,
        "magic_link_lifetime_seconds":100000,"code_lifetime_seconds":4000}"#;
    set("UPDATE apps SET settings = ?1 WHERE id = ?2", settings);
    let report = check(&home);
    for says in ["The redirect URL is wrong.", "The login URL is wrong."] {
        report.has("bad", "app", says);
    }
    for says in [
        "Auth tokens live 24 h",
        "Sessions may idle longer",
        "Magic links work for more",
        "Codes work for more",
    ] {
        report.has("warning", "app", says);
    }

    set(
        "UPDATE apps SET settings = ?1 WHERE id = ?2",
        r#"{"algorithm":"EdDSA","key_rotation_days":1}"#,
    );
    set(
        "UPDATE signing_keys SET current_since = ?1 WHERE app_id = ?2 AND state = 'current'",
        "1000",
    );
    check(&home).has(
        "warning",
        "app",
        "should have been changed on 1970-01-02T00:00:01Z",
    );
    set(
        "DELETE FROM signing_keys WHERE state <> ?1 AND app_id = ?2",
        "next",
    );
    check(&home).has("bad", "app", "Its signing keys cannot be opened");

    // A server that is public, and an app that only its developer can use.
    let report = Report::new(
        &home,
        &[
            "--public-url",
            "https://id.example.com",
            "doctor",
            "--offline",
            "--app",
            &other,
        ],
    );
    report.has(
        "warning",
        "app",
        "The RP ID is localhost, but this server is public",
    );
    report.has("warning", "proxy", "trusted_proxies is empty");
    report.has("warning", "mail", "No mail server is set");

    let output = home.run(&["doctor", "--app", "0VboX5rdQ2zPWRiTNVayyUYx"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .starts_with("No app has this id.")
    );
}

#[test]
fn an_apps_pages_are_looked_at() {
    let home = Home::new();
    let element = |title: &str| format!("<title>{title}</title><passage-auth></passage-auth>");
    for (page, verdict, says) in [
        (
            ("200 OK", String::new(), element("Hi")),
            "good",
            "carries the element",
        ),
        (
            ("200 OK", String::new(), "<h1>Hi</h1>".to_owned()),
            "warning",
            "shows no element in its HTML",
        ),
        (
            ("404 Not Found", String::new(), String::new()),
            "bad",
            "answers 404",
        ),
        (
            (
                "302 Found",
                "location: /login\r\n".to_owned(),
                String::new(),
            ),
            "bad",
            "redirects again and again",
        ),
        (
            (
                "302 Found",
                "location: http://127.0.0.2:1/\r\n".to_owned(),
                String::new(),
            ),
            "bad",
            "cannot be connected to",
        ),
    ] {
        let origin = pages(move |_| page.clone());
        let id = create(&home, &origin);
        Report::new(&home, &["doctor", "--app", &id]).has(verdict, "app", says);
    }
    // A page on another origin: its calls would be refused.
    let elsewhere = pages(move |_| {
        (
            "200 OK",
            String::new(),
            "<passage-auth></passage-auth>".to_owned(),
        )
    });
    let location = format!("location: {elsewhere}/login\r\n");
    let origin = pages(move |_| ("307 Temporary Redirect", location.clone(), String::new()));
    let id = create(&home, &origin);
    Report::new(&home, &["doctor", "--app", &id]).has(
        "bad",
        "app",
        "which is none of the app's origins",
    );
    // Nobody is there: on localhost that may be as it should be.
    let id = create(&home, "http://localhost:9");
    Report::new(&home, &["doctor", "--app", &id]).has(
        "warning",
        "app",
        "http://localhost:9/login cannot be connected to",
    );
    let id = create(&home, "https://nowhere.invalid");
    Report::new(&home, &["doctor", "--app", &id]).has(
        "bad",
        "app",
        "has a host that does not resolve",
    );
}

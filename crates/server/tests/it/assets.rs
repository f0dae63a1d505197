//! The elements as scripts.

use crate::support::{TestApp, stories};

stories!(
    scripts_are_served_to_any_page,
    a_script_that_did_not_change_is_not_sent_again,
    other_files_are_not_served,
);

async fn scripts_are_served_to_any_page(app: TestApp) {
    for path in ["/web.js", "/elements/passkey-table.js"] {
        let call = app.call("GET", path).header("origin", "https://x.example");
        let answer = call.await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/javascript; charset=utf-8")
        );
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.text().contains("passage-"), "{path}");
    }
}

async fn a_script_that_did_not_change_is_not_sent_again(app: TestApp) {
    let first = app.call("GET", "/web.js").await;
    let tag = first.header("etag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10);
    let again = app
        .call("GET", "/web.js")
        .header("if-none-match", tag)
        .await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), Some(tag));
    let other = app.call("GET", "/web.js").header("if-none-match", "\"x\"");
    assert_eq!(other.await.body, first.body);
}

async fn other_files_are_not_served(app: TestApp) {
    for path in [
        "/elements/nothing.js",
        "/elements/..%2f..%2fpackage.json",
        "/custom-elements.json",
    ] {
        let answer = app.call("GET", path).await;
        answer.assert_refused(404, "not_found", "");
    }
    // Among the Console's pages a page says it.
    assert_eq!(app.call("GET", "/console/nothing.css").await.status, 404);
}

//! Secrets at rest (D18): nothing in the database opens a door.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ginnel::domain::apps::NewApp;
use ginnel::domain::keys::Algorithm;
use ginnel::secrets::{Purpose, Secrets};

use crate::support::{MASTER_KEY, ORIGIN, TestApp, stories};

stories!(tokens_are_not_in_the_database, signing_keys_are_sealed);

async fn tokens_are_not_in_the_database(app: TestApp) {
    let ada = app.user("ada").await;
    let rows = app.rows().await.to_text();
    let refresh = ada.refresh_token();
    let secret = refresh.rsplit('.').next().unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(secret).unwrap();
    for secret in [
        refresh.to_owned(),
        secret.to_owned(),
        format!("{bytes:?}"),
        format!("{:?}", refresh.as_bytes()),
        ada.auth_token().to_owned(),
    ] {
        assert!(!rows.contains(&secret));
    }
    // The same search does find what is there.
    assert!(rows.contains("ada@example.com"));
    let credential = format!("{:?}", ada.authenticator.credential_id);
    assert!(rows.contains(&credential));
}

async fn signing_keys_are_sealed(app: TestApp) {
    let new = NewApp::parse("Modern", ORIGIN, "/").unwrap();
    let app = app.app_from(new.algorithm(Algorithm::EdDsa)).await;
    let id = app.id.clone();
    let key = app
        .read(move |tx| tx.list_signing_keys(&id))
        .await
        .remove(0);
    let open = |secrets: &Secrets, context: &str| {
        secrets.open(
            Purpose::SigningKey,
            context.as_bytes(),
            &key.sealed_private_key,
        )
    };
    let ours = Secrets::new(&MASTER_KEY);
    let private_key = open(&ours, key.id.as_str()).unwrap();
    assert!(
        !key.sealed_private_key
            .windows(16)
            .any(|window| window == &private_key[..16])
    );
    // Not by another master key, and not in the place of another key.
    assert_eq!(open(&Secrets::new(&[8; 32]), key.id.as_str()), None);
    assert_eq!(open(&ours, "TrWSUbDDTPCKTQDtLA9MO8Ee"), None);
}

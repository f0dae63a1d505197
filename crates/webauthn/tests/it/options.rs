//! The options on the wire, and lenient reading of what other software writes.

use ginnel_webauthn::{
    Algorithm, Attachment, AttestationPreference, AuthenticatorSelection, CreationOptions,
    CredentialDescriptor, RelyingPartyEntity, RequestOptions, ResidentKey, UserEntity,
    UserVerification,
};
use serde_json::json;

fn creation_options() -> CreationOptions {
    CreationOptions {
        rp: RelyingPartyEntity {
            id: "example.org".to_owned(),
            name: "An example".to_owned(),
        },
        user: UserEntity {
            id: vec![0xfb, 0xff],
            name: "ada@example.org".to_owned(),
            display_name: "Ada".to_owned(),
        },
        challenge: vec![0xff; 4],
        pub_key_cred_params: Algorithm::ALL
            .iter()
            .map(|algorithm| (*algorithm).into())
            .collect(),
        timeout: Some(300_000),
        exclude_credentials: vec![CredentialDescriptor {
            id: vec![1],
            transports: vec!["usb".to_owned()],
        }],
        authenticator_selection: AuthenticatorSelection {
            authenticator_attachment: Some(Attachment::CrossPlatform),
            resident_key: ResidentKey::Required,
            require_resident_key: true,
            user_verification: UserVerification::Required,
        },
        attestation: AttestationPreference::None,
        extensions: Default::default(),
    }
}

#[test]
fn creation_options_as_json_and_back() {
    let options = creation_options();
    let json = json!({
        "rp": { "id": "example.org", "name": "An example" },
        "user": { "id": "-_8", "name": "ada@example.org", "displayName": "Ada" },
        "challenge": "_____w",
        "pubKeyCredParams": [
            { "type": "public-key", "alg": -7 },
            { "type": "public-key", "alg": -8 },
            { "type": "public-key", "alg": -35 },
            { "type": "public-key", "alg": -36 },
            { "type": "public-key", "alg": -257 },
        ],
        "timeout": 300_000,
        "excludeCredentials": [{ "type": "public-key", "id": "AQ", "transports": ["usb"] }],
        "authenticatorSelection": {
            "authenticatorAttachment": "cross-platform",
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
        "extensions": {},
    });
    assert_eq!(serde_json::to_value(&options).unwrap(), json);
    assert_eq!(
        serde_json::from_value::<CreationOptions>(json).unwrap(),
        options
    );
}

#[test]
fn request_options_as_json_and_back() {
    let options = RequestOptions {
        challenge: vec![0xff; 4],
        timeout: None,
        rp_id: "example.org".to_owned(),
        allow_credentials: vec![CredentialDescriptor {
            id: vec![1],
            transports: Vec::new(),
        }],
        user_verification: UserVerification::Preferred,
        extensions: Default::default(),
    };
    let json = json!({
        "challenge": "_____w",
        "rpId": "example.org",
        "allowCredentials": [{ "type": "public-key", "id": "AQ" }],
        "userVerification": "preferred",
        "extensions": {},
    });
    assert_eq!(serde_json::to_value(&options).unwrap(), json);
    assert_eq!(
        serde_json::from_value::<RequestOptions>(json).unwrap(),
        options
    );
}

#[test]
fn absent_members_take_the_defaults_of_the_standard() {
    let options: RequestOptions =
        serde_json::from_value(json!({ "challenge": "AQ", "rpId": "a.test" })).unwrap();
    assert_eq!(options.user_verification, UserVerification::Preferred);
    assert!(options.allow_credentials.is_empty() && options.timeout.is_none());
    let mut json = serde_json::to_value(creation_options()).unwrap();
    for name in [
        "timeout",
        "excludeCredentials",
        "authenticatorSelection",
        "attestation",
        "extensions",
    ] {
        json.as_object_mut().unwrap().remove(name);
    }
    let options: CreationOptions = serde_json::from_value(json).unwrap();
    assert_eq!(
        options.authenticator_selection,
        AuthenticatorSelection::default()
    );
    assert_eq!(
        options.authenticator_selection.resident_key,
        ResidentKey::Discouraged
    );
}

#[test]
fn bytes_are_read_in_every_base64() {
    for challenge in ["-_8", "-_8=", "+/8", "+/8="] {
        let options: RequestOptions =
            serde_json::from_value(json!({ "challenge": challenge, "rpId": "a.test" })).unwrap();
        assert_eq!(options.challenge, [0xfb, 0xff]);
    }
    for challenge in [json!("*"), json!(7), json!(null)] {
        serde_json::from_value::<RequestOptions>(
            json!({ "challenge": challenge, "rpId": "a.test" }),
        )
        .unwrap_err();
    }
}

#[test]
fn every_choice_has_its_name() {
    let names = |values: &[serde_json::Value]| {
        values
            .iter()
            .map(|value| value.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let attachments = [Attachment::Platform, Attachment::CrossPlatform].map(|it| json!(it));
    assert_eq!(names(&attachments), ["platform", "cross-platform"]);
    let verifications = [
        UserVerification::Required,
        UserVerification::Preferred,
        UserVerification::Discouraged,
    ]
    .map(|it| json!(it));
    assert_eq!(
        names(&verifications),
        ["required", "preferred", "discouraged"]
    );
    let resident = [
        ResidentKey::Required,
        ResidentKey::Preferred,
        ResidentKey::Discouraged,
    ]
    .map(|it| json!(it));
    assert_eq!(names(&resident), ["required", "preferred", "discouraged"]);
    let attestations = [
        AttestationPreference::None,
        AttestationPreference::Indirect,
        AttestationPreference::Direct,
        AttestationPreference::Enterprise,
    ];
    assert_eq!(
        names(&attestations.map(|it| json!(it))),
        ["none", "indirect", "direct", "enterprise"]
    );
}

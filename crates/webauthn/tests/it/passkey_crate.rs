//! Ceremonies made by somebody else's client and authenticator: the crate `passkey`.

use async_trait::async_trait;
use ginnel_webauthn::{
    Algorithm, AttestationPolicy, AttestationPreference, AuthenticationResponse,
    AuthenticatorSelection, CounterVerdict, CreationOptions, CredentialDescriptor, Error,
    Expectation, RegistrationPolicy, RegistrationResponse, RelyingPartyEntity, RequestOptions,
    ResidentKey, StoredCredential, UserEntity, UserVerification, authentication, registration,
};
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::{iana, rust_crypto::RustCryptoBackend};
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use passkey::types::{Passkey, webauthn};
use serde_json::json;
use url::Url;

use crate::support::{CHALLENGE, Expected, ORIGIN, RP_ID, USER_HANDLE};

/// A user who is always there and always verified.
struct WillingUser;

#[async_trait]
impl UserValidationMethod for WillingUser {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        _: bool,
        _: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck {
            presence: true,
            verification: true,
        })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

fn creation_options(algorithm: Algorithm) -> webauthn::CredentialCreationOptions {
    let options = CreationOptions {
        rp: RelyingPartyEntity {
            id: RP_ID.to_owned(),
            name: "An example".to_owned(),
        },
        user: UserEntity {
            id: USER_HANDLE.to_vec(),
            name: "ada@example.org".to_owned(),
            display_name: "Ada".to_owned(),
        },
        challenge: CHALLENGE.to_vec(),
        pub_key_cred_params: vec![algorithm.into()],
        timeout: Some(300_000),
        exclude_credentials: Vec::new(),
        authenticator_selection: AuthenticatorSelection {
            authenticator_attachment: None,
            resident_key: ResidentKey::Required,
            require_resident_key: true,
            user_verification: UserVerification::Required,
        },
        attestation: AttestationPreference::None,
        extensions: Default::default(),
    };
    serde_json::from_value(json!({ "publicKey": options }))
        .expect("the client understands our options")
}

fn request_options(
    allow_credentials: Vec<CredentialDescriptor>,
) -> webauthn::CredentialRequestOptions {
    let options = RequestOptions {
        challenge: CHALLENGE.to_vec(),
        timeout: None,
        rp_id: RP_ID.to_owned(),
        allow_credentials,
        user_verification: UserVerification::Required,
        extensions: Default::default(),
    };
    serde_json::from_value(json!({ "publicKey": options }))
        .expect("the client understands our options")
}

/// Registers and signs in twice: with and without the credential's id in the options.
async fn round_trip(algorithm: Algorithm, name: iana::Algorithm, counter: bool) {
    let store: Option<Passkey> = None;
    let aaguid = Aaguid::from(*b"the passkey rust");
    let mut authenticator = Authenticator::new(aaguid, store, WillingUser, RustCryptoBackend);
    authenticator.set_algorithms(&[name]).unwrap();
    authenticator.set_make_credentials_with_signature_counter(counter);
    let mut client = Client::new(authenticator);
    let origin = Url::parse(ORIGIN).unwrap();
    let expected = Expected::new();

    let created = client
        .register(&origin, creation_options(algorithm), DefaultClientData)
        .await
        .unwrap();
    let response = RegistrationResponse {
        credential_id: &created.raw_id,
        client_data_json: &created.response.client_data_json,
        attestation_object: &created.response.attestation_object,
    };
    let policy = RegistrationPolicy {
        algorithms: vec![algorithm],
        attestation: AttestationPolicy::None,
    };
    let registered = registration::verify(&response, &expected.borrow(), &policy).unwrap();
    assert_eq!(registered.algorithm, algorithm);
    assert_eq!(registered.credential_id, created.raw_id.as_slice());
    assert!(registered.user_verified);

    let descriptor = CredentialDescriptor {
        id: registered.credential_id.clone(),
        transports: Vec::new(),
    };
    for allow_credentials in [vec![descriptor], Vec::new()] {
        let options = request_options(allow_credentials);
        let asserted = client
            .authenticate(&origin, options, DefaultClientData)
            .await
            .unwrap();
        let response = AuthenticationResponse {
            credential_id: &asserted.raw_id,
            client_data_json: &asserted.response.client_data_json,
            authenticator_data: &asserted.response.authenticator_data,
            signature: &asserted.response.signature,
            user_handle: asserted
                .response
                .user_handle
                .as_ref()
                .map(|handle| handle.as_slice()),
        };
        let credential = StoredCredential {
            id: &registered.credential_id,
            public_key: &registered.public_key,
            sign_count: registered.sign_count,
            backup_eligible: registered.backup_eligible,
            user_handles: &[USER_HANDLE],
            user_handle_required: true,
        };
        let verdict = authentication::verify(&response, &credential, &expected.borrow()).unwrap();
        let counted = if counter {
            CounterVerdict::Increased
        } else {
            CounterVerdict::Unsupported
        };
        assert_eq!(verdict.counter, counted);
        assert!(verdict.user_verified);

        let elsewhere = Expectation {
            rp_id: "example.com",
            ..expected.borrow()
        };
        assert_eq!(
            authentication::verify(&response, &credential, &elsewhere),
            Err(Error::RpIdMismatch)
        );
        let somebody_else = StoredCredential {
            user_handles: &[b"somebody else"],
            ..credential
        };
        let verdict = authentication::verify(&response, &somebody_else, &expected.borrow());
        assert_eq!(verdict, Err(Error::UserHandleMismatch));
    }
}

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future);
}

#[test]
fn es256_round_trip() {
    run(round_trip(Algorithm::Es256, iana::Algorithm::ES256, false));
    run(round_trip(Algorithm::Es256, iana::Algorithm::ES256, true));
}

#[test]
fn eddsa_round_trip() {
    run(round_trip(Algorithm::EdDsa, iana::Algorithm::EdDSA, false));
}

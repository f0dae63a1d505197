//! Attestation objects and statements, spoilt. What surrounds the authenticator data is changed after they were signed.

use ciborium::Value as Cbor;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, IsCa, SigningKey, date_time_ymd,
};

use crate::book::{Attested, Book, Keys};
use crate::certificates::{FIDO_AAGUID, aaguid_extension, parameters, replace, statement, subject};
use crate::signer::encode;
use crate::support::{AAGUID, Registration};

type Members = Vec<(Cbor, Cbor)>;

pub fn record(book: &mut Book) {
    for (what, spoil) in OBJECTS {
        book.registrations(&format!("attestation object, {what}"), |it| {
            change_members(it, spoil);
        });
    }
    for (what, spoil) in ENCODINGS {
        book.registrations(&format!("attestation object, {what}"), |it| {
            let (_, mut object) = it.parts();
            spoil(&mut object);
            it.object = Some(object);
        });
    }
    for attested in [Attested::Itself, Attested::Certificate] {
        for (what, spoil) in STATEMENTS {
            book.registrations_attested(attested, &format!("statement, {what}"), |it, _| {
                change_members(it, |members| spoil(statement_of(members)));
            });
        }
        let what = "statement, signed by another key";
        book.registrations_attested(attested, what, |it, keys| {
            let (other, algorithm) = (keys.other.clone(), keys.algorithm.cose_id());
            let certificates = certificates_of(it);
            it.statement = Box::new(move |_, signed| {
                statement(algorithm, other.sign(signed), certificates.clone())
            });
        });
        let what = "statement, signed without the client data";
        book.registrations_attested(attested, what, |it, keys| {
            let inner = keys.registration(attested).statement;
            it.statement =
                Box::new(move |signer, signed| inner(signer, &signed[..signed.len() - 32]));
        });
    }
    certificates(book);
}

fn certificates(book: &mut Book) {
    let mut record = |what: &str, spoil: &dyn Fn(&mut Registration, &Keys)| {
        book.registrations_attested(
            Attested::Certificate,
            &format!("certificate, {what}"),
            spoil,
        );
    };
    for (what, change) in PARAMETERS {
        record(what, &|it, keys| {
            let mut parameters = parameters();
            change(&mut parameters);
            keys.certify(it, &parameters, |_| {});
        });
    }
    for (what, change) in BYTES {
        record(what, &|it, keys| keys.certify(it, &parameters(), *change));
    }
    record("signed by the credential instead", &|it, keys| {
        let (algorithm, certificates) = (keys.algorithm.cose_id(), certificates_of(it));
        it.statement = Box::new(move |signer, signed| {
            statement(algorithm, signer.sign(signed), certificates.clone())
        });
    });
    record("of another key type than alg says", &|it, keys| {
        let key = keys.certificate.clone();
        let certificates = certificates_of(it);
        let algorithm = if keys.algorithm.cose_id() == -7 {
            -257
        } else {
            -7
        };
        it.statement = Box::new(move |_, signed| {
            statement(
                algorithm,
                key.sign(signed).expect("a signature"),
                certificates.clone(),
            )
        });
    });
}

/// Changes the members of the attestation object, once it is made.
fn change_members(registration: &mut Registration, change: impl FnOnce(&mut Members)) {
    let (_, object) = registration.parts();
    let mut object: Cbor = ciborium::from_reader(object.as_slice()).expect("it is CBOR");
    change(object.as_map_mut().expect("it is a map"));
    registration.object = Some(encode(&object));
}

/// The chain in the statement.
fn certificates_of(registration: &Registration) -> Option<Vec<Cbor>> {
    let (_, object) = registration.parts();
    let mut object: Cbor = ciborium::from_reader(object.as_slice()).expect("it is CBOR");
    let members = statement_of(object.as_map_mut().expect("it is a map"));
    let chain = members.iter().find(|(name, _)| *name == Cbor::from("x5c"));
    chain.map(|(_, chain)| chain.as_array().expect("a chain").clone())
}

fn get<'a>(members: &'a mut Members, name: &str) -> &'a mut Cbor {
    let found = members.iter_mut().find(|(key, _)| *key == Cbor::from(name));
    &mut found.expect(name).1
}

fn statement_of(members: &mut Members) -> &mut Members {
    get(members, "attStmt").as_map_mut().expect("a map")
}

fn remove(members: &mut Members, name: &str) {
    members.retain(|(key, _)| *key != Cbor::from(name));
}

const OBJECTS: &[(&str, fn(&mut Members))] = &[
    ("fmt missing", |it| remove(it, "fmt")),
    ("fmt a number", |it| *get(it, "fmt") = 1.into()),
    ("fmt bytes", |it| {
        *get(it, "fmt") = Cbor::Bytes(b"none".to_vec())
    }),
    ("fmt empty", |it| *get(it, "fmt") = "".into()),
    ("fmt in capitals", |it| *get(it, "fmt") = "NONE".into()),
    ("fmt that nobody knows", |it| {
        *get(it, "fmt") = "acme-2026".into()
    }),
    ("fmt none with what is there", |it| {
        *get(it, "fmt") = "none".into()
    }),
    ("fmt packed with what is there", |it| {
        *get(it, "fmt") = "packed".into()
    }),
    ("fmt fido-u2f with what is there", |it| {
        *get(it, "fmt") = "fido-u2f".into()
    }),
    ("fmt tpm with what is there", |it| {
        *get(it, "fmt") = "tpm".into()
    }),
    ("fmt apple with what is there", |it| {
        *get(it, "fmt") = "apple".into()
    }),
    ("fmt android-key with what is there", |it| {
        *get(it, "fmt") = "android-key".into()
    }),
    ("attStmt missing", |it| remove(it, "attStmt")),
    ("attStmt null", |it| *get(it, "attStmt") = Cbor::Null),
    ("attStmt an array", |it| {
        *get(it, "attStmt") = Cbor::Array(Vec::new())
    }),
    ("attStmt empty", |it| statement_of(it).clear()),
    ("attStmt with a member that nobody knows", |it| {
        statement_of(it).push(("ver".into(), "2.0".into()))
    }),
    ("authData missing", |it| remove(it, "authData")),
    ("authData null", |it| *get(it, "authData") = Cbor::Null),
    ("authData a text", |it| {
        *get(it, "authData") = "authData".into()
    }),
    ("authData empty", |it| {
        *get(it, "authData") = Cbor::Bytes(Vec::new())
    }),
    ("a member that nobody knows", |it| {
        it.push(("epAtt".into(), false.into()))
    }),
    ("members in another order", |it| it.reverse()),
    ("fmt twice, alike", |it| it.push(it[0].clone())),
    ("authData twice, alike", |it| it.push(it[2].clone())),
];

const ENCODINGS: &[(&str, fn(&mut Vec<u8>))] = &[
    ("empty", Vec::clear),
    ("cut short", |it| it.truncate(it.len() - 1)),
    ("a byte behind", |it| it.push(0)),
    ("twice", |it| it.extend_from_within(..)),
    ("no map", |it| *it = vec![0x83, 0x01, 0x02, 0x03]),
    ("an empty map", |it| *it = vec![0xa0]),
    ("an indefinite length", |it| {
        it[0] = 0xbf;
        it.push(0xff);
    }),
    ("a tag around it", |it| {
        it.splice(0..0, [0xd9, 0xd9, 0xf7]).for_each(drop)
    }),
    ("a longer head than needed", |it| {
        it.splice(0..1, [0xb8, 3]).for_each(drop)
    }),
    ("more members than there are", |it| it[0] = 0xa4),
    ("fewer members than there are", |it| it[0] = 0xa2),
    ("a length beyond the end", |it| {
        *it = vec![0xa1, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
    }),
];

const STATEMENTS: &[(&str, fn(&mut Members))] = &[
    ("alg missing", |it| remove(it, "alg")),
    ("alg a text", |it| *get(it, "alg") = "ES256".into()),
    ("alg null", |it| *get(it, "alg") = Cbor::Null),
    ("alg of another key", |it| {
        let other = if *get(it, "alg") == Cbor::from(-7) {
            -8
        } else {
            -7
        };
        *get(it, "alg") = other.into();
    }),
    ("alg that nobody knows", |it| {
        *get(it, "alg") = (-65000).into()
    }),
    ("alg RS1", |it| *get(it, "alg") = (-65535).into()),
    ("sig missing", |it| remove(it, "sig")),
    ("sig null", |it| *get(it, "sig") = Cbor::Null),
    ("sig a text", |it| *get(it, "sig") = "sig".into()),
    ("sig empty", |it| *get(it, "sig") = Cbor::Bytes(Vec::new())),
    ("sig with the last bit flipped", |it| {
        change_signature(it, |bytes| *bytes.last_mut().expect("a byte") ^= 1)
    }),
    ("sig cut short", |it| {
        change_signature(it, |bytes| bytes.truncate(bytes.len() - 1))
    }),
    ("sig with a byte behind", |it| {
        change_signature(it, |bytes| bytes.push(0))
    }),
    ("x5c empty", |it| {
        remove(it, "x5c");
        it.push(("x5c".into(), Cbor::Array(Vec::new())));
    }),
    ("x5c null", |it| {
        remove(it, "x5c");
        it.push(("x5c".into(), Cbor::Null));
    }),
    ("x5c bytes", |it| {
        remove(it, "x5c");
        it.push(("x5c".into(), Cbor::Bytes(vec![0x30, 0x00])));
    }),
    ("x5c of texts", |it| {
        remove(it, "x5c");
        it.push(("x5c".into(), Cbor::Array(vec!["certificate".into()])));
    }),
    ("ecdaaKeyId", |it| {
        it.push(("ecdaaKeyId".into(), Cbor::Bytes(vec![1])))
    }),
];

fn change_signature(members: &mut Members, change: fn(&mut Vec<u8>)) {
    change(get(members, "sig").as_bytes_mut().expect("bytes"));
}

const UNIT: Option<&str> = Some("Authenticator Attestation");

const PARAMETERS: &[(&str, fn(&mut CertificateParams))] = &[
    ("no country", |it| {
        it.distinguished_name = subject(None, Some("O"), UNIT, true)
    }),
    ("country of three letters", |it| {
        it.distinguished_name = subject(Some("GBR"), Some("O"), UNIT, true)
    }),
    ("country in small letters", |it| {
        it.distinguished_name = subject(Some("gb"), Some("O"), UNIT, true)
    }),
    ("no organization", |it| {
        it.distinguished_name = subject(Some("GB"), None, UNIT, true)
    }),
    ("organization empty", |it| {
        it.distinguished_name = subject(Some("GB"), Some(""), UNIT, true)
    }),
    ("no unit", |it| {
        it.distinguished_name = subject(Some("GB"), Some("O"), None, true)
    }),
    ("another unit", |it| {
        it.distinguished_name = subject(Some("GB"), Some("O"), Some("Attestation"), true)
    }),
    ("unit in small letters", |it| {
        it.distinguished_name = subject(
            Some("GB"),
            Some("O"),
            Some("authenticator attestation"),
            true,
        );
    }),
    ("no common name", |it| {
        it.distinguished_name = subject(Some("GB"), Some("O"), UNIT, false)
    }),
    ("a certification authority", |it| {
        it.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)
    }),
    ("no basic constraints", |it| it.is_ca = IsCa::NoCa),
    ("no AAGUID", |it| it.custom_extensions.clear()),
    ("another AAGUID", |it| {
        it.custom_extensions = vec![aaguid_extension(b"sixteen bytes ID")]
    }),
    ("AAGUID of 15 bytes", |it| {
        it.custom_extensions = vec![aaguid_extension(&AAGUID[..15])]
    }),
    ("AAGUID in one OCTET STRING", |it| {
        it.custom_extensions = vec![CustomExtension::from_oid_content(
            FIDO_AAGUID,
            AAGUID.to_vec(),
        )];
    }),
    ("AAGUID marked as critical", |it| {
        it.custom_extensions[0].set_criticality(true)
    }),
    ("expired", |it| it.not_after = date_time_ymd(2001, 1, 1)),
    ("not valid yet", |it| {
        it.not_before = date_time_ymd(4000, 1, 1)
    }),
];

const BYTES: &[(&str, fn(&mut Vec<u8>))] = &[
    ("version 2", |it| {
        replace(it, &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 1])
    }),
    ("empty", Vec::clear),
    ("cut short", |it| it.truncate(it.len() - 1)),
    ("a byte behind", |it| it.push(0)),
    ("no DER", |it| *it = b"certificate".to_vec()),
    ("a broken signature of its own", |it| {
        *it.last_mut().expect("a byte") ^= 1
    }),
];

//! COSE keys, spoilt parameter by parameter, in a registration that the key itself signs and in one that nobody signs.

use ciborium::Value as Cbor;
use ginnel_webauthn::Algorithm;

use crate::book::{Attested, Book};
use crate::signer::{encode, map_of};
use crate::support::Registration;

type Members = Vec<(i64, Cbor)>;

pub fn record(book: &mut Book) {
    for attested in [Attested::None, Attested::Itself] {
        for (what, spoil) in ALL {
            book.registrations_attested(attested, &format!("key, {what}"), |it, _| {
                change(it, *spoil)
            });
        }
        for (what, spoil) in ENCODINGS {
            book.registrations_attested(attested, &format!("key, {what}"), |it, _| {
                spoil(&mut it.data.public_key)
            });
        }
        for (algorithms, list) in [
            (&CURVES[..], ON_CURVES),
            (&[Algorithm::Rs256], RSA),
            (&[Algorithm::EdDsa], EDWARDS),
        ] {
            for (what, spoil) in list {
                for keys in book
                    .keys
                    .clone()
                    .iter()
                    .filter(|keys| algorithms.contains(&keys.algorithm))
                {
                    let mut registration = keys.registration(attested);
                    change(&mut registration, *spoil);
                    book.registration(
                        keys.algorithm,
                        attested,
                        &format!("key, {what}"),
                        &registration,
                        |_| {},
                    );
                }
            }
        }
    }
}

fn change(registration: &mut Registration, spoil: fn(&mut Members)) {
    let mut members = registration.signer.cose_members();
    spoil(&mut members);
    registration.data.public_key = encode(&map_of(members));
}

fn get(members: &mut Members, label: i64) -> &mut Cbor {
    &mut members
        .iter_mut()
        .find(|(key, _)| *key == label)
        .expect("the parameter is there")
        .1
}

fn bytes(members: &mut Members, label: i64) -> &mut Vec<u8> {
    get(members, label).as_bytes_mut().expect("bytes")
}

fn remove(members: &mut Members, label: i64) {
    members.retain(|(key, _)| *key != label);
}

const ALL: &[(&str, fn(&mut Members))] = &[
    ("kty missing", |it| remove(it, 1)),
    ("kty of another key", |it| {
        let other = if *get(it, 1) == Cbor::from(2) { 1 } else { 2 };
        *get(it, 1) = other.into();
    }),
    ("kty a text", |it| *get(it, 1) = "EC2".into()),
    ("alg missing", |it| remove(it, 3)),
    ("alg of another key", |it| {
        let other = if *get(it, 3) == Cbor::from(-7) {
            -8
        } else {
            -7
        };
        *get(it, 3) = other.into();
    }),
    ("alg a text", |it| *get(it, 3) = "ES256".into()),
    ("alg that nobody knows", |it| *get(it, 3) = (-65000).into()),
    ("alg RS1", |it| *get(it, 3) = (-65535).into()),
    ("alg null", |it| *get(it, 3) = Cbor::Null),
    ("parameter -1 missing", |it| remove(it, -1)),
    ("parameter -2 missing", |it| remove(it, -2)),
    ("parameter -2 empty", |it| bytes(it, -2).clear()),
    ("parameter -2 a text", |it| *get(it, -2) = "x".into()),
    ("a parameter that nobody needs", |it| {
        it.push((2, Cbor::Bytes(b"kid".to_vec())))
    }),
    ("parameters in another order", |it| it.reverse()),
    ("alg twice, alike", |it| it.push(it[1].clone())),
    ("no parameter", Vec::clear),
];

/// Changes of the encoding. The head of the map is its first byte.
const ENCODINGS: &[(&str, fn(&mut Vec<u8>))] = &[
    ("no map", |it| *it = vec![0x01]),
    ("nothing at all", Vec::clear),
    ("a longer head than needed", |it| {
        let count = it[0] & 0x1f;
        it.splice(0..1, [0xb8, count]).for_each(drop);
    }),
    ("an indefinite length", |it| {
        it[0] = 0xbf;
        it.push(0xff);
    }),
    ("kty in two bytes", |it| {
        let kty = it[2];
        it.splice(2..3, [0x18, kty]).for_each(drop);
    }),
];

const CURVES: [Algorithm; 3] = [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512];

const ON_CURVES: &[(&str, fn(&mut Members))] = &[
    ("curve of another key", |it| {
        let other = if *get(it, -1) == Cbor::from(1) { 2 } else { 1 };
        *get(it, -1) = other.into();
    }),
    ("curve secp256k1", |it| *get(it, -1) = 8.into()),
    ("y missing", |it| remove(it, -3)),
    ("y as a sign", |it| *get(it, -3) = true.into()),
    ("x cut short", |it| bytes(it, -2).truncate(20)),
    ("x with a zero in front", |it| bytes(it, -2).insert(0, 0)),
    ("point not on its curve", |it| bytes(it, -3)[20] ^= 1),
    ("point of zeros", |it| {
        bytes(it, -2).fill(0);
        bytes(it, -3).fill(0);
    }),
    ("x and y exchanged", |it| {
        let (x, y) = (bytes(it, -2).clone(), bytes(it, -3).clone());
        *bytes(it, -2) = y;
        *bytes(it, -3) = x;
    }),
];

const RSA: &[(&str, fn(&mut Members))] = &[
    ("modulus with a zero in front", |it| {
        bytes(it, -1).insert(0, 0)
    }),
    ("modulus cut to 1024 bits", |it| bytes(it, -1).truncate(128)),
    ("modulus even", |it| {
        *bytes(it, -1).last_mut().expect("a byte") &= 0xfe
    }),
    ("modulus empty", |it| bytes(it, -1).clear()),
    ("exponent 1", |it| *bytes(it, -2) = vec![1]),
    ("exponent 3", |it| *bytes(it, -2) = vec![3]),
    ("exponent even", |it| *bytes(it, -2) = vec![1, 0, 0]),
    ("exponent with a zero in front", |it| {
        bytes(it, -2).insert(0, 0)
    }),
    ("exponent of 64 bits", |it| {
        *bytes(it, -2) = vec![1, 0, 0, 0, 0, 0, 0, 1]
    }),
    ("a curve too", |it| it.push((-3, 1.into()))),
];

const EDWARDS: &[(&str, fn(&mut Members))] = &[
    ("curve X25519", |it| *get(it, -1) = 4.into()),
    ("curve Ed448", |it| *get(it, -1) = 7.into()),
    ("x cut short", |it| bytes(it, -2).truncate(20)),
    ("x with a byte behind", |it| bytes(it, -2).push(0)),
    ("x another point", |it| bytes(it, -2)[3] ^= 1),
    ("x of zeros", |it| bytes(it, -2).fill(0)),
    ("a y too", |it| it.push((-3, Cbor::Bytes(vec![1; 32])))),
];

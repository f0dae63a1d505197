//! Signatures of an authentication that are none, or are another's, or are written in another way.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PSS_SHA256;
use ginnel_webauthn::Algorithm;

use crate::book::Book;
use crate::support::{ClientData, signed_bytes};

pub fn record(book: &mut Book) {
    for keys in book.keys.clone().iter() {
        let ways = match keys.algorithm {
            Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 => ECDSA,
            Algorithm::EdDsa => EDDSA,
            Algorithm::Rs256 => RSA,
        };
        for (what, spoil) in BYTES.iter().chain(ways) {
            let mut authentication = keys.authentication();
            let (_, _, mut signature) = authentication.parts();
            spoil(&mut signature);
            authentication.signature = Some(signature);
            book.authentication(
                keys.algorithm,
                &format!("signature, {what}"),
                &authentication,
                |_| {},
            );
        }

        let authentication = keys.authentication();
        let (client_data, data, good) = authentication.parts();
        let signed = signed_bytes(&data, &client_data);
        let mut record = |what: &str, signature: Vec<u8>| {
            let mut authentication = keys.authentication();
            authentication.signature = Some(signature);
            book.authentication(
                keys.algorithm,
                &format!("signature, {what}"),
                &authentication,
                |_| {},
            );
        };
        record("of another key", keys.other.sign(&signed));
        record("of the authenticator data alone", keys.signer.sign(&data));
        record(
            "of the client data unhashed",
            keys.signer.sign(&[data.as_slice(), &client_data].concat()),
        );
        record(
            "of both the other way round",
            keys.signer.sign(&[&signed[37..], &signed[..37]].concat()),
        );
        record(
            "of a hash of both",
            keys.signer
                .sign(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &signed).as_ref()),
        );

        // The same JSON in other bytes, the same data with another counter: what was signed is no longer what is shown.
        let mut authentication = keys.authentication();
        authentication.signature = Some(good.clone());
        let text = String::from_utf8(client_data).expect("JSON");
        authentication.client_data = ClientData::Bytes(format!("{text} ").into_bytes());
        book.authentication(
            keys.algorithm,
            "signature, older than a space in the client data",
            &authentication,
            |_| {},
        );
        let mut authentication = keys.authentication();
        authentication.signature = Some(good);
        authentication.data.sign_count += 1;
        book.authentication(
            keys.algorithm,
            "signature, older than the counter",
            &authentication,
            |_| {},
        );
        let mut authentication = keys.authentication();
        authentication.stored_public_key = keys.other.cose();
        book.authentication(
            keys.algorithm,
            "signature, for which another key is stored",
            &authentication,
            |_| {},
        );
    }
    rsa_pss(book);
}

/// RSASSA-PSS where PKCS#1 v1.5 was agreed.
#[expect(
    clippy::disallowed_methods,
    reason = "the padding is salted, and nobody looks at the salt"
)]
fn rsa_pss(book: &mut Book) {
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    for keys in book
        .keys
        .clone()
        .iter()
        .filter(|keys| keys.algorithm == Algorithm::Rs256)
    {
        let mut authentication = keys.authentication();
        let (client_data, data, _) = authentication.parts();
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(
            &RSA_PSS_SHA256,
            &SystemRandom::new(),
            &signed_bytes(&data, &client_data),
            &mut signature,
        )
        .expect("a signature");
        authentication.signature = Some(signature);
        authentication.stored_public_key =
            crate::signer::encode(&crate::signer::map_of(crate::signer::rsa_members(&key)));
        book.authentication(
            Algorithm::Rs256,
            "signature, RSASSA-PSS",
            &authentication,
            |_| {},
        );
    }
}

const BYTES: &[(&str, fn(&mut Vec<u8>))] = &[
    ("empty", Vec::clear),
    ("one byte", |it| it.truncate(1)),
    ("cut short", |it| it.truncate(it.len() - 1)),
    ("with a byte behind", |it| it.push(0)),
    ("with a byte in front", |it| it.insert(0, 0)),
    ("twice", |it| it.extend_from_within(..)),
    ("the last bit flipped", |it| {
        *it.last_mut().expect("a byte") ^= 1
    }),
    ("a bit in the middle flipped", |it| {
        let middle = it.len() / 2;
        it[middle] ^= 0x10;
    }),
    ("the first byte flipped", |it| it[0] ^= 0xff),
    ("of zeros", |it| it.fill(0)),
];

/// The two numbers of an ECDSA signature in DER, without the zeros in front.
fn numbers(der: &[u8]) -> [Vec<u8>; 2] {
    let start = if der[1] & 0x80 == 0 { 2 } else { 3 };
    let length = usize::from(der[start + 1]);
    let (r, rest) = (
        &der[start + 2..start + 2 + length],
        &der[start + 2 + length..],
    );
    [r, &rest[2..]].map(|number| {
        number
            .iter()
            .copied()
            .skip_while(|byte| *byte == 0)
            .collect()
    })
}

/// DER of two numbers, each with `zeros` more in front than it needs.
fn der(numbers: &[Vec<u8>; 2], zeros: usize) -> Vec<u8> {
    let mut contents = Vec::new();
    for number in numbers {
        let needed = usize::from(number.first().is_none_or(|byte| byte & 0x80 != 0));
        contents.extend([2, (number.len() + needed + zeros) as u8]);
        contents.extend(vec![0; needed + zeros]);
        contents.extend(number);
    }
    head(0x30, &contents)
}

fn head(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len() as u8;
    let head = if length < 0x80 {
        vec![tag, length]
    } else {
        vec![tag, 0x81, length]
    };
    [head.as_slice(), contents].concat()
}

const ECDSA: &[(&str, fn(&mut Vec<u8>))] = &[
    ("the numbers side by side", |it| {
        let [r, s] = numbers(it);
        // Both as long as the curve's numbers; a shorter one gets zeros in front.
        let length = [32, 48, 66]
            .into_iter()
            .find(|length| r.len().max(s.len()) <= *length)
            .expect("a curve");
        *it = [r, s]
            .into_iter()
            .flat_map(|number| [vec![0; length - number.len()], number].concat())
            .collect();
    }),
    ("r of zero", |it| {
        *it = der(&[Vec::new(), numbers(it)[1].clone()], 0)
    }),
    ("s of zero", |it| {
        *it = der(&[numbers(it)[0].clone(), Vec::new()], 0)
    }),
    ("r and s of one", |it| *it = der(&[vec![1], vec![1]], 0)),
    ("r and s exchanged", |it| {
        let [r, s] = numbers(it);
        *it = der(&[s, r], 0);
    }),
    ("a number with a zero too many", |it| {
        *it = der(&numbers(it), 1)
    }),
    ("a length in more bytes than needed", |it| {
        let start = if it[1] & 0x80 == 0 { 1 } else { 2 };
        let length = it[start];
        it.splice(1..=start, [0x82, 0, length]).for_each(drop);
    }),
    ("an indefinite length", |it| {
        let start = if it[1] & 0x80 == 0 { 1 } else { 2 };
        it.splice(1..=start, [0x80]).for_each(drop);
        it.extend([0, 0]);
    }),
    ("a third number", |it| {
        let start = if it[1] & 0x80 == 0 { 2 } else { 3 };
        *it = head(0x30, &[&it[start..], &[2, 1, 1]].concat());
    }),
    ("a set in the place of a sequence", |it| it[0] = 0x31),
];

/// The order of Ed25519's group, little-endian (RFC 8032, section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

const EDDSA: &[(&str, fn(&mut Vec<u8>))] = &[
    // RFC 8032, section 5.1.7: S must be below the order, or every signature had a second form.
    ("S with the order added", |it| {
        let mut carry = 0;
        for (byte, order) in it[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
    }),
    ("R of zeros", |it| it[..32].fill(0)),
    ("S of zeros", |it| it[32..].fill(0)),
];

const RSA: &[(&str, fn(&mut Vec<u8>))] = &[
    ("all ones", |it| it.fill(0xff)),
    ("the number one", |it| {
        it.fill(0);
        *it.last_mut().expect("a byte") = 1;
    }),
];

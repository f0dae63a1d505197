//! Authenticator data, spoilt field by field and signed so.

use ginnel_webauthn::UserVerification;

use crate::book::Book;
use crate::support::{AT, AuthenticatorData, BE, BS, ED, UP, UV};

pub fn record(book: &mut Book) {
    for (what, spoil) in BOTH {
        let what = format!("authenticator data, {what}");
        book.registrations(&what, |it| spoil(&mut it.data));
        book.authentications(&what, |it| spoil(&mut it.data));
    }
    for (what, spoil) in REGISTRATION {
        let what = format!("authenticator data, {what}");
        book.registrations(&what, |it| spoil(&mut it.data));
    }
    let preferred = UserVerification::Preferred;
    for (what, flags) in [
        ("without UV, where it is preferred", UP | BE | BS),
        ("with UV, where it is preferred", UP | UV | BE | BS),
    ] {
        let what = format!("authenticator data, {what}");
        book.registrations(&what, |it| {
            it.data.flags = flags | AT;
            it.expected.user_verification = preferred;
        });
        book.authentications(&what, |it| {
            it.data.flags = flags;
            it.expected.user_verification = preferred;
        });
    }
    book.registrations("authenticator data, RP ID other than expected", |it| {
        it.expected.rp_id = "example.com".to_owned();
    });
    book.authentications("authenticator data, RP ID other than expected", |it| {
        it.expected.rp_id = "example.com".to_owned();
    });
    book.registrations("authenticator data, credential id other than rawId", |it| {
        it.raw_id = Some(b"another credential".to_vec());
    });
    authentication(book);
}

fn authentication(book: &mut Book) {
    book.authentications(
        "authenticator data, BE and BS off, as at registration",
        |it| {
            it.data.flags = UP | UV;
            it.stored_backup_eligible = false;
        },
    );
    book.authentications("authenticator data, BE gone since registration", |it| {
        it.data.flags = UP | UV
    });
    book.authentications("authenticator data, BE new since registration", |it| {
        it.stored_backup_eligible = false
    });
    for (what, received, stored) in [
        ("from 0 to 0", 0, 0),
        ("from 0 to 1", 1, 0),
        ("from 7 to 8", 8, 7),
        ("to the highest", u32::MAX, 7),
    ] {
        book.authentications(&format!("authenticator data, counter {what}"), |it| {
            it.data.sign_count = received;
            it.stored_sign_count = stored;
        });
    }
    for (what, received, stored) in [
        ("the same", 7, 7),
        ("one less", 6, 7),
        ("back to 0", 0, 7),
        ("over the highest", 1, u32::MAX),
    ] {
        book.authentications(
            &format!("authenticator data, counter that does not grow, {what}"),
            |it| {
                it.data.sign_count = received;
                it.stored_sign_count = stored;
            },
        );
    }
    book.authentications(
        "authenticator data, a whole credential in an authentication",
        |it| {
            it.data.flags |= AT;
            it.data.credential_id = b"a credential id".to_vec();
            it.data.public_key = it.signer.cose();
        },
    );
}

const BOTH: &[(&str, fn(&mut AuthenticatorData))] = &[
    ("RP ID of another site", |it| {
        it.rp_id = "example.com".to_owned()
    }),
    ("RP ID of a subdomain", |it| {
        it.rp_id = "login.example.org".to_owned()
    }),
    ("RP ID in capitals", |it| {
        it.rp_id = "EXAMPLE.ORG".to_owned()
    }),
    ("RP ID the origin", |it| {
        it.rp_id = "https://example.org".to_owned()
    }),
    ("RP ID hash of zeros", |it| {
        it.change = Some(|bytes| bytes[..32].fill(0))
    }),
    ("RP ID hash with the last bit flipped", |it| {
        it.change = Some(|bytes| bytes[31] ^= 1)
    }),
    ("no flag", |it| it.flags &= AT),
    ("UP off", |it| it.flags &= !UP),
    ("UV off", |it| it.flags &= !UV),
    ("BS off", |it| it.flags &= !BS),
    ("BS without BE", |it| it.flags &= !BE),
    ("reserved flags on", |it| it.flags |= 0x22),
    ("ED on, nothing behind", |it| it.flags |= ED),
    ("ED off, extensions behind", |it| {
        it.tail = vec![0xa1, 0x61, b'a', 0xf5]
    }),
    ("extensions", |it| extend(it, &[0xa1, 0x61, b'a', 0xf5])),
    ("extensions with numbers as names", |it| {
        extend(it, &[0xa1, 0x01, 0x02])
    }),
    ("extensions, an empty map", |it| extend(it, &[0xa0])),
    ("extensions, no map", |it| extend(it, &[0x81, 0x01])),
    ("extensions, a text", |it| extend(it, &[0x61, b'a'])),
    ("extensions, cut short", |it| {
        extend(it, &[0xa1, 0x61, b'a'])
    }),
    ("extensions, the same name twice", |it| {
        extend(it, &[0xa2, 0x61, b'a', 0xf5, 0x61, b'a', 0xf4])
    }),
    ("extensions, a tag", |it| {
        extend(it, &[0xa1, 0x61, b'a', 0xc1, 0x00])
    }),
    ("extensions, an indefinite length", |it| {
        extend(it, &[0xbf, 0x61, b'a', 0xf5, 0xff])
    }),
    ("extensions, a floating-point number", |it| {
        extend(it, &[0xa1, 0x61, b'a', 0xf9, 0x3c, 0x00])
    }),
    ("extensions, a text that is no UTF-8", |it| {
        extend(it, &[0xa1, 0x61, 0xff, 0xf5])
    }),
    ("extensions, bytes behind", |it| {
        extend(it, &[0xa1, 0x61, b'a', 0xf5, 0x00])
    }),
    ("bytes behind", |it| it.tail = vec![0, 0, 0]),
    ("empty", |it| it.change = Some(Vec::clear)),
    ("36 bytes", |it| {
        it.change = Some(|bytes| bytes.truncate(36))
    }),
    ("one byte", |it| it.change = Some(|bytes| bytes.truncate(1))),
    ("a byte in front", |it| {
        it.change = Some(|bytes| bytes.insert(0, 0))
    }),
];

fn extend(data: &mut AuthenticatorData, extensions: &[u8]) {
    data.flags |= ED;
    data.tail = extensions.to_vec();
}

const REGISTRATION: &[(&str, fn(&mut AuthenticatorData))] = &[
    ("AT off", |it| it.flags &= !AT),
    ("AT off, the credential behind", |it| {
        it.change = Some(|bytes| bytes[32] &= !AT)
    }),
    ("BE and BS off", |it| it.flags &= !(BE | BS)),
    ("AAGUID of zeros", |it| it.aaguid = [0; 16]),
    ("counter 0", |it| it.sign_count = 0),
    ("counter the highest", |it| it.sign_count = u32::MAX),
    ("credential id empty", |it| it.credential_id.clear()),
    ("credential id of one byte", |it| it.credential_id = vec![7]),
    ("credential id of 1023 bytes", |it| {
        it.credential_id = vec![7; 1023]
    }),
    ("credential id of 1024 bytes", |it| {
        it.credential_id = vec![7; 1024]
    }),
    ("credential id of 2000 bytes", |it| {
        it.credential_id = vec![7; 2000]
    }),
    ("credential id longer than what is there", |it| {
        it.change = Some(|bytes| bytes[53] = 0xff)
    }),
    ("credential id one byte shorter than it is", |it| {
        it.change = Some(|bytes| bytes[54] -= 1)
    }),
    ("cut in the AAGUID", |it| {
        it.change = Some(|bytes| bytes.truncate(45))
    }),
    ("cut before the credential id", |it| {
        it.change = Some(|bytes| bytes.truncate(55))
    }),
    ("cut before the key", |it| {
        it.change = Some(|bytes| bytes.truncate(70))
    }),
    ("cut in the key", |it| {
        it.change = Some(|bytes| bytes.truncate(bytes.len() - 1))
    }),
];

//! Credential public keys as authenticators send them (COSE_Key, WebAuthn L3 §5.8.5 and §6.5.1.1) and their signatures.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, VerificationAlgorithm,
};

use crate::Error;
use crate::cbor::Reader;

/// COSE key types (IANA "COSE Key Types").
const KEY_TYPE_OKP: i64 = 1;
const KEY_TYPE_EC2: i64 = 2;
const KEY_TYPE_RSA: i64 = 3;
/// COSE curves (IANA "COSE Elliptic Curves").
const CURVE_P256: i64 = 1;
const CURVE_P384: i64 = 2;
const CURVE_P521: i64 = 3;
const CURVE_ED25519: i64 = 6;
/// An uncompressed P-521 point: the tag byte and two coordinates.
const LONGEST_POINT: usize = 1 + 2 * 66;

/// A signature algorithm that a credential may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// EdDSA on Ed25519.
    EdDsa,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// RSASSA-PKCS1-v1_5 with SHA-256, at least 2048 bits.
    Rs256,
}

impl Algorithm {
    /// Every algorithm, the preferred ones first. ES256 leads because all authenticators have it.
    pub const ALL: &[Self] = &[
        Self::Es256,
        Self::EdDsa,
        Self::Es384,
        Self::Es512,
        Self::Rs256,
    ];

    /// The COSE algorithm identifier, as in `pubKeyCredParams`.
    pub const fn cose_id(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Es384 => -35,
            Self::Es512 => -36,
            Self::Rs256 => -257,
        }
    }

    /// The algorithm with this COSE identifier, if it is supported.
    pub fn from_cose_id(cose_id: i64) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|algorithm| algorithm.cose_id() == cose_id)
    }

    /// The name in the IANA registry of COSE algorithms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Rs256 => "RS256",
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Es256 => &ECDSA_P256_SHA256_ASN1,
            Self::EdDsa => &ED25519,
            Self::Es384 => &ECDSA_P384_SHA384_ASN1,
            Self::Es512 => &ECDSA_P521_SHA512_ASN1,
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        }
    }
}

/// A checked public key together with its algorithm.
#[derive(Debug, Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Reads a COSE_Key.
    ///
    /// The key must have exactly the parameters that its algorithm needs (WebAuthn L3 §6.5.1: `alg`, and no optional
    /// ones), key type and curve must fit the algorithm (§5.8.5), a point must be uncompressed and on its curve, an
    /// RSA modulus must have 2048 to 8192 bits.
    ///
    /// # Errors
    /// [`Error::AlgorithmNotAllowed`] for an algorithm not in [`Algorithm::ALL`], else [`Error::MalformedPublicKey`].
    pub fn from_cose(bytes: &[u8]) -> Result<Self, Error> {
        let members = Members::parse(bytes).map_err(Error::MalformedPublicKey)?;
        let cose_id = members.algorithm.ok_or(Error::MalformedPublicKey(
            "the parameter alg (3) is missing",
        ))?;
        let algorithm =
            Algorithm::from_cose_id(cose_id).ok_or(Error::AlgorithmNotAllowed { cose_id })?;
        let key = match algorithm {
            Algorithm::Es256 => members.point(algorithm, CURVE_P256, 32),
            Algorithm::Es384 => members.point(algorithm, CURVE_P384, 48),
            Algorithm::Es512 => members.point(algorithm, CURVE_P521, 66),
            Algorithm::EdDsa => members.edwards_point(),
            Algorithm::Rs256 => members.rsa(),
        };
        Ok(Self {
            algorithm,
            key: key.map_err(Error::MalformedPublicKey)?,
        })
    }

    /// Reads the SubjectPublicKeyInfo of a certificate, for a signature with `algorithm`.
    pub(crate) fn from_subject_public_key_info(algorithm: Algorithm, der: &[u8]) -> Option<Self> {
        let key = ParsedPublicKey::new(algorithm.verification(), der).ok()?;
        Some(Self { algorithm, key })
    }

    /// The algorithm that the key says it is for.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Checks a signature over `message`: ECDSA in ASN.1 DER, EdDSA and RSA as their raw bytes (WebAuthn L3 §6.5.5).
    ///
    /// # Errors
    /// [`Error::Signature`] if the signature is not valid.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.key
            .verify_sig(message, signature)
            .map_err(|_| Error::Signature)
    }
}

/// The parameters of a COSE_Key. The labels -1, -2 and -3 mean different things for each key type.
#[derive(Default)]
struct Members<'a> {
    key_type: Option<i64>,
    algorithm: Option<i64>,
    curve: Option<i64>,
    /// Label -1 of an RSA key: the modulus.
    modulus: Option<&'a [u8]>,
    /// Label -2: the x coordinate, or the RSA exponent.
    second: Option<&'a [u8]>,
    /// Label -3: the y coordinate.
    third: Option<&'a [u8]>,
}

impl<'a> Members<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let mut reader = Reader::new(bytes);
        let mut members = Self::default();
        for _ in 0..reader.map()? {
            match reader.integer()? {
                1 => set(&mut members.key_type, reader.integer()?)?,
                3 => set(&mut members.algorithm, reader.integer()?)?,
                -1 if members.curve.is_some() || members.modulus.is_some() => {
                    return Err("a parameter occurs twice");
                }
                // Whether this is a curve or a modulus shows in its type; whether it fits is checked with the key type.
                -1 => match reader.clone().bytes() {
                    Ok(modulus) => {
                        reader.item()?;
                        members.modulus = Some(modulus);
                    }
                    Err(_) => members.curve = Some(reader.integer()?),
                },
                -2 => set(&mut members.second, reader.bytes()?)?,
                -3 => set(&mut members.third, reader.bytes()?)?,
                _ => return Err("it has a parameter other than those its algorithm needs"),
            }
        }
        reader.end()?;
        Ok(members)
    }

    /// A key on a NIST curve whose coordinates have `length` bytes.
    fn point(
        &self,
        algorithm: Algorithm,
        curve: i64,
        length: usize,
    ) -> Result<ParsedPublicKey, &'static str> {
        self.expect(KEY_TYPE_EC2, Some(curve))?;
        let x = self
            .second
            .filter(|x| x.len() == length)
            .ok_or("the x coordinate is missing or has a wrong length")?;
        let y = self
            .third
            .filter(|y| y.len() == length)
            .ok_or("the y coordinate is missing or has a wrong length")?;
        let mut point = [0; LONGEST_POINT];
        point[0] = 4;
        point[1..=length].copy_from_slice(x);
        point[1 + length..=2 * length].copy_from_slice(y);
        ParsedPublicKey::new(algorithm.verification(), &point[..=2 * length])
            .map_err(|_| "the point is not on its curve")
    }

    fn edwards_point(&self) -> Result<ParsedPublicKey, &'static str> {
        self.expect(KEY_TYPE_OKP, Some(CURVE_ED25519))?;
        let x = self
            .second
            .filter(|x| x.len() == 32)
            .ok_or("the x coordinate is missing or has a wrong length")?;
        if self.third.is_some() {
            return Err("it has a parameter other than those its algorithm needs");
        }
        ParsedPublicKey::new(&ED25519, x).map_err(|_| "the point is not on its curve")
    }

    fn rsa(&self) -> Result<ParsedPublicKey, &'static str> {
        self.expect(KEY_TYPE_RSA, None)?;
        let n = self.modulus.ok_or("the modulus is missing")?;
        let e = self.second.ok_or("the exponent is missing")?;
        if self.third.is_some() {
            return Err("it has a parameter other than those its algorithm needs");
        }
        let leading_zeros = n.first().map_or(8, |byte| byte.leading_zeros() as usize);
        if leading_zeros == 8 {
            return Err("the modulus is empty or starts with zeros");
        }
        if !(2048..=8192).contains(&(n.len() * 8 - leading_zeros)) {
            return Err("the modulus must have 2048 to 8192 bits");
        }
        // The library builds a key of any two numbers. Even ones and 1 make no RSA key, and an exponent above
        // 32 bits would only cost time.
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
        if !is_odd(n) || !is_odd(e) || e.len() > 4 || e == [1] {
            return Err("the modulus or exponent cannot be used");
        }
        RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map_err(|_| "the modulus or exponent cannot be used")
    }

    fn expect(&self, key_type: i64, curve: Option<i64>) -> Result<(), &'static str> {
        if self.key_type != Some(key_type) {
            return Err("the key type (1) is missing or does not fit the algorithm");
        }
        if self.curve != curve {
            return Err("the curve (-1) is missing or does not fit the algorithm");
        }
        Ok(())
    }
}

fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), &'static str> {
    if slot.replace(value).is_some() {
        Err("a parameter occurs twice")
    } else {
        Ok(())
    }
}

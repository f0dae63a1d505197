package ginnel

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Algorithm is a signature algorithm that Ginnel issues tokens with.
type Algorithm string

// The algorithms (RFC 7518, section 3.1; RFC 8037, section 3.1).
const (
	RS256 Algorithm = "RS256"
	ES256 Algorithm = "ES256"
	EdDSA Algorithm = "EdDSA"
)

func (a Algorithm) known() bool { return a == RS256 || a == ES256 || a == EdDSA }

// Key is one public key. Its own algorithm decides how a signature is checked; a token never does.
type Key struct {
	// ID is the key id that tokens name as kid.
	ID string
	// Algorithm is the only one that the key is used for.
	Algorithm Algorithm
	// PublicKey is an *[rsa.PublicKey] for RS256, an *[ecdsa.PublicKey] on P-256 for ES256, or an [ed25519.PublicKey]
	// for EdDSA.
	PublicKey crypto.PublicKey
}

// verify tells whether this key made the signature over these bytes. The error is of a key that does not fit its own
// algorithm.
func (k *Key) verify(signature, data []byte) (bool, error) {
	switch public := k.PublicKey.(type) {
	case *rsa.PublicKey:
		if k.Algorithm == RS256 {
			digest := sha256.Sum256(data)
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil, nil
		}
	case *ecdsa.PublicKey:
		if k.Algorithm == ES256 && public.Curve == elliptic.P256() {
			if len(signature) != 64 {
				return false, nil
			}
			r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
			digest := sha256.Sum256(data)
			return ecdsa.Verify(public, digest[:], r, s), nil
		}
	case ed25519.PublicKey:
		if k.Algorithm == EdDSA && len(public) == ed25519.PublicKeySize {
			return ed25519.Verify(public, data, signature), nil
		}
	}
	return false, newError(CodeKeysUnavailable, nil,
		"The key %q cannot be used for %s; check the key set.", k.ID, k.Algorithm)
}

// readKeySet gives the signing keys of a key set document (RFC 7517) by their id. Keys for other purposes or of types
// we do not know are left out, as RFC 7517, section 5 asks. The message of its error completes the sentence "The key
// set …".
func readKeySet(document []byte) (map[string]*Key, error) {
	members, err := readObject(document)
	if err != nil {
		return nil, err
	}
	entries, ok := members.list("keys")
	if !ok {
		return nil, errors.New(`has no list of "keys"`)
	}
	keys := make(map[string]*Key)
	for _, entry := range entries {
		jwk, err := readObject(entry)
		if err != nil {
			continue
		}
		key := readKey(jwk)
		if key == nil {
			continue
		}
		if keys[key.ID] != nil {
			return nil, fmt.Errorf("has two keys with the id %q", key.ID)
		}
		keys[key.ID] = key
	}
	if len(keys) == 0 {
		return nil, errors.New("has no signing key of type RS256, ES256 or EdDSA with an id")
	}
	return keys, nil
}

// readKey gives the key, or nil if it is none to check tokens with.
func readKey(jwk object) *Key {
	id, _ := jwk.text("kid")
	if id == "" {
		return nil
	}
	if use, _ := jwk.text("use"); jwk.has("use") && use != "sig" {
		return nil
	}
	if jwk.has("key_ops") {
		operations, _ := jwk.texts("key_ops")
		if !slices.Contains(operations, "verify") {
			return nil
		}
	}
	algorithm, _ := jwk.text("alg")
	kind, _ := jwk.text("kty")
	curve, _ := jwk.text("crv")
	key := &Key{ID: id, Algorithm: Algorithm(algorithm)}
	switch {
	case key.Algorithm == RS256 && kind == "RSA" && !jwk.has("crv"):
		key.PublicKey = readRSA(jwk)
	case key.Algorithm == ES256 && kind == "EC" && curve == "P-256":
		key.PublicKey = readP256(jwk)
	case key.Algorithm == EdDSA && kind == "OKP" && curve == "Ed25519":
		key.PublicKey = readEd25519(jwk)
	}
	if key.PublicKey == nil {
		return nil
	}
	return key
}

// bytes gives a member that is base64url.
func (o object) bytes(name string) []byte {
	text, _ := o.text(name)
	decoded, _ := decodeBase64url(text)
	return decoded
}

// readRSA reads RFC 7518, section 6.3.1: numbers without zeros in front. The modulus has 2048 to 8192 bits that fill its
// bytes, the exponent at most 31: what the libraries of all our SDKs take.
func readRSA(jwk object) crypto.PublicKey {
	n, e := jwk.bytes("n"), jwk.bytes("e")
	if len(n) < 256 || len(n) > 1024 || n[0] < 0x80 || len(e) == 0 || e[0] == 0 {
		return nil
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	if modulus.Bit(0) == 0 || exponent.Bit(0) == 0 || exponent.BitLen() < 2 || exponent.BitLen() > 31 {
		return nil
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}
}

// readP256 reads RFC 7518, section 6.2.1; crypto/ecdh refuses a point that is not on the curve.
func readP256(jwk object) crypto.PublicKey {
	x, y := jwk.bytes("x"), jwk.bytes("y")
	if len(x) != 32 || len(y) != 32 {
		return nil
	}
	if _, err := ecdh.P256().NewPublicKey(slices.Concat([]byte{4}, x, y)); err != nil {
		return nil
	}
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
}

// readEd25519 reads RFC 8037, section 2.
func readEd25519(jwk object) crypto.PublicKey {
	x := jwk.bytes("x")
	if len(x) != ed25519.PublicKeySize {
		return nil
	}
	return ed25519.PublicKey(x)
}

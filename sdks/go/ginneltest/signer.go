package ginneltest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"

	ginnel "ginnel.example/go"
)

// signer makes signatures in the form that a JSON Web Signature has (RFC 7518, section 3).
type signer struct {
	algorithm ginnel.Algorithm
	sign      func(data []byte) []byte
}

// newSigner makes a key, and gives its public half as a JSON Web Key.
func newSigner(algorithm ginnel.Algorithm) (signer, map[string]any) {
	text := base64.RawURLEncoding.EncodeToString
	switch algorithm {
	case ginnel.RS256:
		key := must(rsa.GenerateKey(rand.Reader, 2048))
		sign := func(data []byte) []byte {
			digest := sha256.Sum256(data)
			return must(rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:]))
		}
		exponent := big.NewInt(int64(key.E)).Bytes()
		return signer{algorithm, sign}, map[string]any{"kty": "RSA", "n": text(key.N.Bytes()), "e": text(exponent)}
	case ginnel.ES256:
		key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		sign := func(data []byte) []byte {
			digest := sha256.Sum256(data)
			r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
			signature := make([]byte, 64)
			must(0, err)
			r.FillBytes(signature[:32])
			s.FillBytes(signature[32:])
			return signature
		}
		// The point is 4, x and y (SEC 1, section 2.3.3).
		point := must(key.PublicKey.ECDH()).Bytes()
		return signer{algorithm, sign}, map[string]any{
			"kty": "EC", "crv": "P-256", "x": text(point[1:33]), "y": text(point[33:]),
		}
	case ginnel.EdDSA:
		public, key, err := ed25519.GenerateKey(rand.Reader)
		must(0, err)
		sign := func(data []byte) []byte { return ed25519.Sign(key, data) }
		return signer{algorithm, sign}, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": text(public)}
	}
	panic(fmt.Sprintf("ginneltest: %q is none of RS256, ES256 and EdDSA", algorithm))
}

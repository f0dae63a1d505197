package ginnel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

func TestStaticKeySet(t *testing.T) {
	issuers := []*ginneltest.Issuer{}
	for _, algorithm := range algorithms {
		issuers = append(issuers, ginneltest.NewIssuer(ginneltest.WithAlgorithm(algorithm)))
	}
	keys, err := ginnel.StaticKeySet(jwks(issuers...))
	if err != nil {
		t.Fatal(err)
	}
	for index, issuer := range issuers {
		key, err := keys.Find(context.Background(), kidOf(issuer))
		if err != nil || key == nil || key.ID != kidOf(issuer) || key.Algorithm != algorithms[index] {
			t.Errorf("got %+v and %v for %s", key, err, algorithms[index])
		}
	}
	if key, err := keys.Find(context.Background(), "nobody"); key != nil || err != nil {
		t.Errorf("got %+v and %v for nobody", key, err)
	}
}

func TestKeySetsThatAreNone(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	good := string(issuer.JWKS)
	key := strings.TrimSuffix(strings.TrimPrefix(good, `{"keys":[`), `]}`)
	for name, document := range map[string]string{
		"nothing":             "",
		"null":                "null",
		"a list":              "[" + key + "]",
		"a text":              `"keys"`,
		"no keys":             `{}`,
		"an empty list":       `{"keys":[]}`,
		"null for keys":       `{"keys":null}`,
		"keys in an object":   `{"keys":{"0":` + key + `}}`,
		"keys in other case":  strings.Replace(good, "keys", "Keys", 1),
		"keys that are none":  `{"keys":[null,7,"x",[],{}]}`,
		"one id twice":        `{"keys":[` + key + `,` + key + `]}`,
		"half":                good[:len(good)-5],
		"more behind":         good + "{}",
		"a byte order mark":   "\uFEFF" + good,
		"what is no UTF-8":    `{"x":"` + "\xff" + `",` + good[1:],
		"the key of a secret": `{"keys":[{"kty":"oct","alg":"HS256","kid":"k","k":"c2VjcmV0"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ginnel.StaticKeySet([]byte(document))
			refuses(t, err, ginnel.CodeConfiguration)
		})
	}
}

func TestKeysThatAreLeftOut(t *testing.T) {
	es256 := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	rs256 := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.RS256))
	eddsa := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	type members map[string]any
	for _, test := range []struct {
		name   string
		issuer *ginneltest.Issuer
		change members
	}{
		{"no algorithm", es256, members{"alg": nil}},
		{"the algorithm of another type", es256, members{"alg": "RS256"}},
		{"an unknown algorithm", es256, members{"alg": "ES512"}},
		{"encryption", es256, members{"use": "enc"}},
		{"a use that is null", es256, members{"use": nil}},
		{"signing only", es256, members{"key_ops": []string{"sign"}}},
		{"operations that are a text", es256, members{"key_ops": "verify"}},
		{"another curve", es256, members{"crv": "P-384"}},
		{"another type", es256, members{"kty": "RSA"}},
		{"an empty id", es256, members{"kid": ""}},
		{"an id that is a number", es256, members{"kid": 7}},
		{"a coordinate that is a number", es256, members{"x": 7}},
		{"a modulus of 1024 bits", rs256, members{"n": strings.Repeat("____", 42) + "_w"}},
		{"a modulus with padding", rs256, members{"n": strings.Repeat("____", 85) + "_w=="}},
		{"X25519", eddsa, members{"crv": "X25519"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var document struct{ Keys []members }
			if err := json.Unmarshal(test.issuer.JWKS, &document); err != nil {
				t.Fatal(err)
			}
			kid := document.Keys[0]["kid"].(string)
			for name, value := range test.change {
				document.Keys[0][name] = value
			}
			other := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
			rest := strings.TrimPrefix(string(other.JWKS), `{"keys":[`)
			keys, err := ginnel.StaticKeySet([]byte(fmt.Sprintf(`{"keys":[%s,%s`, must(json.Marshal(document.Keys[0])), rest)))
			if err != nil {
				t.Fatal(err)
			}
			if key, _ := keys.Find(context.Background(), kid); key != nil {
				t.Errorf("%+v was taken", key)
			}
			if key, _ := keys.Find(context.Background(), kidOf(other)); key == nil {
				t.Error("the key beside it was not found")
			}
		})
	}
}

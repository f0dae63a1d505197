package ginnel_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

func TestValidTokens(t *testing.T) {
	for _, algorithm := range algorithms {
		t.Run(string(algorithm), func(t *testing.T) {
			issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(algorithm))
			claims, err := issuer.Client.ValidateToken(context.Background(), issuer.Token(ginneltest.ForUser("ada")))
			if err != nil || claims.Subject != "ada" {
				t.Fatalf("got %v and %v", claims, err)
			}
		})
	}
	t.Run("without typ and nbf, for one audience", func(t *testing.T) {
		issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
		token := issuer.Token(ginneltest.WithoutHeader("typ"), ginneltest.WithoutClaim("nbf"), ginneltest.Claim("aud", appID))
		if _, err := issuer.Client.ValidateToken(context.Background(), token); err != nil {
			t.Fatal(err)
		}
	})
}

func TestForgedTokens(t *testing.T) {
	for _, algorithm := range algorithms {
		t.Run(string(algorithm), func(t *testing.T) {
			issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(algorithm))
			stranger := ginneltest.NewIssuer(ginneltest.WithAlgorithm(algorithm))
			token := issuer.Token(ginneltest.ForUser("ada"))
			parts := strings.Split(token, ".")
			signed, signature := parts[0]+"."+parts[1], must(base64.RawURLEncoding.DecodeString(parts[2]))
			with := func(signature []byte) string {
				return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
			}
			flipped := append([]byte{}, signature...)
			flipped[10] ^= 1
			other := strings.Split(issuer.Token(ginneltest.ForUser("bob")), ".")
			for name, forged := range map[string]string{
				"one bit":           with(flipped),
				"zeros":             with(make([]byte, len(signature))),
				"nothing":           signed + ".",
				"longer":            with(append(append([]byte{}, signature...), 0, 0, 0)),
				"another's key":     stranger.Token(ginneltest.Header("kid", kidOf(issuer))),
				"another's claims":  parts[0] + "." + other[1] + "." + parts[2],
				"unread bad claims": stranger.Token(ginneltest.Header("kid", kidOf(issuer)), ginneltest.Claim("sub", ""), ginneltest.ExpiresIn(-1e12)),
			} {
				t.Run(name, func(t *testing.T) {
					_, err := issuer.Client.ValidateToken(context.Background(), forged)
					refuses(t, err, ginnel.CodeSignatureInvalid)
				})
			}
		})
	}
	t.Run("whichever character was changed", func(t *testing.T) {
		issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
		token := issuer.Token()
		for index := range token {
			other := "A"
			if token[index] == 'A' {
				other = "B"
			}
			if _, err := issuer.Client.ValidateToken(context.Background(), token[:index]+other+token[index+1:]); err == nil {
				t.Fatalf("a change of character %d passed", index)
			}
		}
	})
}

func TestTokensBringNoKeysOfTheirOwn(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	stranger := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	trap := newKeyServer(t, publishes(stranger))
	var document struct{ Keys []any }
	if err := json.Unmarshal(stranger.JWKS, &document); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{"jwk": document.Keys[0], "jku": trap.URL, "x5u": trap.URL, "x5c": []string{"x"}} {
		_, err := issuer.Client.ValidateToken(context.Background(), stranger.Token(
			ginneltest.Header("kid", kidOf(issuer)), ginneltest.Header(name, value)))
		refuses(t, err, ginnel.CodeSignatureInvalid)
	}
	trap.counts(t, 0)
}

func TestAlgorithmIsNotTheTokensChoice(t *testing.T) {
	issuers := map[ginnel.Algorithm]*ginneltest.Issuer{}
	for _, algorithm := range algorithms {
		issuers[algorithm] = ginneltest.NewIssuer(ginneltest.WithAlgorithm(algorithm))
	}
	validate := func(client *ginnel.Client, token string) error {
		_, err := client.ValidateToken(context.Background(), token)
		return err
	}

	t.Run("unknown ones, and no request is made", func(t *testing.T) {
		server := newKeyServer(t, publishes(issuers[ginnel.ES256]))
		client := must(ginnel.New(appID, ginnel.WithURL(server.URL)))
		for _, name := range []any{"none", "None", "", nil, 1, []string{"ES256"}, "es256", "ES384", "HS256"} {
			token := issuers[ginnel.ES256].Token(ginneltest.Header("alg", name))
			refuses(t, validate(client, token), ginnel.CodeAlgorithmNotAllowed)
			refuses(t, validate(client, token[:strings.LastIndex(token, ".")+1]), ginnel.CodeAlgorithmNotAllowed)
		}
		refuses(t, validate(client, issuers[ginnel.ES256].Token(ginneltest.WithoutHeader("alg"))), ginnel.CodeAlgorithmNotAllowed)
		// The names of members are exact.
		refuses(t, validate(client, encode(`{"ALG":"ES256","kid":"k"}`)+".e30.AAAA"), ginnel.CodeAlgorithmNotAllowed)
		server.counts(t, 0)
	})
	t.Run("HS256 with the public key as the secret", func(t *testing.T) {
		issuer := issuers[ginnel.RS256]
		signed := encode(fmt.Sprintf(`{"alg":"HS256","typ":"JWT","kid":%q}`, kidOf(issuer))) + "." + strings.Split(issuer.Token(), ".")[1]
		mac := hmac.New(sha256.New, issuer.JWKS)
		mac.Write([]byte(signed))
		refuses(t, validate(issuer.Client, signed+"."+encode(string(mac.Sum(nil)))), ginnel.CodeAlgorithmNotAllowed)
	})
	for own, issuer := range issuers {
		for other, stranger := range issuers {
			if own == other {
				continue
			}
			t.Run(fmt.Sprintf("%s for a key of %s", other, own), func(t *testing.T) {
				kid := ginneltest.Header("kid", kidOf(issuer))
				refuses(t, validate(issuer.Client, stranger.Token(kid)), ginnel.CodeAlgorithmNotAllowed)
				renamed := stranger.Token(kid, ginneltest.Header("alg", own))
				refuses(t, validate(issuer.Client, renamed), ginnel.CodeSignatureInvalid)
			})
		}
	}
	t.Run("one that the app does not accept", func(t *testing.T) {
		client := must(ginnel.New(appID, ginnel.WithKeySet(issuers[ginnel.RS256].KeySet), ginnel.WithAlgorithms(ginnel.ES256, ginnel.EdDSA)))
		refuses(t, validate(client, issuers[ginnel.RS256].Token()), ginnel.CodeAlgorithmNotAllowed)
	})
	t.Run("a key set of one's own does not widen the list", func(t *testing.T) {
		key := must(issuers[ginnel.RS256].KeySet.Find(context.Background(), kidOf(issuers[ginnel.RS256])))
		client := must(ginnel.New(appID, ginnel.WithKeySet(keySetFunc(func(string) (*ginnel.Key, error) { return key, nil }))))
		refuses(t, validate(client, issuers[ginnel.ES256].Token()), ginnel.CodeAlgorithmNotAllowed)
		// A key that claims to be for another algorithm than its kind allows checks nothing.
		mislabelled := &ginnel.Key{ID: key.ID, Algorithm: ginnel.ES256, PublicKey: key.PublicKey}
		client = must(ginnel.New(appID, ginnel.WithKeySet(keySetFunc(func(string) (*ginnel.Key, error) { return mislabelled, nil }))))
		refuses(t, validate(client, issuers[ginnel.ES256].Token()), ginnel.CodeKeysUnavailable)
	})
}

// keySetFunc is a key set of one's own.
type keySetFunc func(kid string) (*ginnel.Key, error)

func (f keySetFunc) Find(_ context.Context, kid string) (*ginnel.Key, error) { return f(kid) }

func TestKeySetOfOnesOwnThatFails(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	lost := errors.New("vault is sealed")
	for name, failure := range map[string]error{
		"any error":             lost,
		"an error of this kind": &ginnel.Error{Code: ginnel.CodeTokenMissing, Status: http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			client := must(ginnel.New(appID, ginnel.WithKeySet(keySetFunc(func(string) (*ginnel.Key, error) { return nil, failure }))))
			_, err := client.ValidateToken(context.Background(), issuer.Token())
			refuses(t, err, ginnel.CodeKeysUnavailable)
			if !errors.Is(err, failure) {
				t.Fatalf("%v has lost its cause", err)
			}
		})
	}
}

func TestMalformedTokens(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	header := func(members string) string {
		return encode(fmt.Sprintf(`{"alg":"ES256","kid":%q%s}`, kidOf(issuer), members)) + ".e30.AAAA"
	}
	token := issuer.Token()
	for name, token := range map[string]string{
		"words":                                    "not a token",
		"two parts":                                "abc.def",
		"four parts":                               token + ".x",
		"empty parts":                              "..",
		"no claims":                                strings.Split(token, ".")[0] + "..AAAA",
		"a header in the other base64":             "a+/=.e30.x",
		"a header that is no JSON":                 encode("{") + ".e30.AAAA",
		"a header with more behind":                encode(`{"alg":"ES256","kid":"k"}{}`) + ".e30.AAAA",
		"a header that is a list":                  encode("[]") + ".e30.AAAA",
		"a header that is null":                    encode("null") + ".e30.AAAA",
		"a header that is a string":                encode(`"ES256"`) + ".e30.AAAA",
		"a header with a byte order mark":          encode("\uFEFF"+`{"alg":"ES256","kid":"k"}`) + ".e30.AAAA",
		"a header with a byte that is no UTF-8":    encode("{\"alg\":\"ES256\",\"kid\":\"k\",\"x\":\"\xff\"}") + ".e30.AAAA",
		"a header with NaN":                        header(`,"x":NaN`),
		"crit":                                     header(`,"crit":["exp"]`),
		"a crit that is null":                      header(`,"crit":null`),
		"another typ":                              header(`,"typ":"at+jwt"`),
		"a typ in lower case":                      header(`,"typ":"jwt"`),
		"a typ that is null":                       header(`,"typ":null`),
		"no kid":                                   encode(`{"alg":"ES256"}`) + ".e30.AAAA",
		"a kid that is a number":                   encode(`{"alg":"ES256","kid":1}`) + ".e30.AAAA",
		"a kid in other letters":                   encode(`{"alg":"ES256","KID":"k"}`) + ".e30.AAAA",
		"an empty kid":                             encode(`{"alg":"ES256","kid":""}`) + ".e30.AAAA",
		"padding":                                  token + "==",
		"a space behind":                           token + " ",
		"a line break in the header":               token[:8] + "\n" + token[8:],
		"a line break in the signature":            token[:len(token)-4] + "\r\n" + token[len(token)-4:],
		"a signature of an impossible length":      encode(`{"alg":"ES256","kid":"k"}`) + ".e30.AAAAA",
		"a signature in the other base64":          token[:len(token)-2] + "+/",
		"an ES256 signature with unused bits set":  token[:len(token)-1] + twin(token[len(token)-1]),
		"16,384 characters of more bytes than one": strings.Repeat("é", 16_384),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := issuer.Client.ValidateToken(context.Background(), token)
			refuses(t, err, ginnel.CodeTokenMalformed)
		})
	}
}

// twin gives the character that a lenient decoder reads like this one at the end of 64 bytes, where four bits are
// unused.
func twin(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, last)+1])
}

func TestSizeAndKeyOfTokens(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	for _, test := range []struct {
		name  string
		token string
		code  ginnel.Code
	}{
		{"empty", "", ginnel.CodeTokenMissing},
		{"16,384 characters", strings.Repeat("a", 16_384), ginnel.CodeTokenMalformed},
		{"16,385 characters", strings.Repeat("a", 16_385), ginnel.CodeTokenOversize},
		{"a good one that is too long", issuer.Token(ginneltest.Claim("x", strings.Repeat("x", 16_384))), ginnel.CodeTokenOversize},
		{"many parts", strings.Repeat(".", 16_384), ginnel.CodeTokenMalformed},
		{"deep lists", encode(`{"x":`+strings.Repeat("[", 6000)) + ".e30.AAAA", ginnel.CodeTokenMalformed},
		{"a kid that nobody has", issuer.Token(ginneltest.Header("kid", "nobody")), ginnel.CodeKeyUnknown},
		{"a kid that is a path", issuer.Token(ginneltest.Header("kid", "../../etc")), ginnel.CodeKeyUnknown},
		{"a long kid", issuer.Token(ginneltest.Header("kid", strings.Repeat("k", 5000))), ginnel.CodeKeyUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := issuer.Client.ValidateToken(context.Background(), test.token)
			refuses(t, err, test.code)
		})
	}
	if _, err := issuer.Client.ValidateToken(context.Background(), issuer.Token(ginneltest.Claim("x", strings.Repeat("x", 11_000)))); err != nil {
		t.Fatalf("a long token was refused: %v", err)
	}
}

package ginnel_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

func TestClaimsAreTyped(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	at := time.Now().Truncate(time.Second).UTC()
	token := issuer.Token(ginneltest.ForUser("ada"), ginneltest.Claim("iat", at.Unix()), ginneltest.Claim("nbf", at.Unix()-5),
		ginneltest.Claim("exp", float64(at.Unix())+90.5), ginneltest.Claim("auth_time", at.Unix()-60),
		ginneltest.Claim("plan", "Žofie 🦊"), ginneltest.Claim("huge", json.Number("1e999")))
	claims, err := issuer.Client.ValidateToken(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	var own struct {
		Plan string
		AMR  []string
	}
	if err := claims.Decode(&own); err != nil || own.Plan != "Žofie 🦊" || len(own.AMR) != 2 {
		t.Fatalf("got %+v and %v", own, err)
	}
	refuses(t, claims.Decode(&struct{ Sub int }{}), ginnel.CodeConfiguration)

	got := []any{claims.Subject, claims.Issuer, claims.Audience, claims.IssuedAt, claims.NotBefore, claims.ExpiresAt,
		claims.SessionID, claims.AuthenticationMethods, claims.AuthTime}
	want := []any{"ada", issuer.Issuer, []string{"http://localhost:8080", appID}, at, at.Add(-5 * time.Second),
		at.Add(90 * time.Second), "TestSession0000000000000", []string{"swk", "user"}, at.Add(-time.Minute)}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %v\nwant %v", got, want)
	}
}

func TestClaimsThatAreOptional(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	claims, err := issuer.Client.ValidateToken(context.Background(), issuer.Token(ginneltest.WithoutClaim("nbf"),
		ginneltest.WithoutClaim("auth_time"), ginneltest.WithoutClaim("sid"), ginneltest.Claim("amr", 7), ginneltest.Claim("exp", 1e300)))
	if err != nil {
		t.Fatal(err)
	}
	if !claims.NotBefore.IsZero() || !claims.AuthTime.IsZero() || claims.SessionID != "" || claims.AuthenticationMethods != nil {
		t.Fatalf("got %+v", claims)
	}
	if claims.ExpiresAt.Year() != 9999 {
		t.Fatalf("exp is %v, want the end of what can be written", claims.ExpiresAt)
	}
}

func TestClaimsThatAreMissing(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	for claim, values := range map[string][]any{
		"sub": {nil, "", 7, []string{"ada"}},
		"iss": {nil, []string{"x"}},
		"aud": {nil, 7, []any{7, appID}, map[string]string{"0": appID}, [][]string{{appID}}},
		"iat": {nil, "1800000000", true},
		"exp": {nil, "1900000000", true, map[string]int{}, json.Number("1e999")},
		"nbf": {nil, "0", false},
	} {
		options := []ginneltest.TokenOption{}
		for _, value := range values {
			options = append(options, ginneltest.Claim(claim, value))
		}
		if claim != "nbf" {
			options = append(options, ginneltest.WithoutClaim(claim))
		}
		for _, option := range options {
			_, err := issuer.Client.ValidateToken(context.Background(), issuer.Token(option))
			refusal := refuses(t, err, ginnel.CodeClaimMissing)
			if !strings.Contains(refusal.Message, `"`+claim+`"`) {
				t.Errorf("%q does not name %s", refusal.Message, claim)
			}
		}
	}
	// Names are exact.
	_, err := issuer.Client.ValidateToken(context.Background(), issuer.Token(ginneltest.WithoutClaim("sub"), ginneltest.Claim("SUB", "ada")))
	refuses(t, err, ginnel.CodeClaimMissing)
}

func TestClaimsEndAndBegin(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	clock := newClock()
	now := clock.Now().Unix()
	for _, test := range []struct {
		name   string
		leeway time.Duration
		claim  string
		value  float64
		code   ginnel.Code
	}{
		{"exp within the leeway", 5, "exp", -4, ""},
		{"exp at the end of the leeway", 5, "exp", -5, ginnel.CodeTokenExpired},
		{"exp a fraction before it", 5, "exp", -4.5, ""},
		{"exp long ago", 5, "exp", -86_400, ginnel.CodeTokenExpired},
		{"exp before 1970", 5, "exp", -1e300, ginnel.CodeTokenExpired},
		{"exp now, no leeway", 0, "exp", 0, ginnel.CodeTokenExpired},
		{"exp next, no leeway", 0, "exp", 1, ""},
		{"exp within the largest leeway", 300, "exp", -299, ""},
		{"nbf within the leeway", 5, "nbf", 5, ""},
		{"nbf behind the leeway", 5, "nbf", 6, ginnel.CodeTokenNotYetValid},
		{"iat within the leeway", 5, "iat", 5, ""},
		{"iat behind the leeway", 5, "iat", 6, ginnel.CodeTokenNotYetValid},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := must(ginnel.New(appID, ginnel.WithKeySet(issuer.KeySet), ginnel.WithClock(clock.Now), ginnel.WithLeeway(test.leeway*time.Second)))
			token := issuer.Token(ginneltest.Claim("iat", now), ginneltest.Claim("nbf", now), ginneltest.Claim("exp", now+3600),
				ginneltest.Claim(test.claim, float64(now)+test.value))
			_, err := client.ValidateToken(context.Background(), token)
			if test.code != "" {
				refuses(t, err, test.code)
			} else if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestClaimsOfAnotherApplicationOrServer(t *testing.T) {
	const foreign = "ForeignApplication000000"
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	for _, audience := range []any{foreign, []string{"http://localhost:8080", foreign}, []string{}, appID + "x", appID[1:], ""} {
		_, err := issuer.Client.ValidateToken(context.Background(), issuer.Token(ginneltest.Claim("aud", audience)))
		refuses(t, err, ginnel.CodeAudienceMismatch)
	}
	for _, other := range []string{strings.Replace(issuer.Issuer, appID, foreign, 1), issuer.Issuer + "/", strings.ToUpper(issuer.Issuer), appID, "", "https://evil.example"} {
		_, err := issuer.Client.ValidateToken(context.Background(), issuer.Token(ginneltest.Claim("iss", other)))
		refuses(t, err, ginnel.CodeIssuerMismatch)
	}
	split := must(ginnel.New(appID, ginnel.WithKeySet(issuer.KeySet), ginnel.WithURL("http://ginnel.internal:8400"), ginnel.WithIssuer(issuer.Issuer)))
	if _, err := split.ValidateToken(context.Background(), issuer.Token()); err != nil {
		t.Fatal(err)
	}
}

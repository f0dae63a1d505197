package ginneltest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

func TestIssuer(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, algorithm := range []ginnel.Algorithm{ginnel.RS256, ginnel.ES256, ginnel.EdDSA} {
		t.Run(string(algorithm), func(t *testing.T) {
			issuer := ginneltest.NewIssuer(ginneltest.WithAppID("Application0000000000"+string(algorithm)[:2]+"0"),
				ginneltest.WithURL(server.URL), ginneltest.WithAlgorithm(algorithm), ginneltest.WithAuthOrigin("https://example.com"))
			mux.HandleFunc(issuer.JWKSPath, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(issuer.JWKS) })
			overHTTP, err := ginnel.New(issuer.AppID, ginnel.WithURL(issuer.URL))
			if err != nil {
				t.Fatal(err)
			}
			token := issuer.Token(ginneltest.ForUser("ada"), ginneltest.Claim("plan", "pro"), ginneltest.WithoutClaim("sid"), ginneltest.WithoutHeader("typ"))
			for _, client := range []*ginnel.Client{issuer.Client, overHTTP} {
				claims, err := client.ValidateToken(context.Background(), token)
				if err != nil || claims.Subject != "ada" || claims.SessionID != "" || claims.Audience[0] != "https://example.com" || claims.Issuer != issuer.Issuer {
					t.Fatalf("got %+v and %v", claims, err)
				}
			}
			_, err = issuer.Client.ValidateToken(context.Background(), issuer.Token(ginneltest.ExpiresIn(-time.Minute)))
			var refusal *ginnel.Error
			if !errors.As(err, &refusal) || refusal.Code != ginnel.CodeTokenExpired {
				t.Fatalf("got %v for an expired token", err)
			}
		})
	}
}

func TestWrongUse(t *testing.T) {
	for name, option := range map[string]ginneltest.Option{
		"id":        ginneltest.WithAppID("short"),
		"address":   ginneltest.WithURL("localhost"),
		"algorithm": ginneltest.WithAlgorithm("HS256"),
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("there was no panic")
				}
			}()
			ginneltest.NewIssuer(option)
		})
	}
}

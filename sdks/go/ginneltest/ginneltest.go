// Package ginneltest stands in for a Ginnel server in the tests of a back end. It makes a key, the key set to check
// with, and tokens as the server would issue them. Nothing is sent over a network.
//
// Like net/http/httptest it panics when it is used wrongly, so that tests stay short.
package ginneltest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"

	ginnel "ginnel.example/go"
)

// Issuer is a stand-in for one application on a server. It is safe for use by many goroutines.
type Issuer struct {
	// AppID is the application's id.
	AppID string
	// URL is where the server would run.
	URL string
	// Issuer is what the tokens name as iss.
	Issuer string
	// JWKS is the document that the server would publish at JWKSPath.
	JWKS []byte
	// JWKSPath is the path of the key set, for a test that serves it over HTTP.
	JWKSPath string
	// KeySet has the same keys, to be passed to ginnel.WithKeySet.
	KeySet ginnel.KeySet
	// Client accepts this issuer's tokens.
	Client *ginnel.Client

	kid        string
	authOrigin string
	signer     signer
}

// Option sets something of an [Issuer].
type Option func(*settings)

type settings struct {
	appID      string
	url        *string
	algorithm  ginnel.Algorithm
	authOrigin string
}

// WithAppID sets the application's id. Default: one made up for tests.
func WithAppID(appID string) Option { return func(s *settings) { s.appID = appID } }

// WithURL sets where the server would run. Default: as for ginnel.New.
func WithURL(url string) Option { return func(s *settings) { s.url = &url } }

// WithAlgorithm sets what the key is for. Default: RS256, as on the server.
func WithAlgorithm(algorithm ginnel.Algorithm) Option {
	return func(s *settings) { s.algorithm = algorithm }
}

// WithAuthOrigin sets the first entry of aud. Default: http://localhost:8080.
func WithAuthOrigin(origin string) Option { return func(s *settings) { s.authOrigin = origin } }

// NewIssuer makes a stand-in with a fresh key. An RSA key takes some 100 ms: make one and share it among tests.
func NewIssuer(options ...Option) *Issuer {
	settings := settings{
		appID:      "TestApplication000000000",
		algorithm:  ginnel.RS256,
		authOrigin: "http://localhost:8080",
	}
	for _, option := range options {
		option(&settings)
	}
	signer, jwk := newSigner(settings.algorithm)
	id := make([]byte, 18)
	must(rand.Read(id))
	kid := base64.RawURLEncoding.EncodeToString(id)
	jwk["kid"], jwk["alg"], jwk["use"] = kid, string(settings.algorithm), "sig"
	jwks := must(json.Marshal(map[string]any{"keys": []any{jwk}}))

	keySet := must(ginnel.StaticKeySet(jwks))
	clientOptions := []ginnel.Option{ginnel.WithKeySet(keySet)}
	if settings.url != nil {
		clientOptions = append(clientOptions, ginnel.WithURL(*settings.url))
	}
	client := must(ginnel.New(settings.appID, clientOptions...))
	return &Issuer{
		AppID:      client.AppID(),
		URL:        client.URL(),
		Issuer:     client.Issuer(),
		JWKS:       jwks,
		JWKSPath:   "/auth/v1/apps/" + client.AppID() + "/.well-known/jwks.json",
		KeySet:     keySet,
		Client:     client,
		kid:        kid,
		authOrigin: settings.authOrigin,
		signer:     signer,
	}
}

// TokenOption sets something of a token.
type TokenOption func(*token)

type token struct {
	header, claims map[string]any
	expiresIn      time.Duration
}

// ForUser sets the user's id. Default: one made up for tests.
func ForUser(userID string) TokenOption { return Claim("sub", userID) }

// ExpiresIn sets the time from now until the token expires, in whole seconds; below zero for one that has. Default one
// hour.
func ExpiresIn(lifetime time.Duration) TokenOption {
	return func(t *token) { t.expiresIn = lifetime }
}

// Claim adds or replaces a claim.
func Claim(name string, value any) TokenOption { return func(t *token) { t.claims[name] = value } }

// WithoutClaim removes a claim.
func WithoutClaim(name string) TokenOption { return Claim(name, removed{}) }

// Header adds or replaces a member of the token's header.
func Header(name string, value any) TokenOption { return func(t *token) { t.header[name] = value } }

// WithoutHeader removes a member of the token's header.
func WithoutHeader(name string) TokenOption { return Header(name, removed{}) }

// removed is the value of a member that is left out.
type removed struct{}

// Token makes an auth token signed with this issuer's key.
func (i *Issuer) Token(options ...TokenOption) string {
	token := token{header: map[string]any{}, claims: map[string]any{}, expiresIn: time.Hour}
	for _, option := range options {
		option(&token)
	}
	now := time.Now().Unix()
	expiresAt := now + int64(token.expiresIn/time.Second)
	// A token that has expired was issued before it did.
	issuedAt := min(now, expiresAt-1)
	header := overlay(token.header, map[string]any{"alg": i.signer.algorithm, "kid": i.kid, "typ": "JWT"})
	claims := overlay(token.claims, map[string]any{
		"iss":       i.Issuer,
		"aud":       []string{i.authOrigin, i.AppID},
		"sub":       "TestUser0000000000000000",
		"iat":       issuedAt,
		"nbf":       issuedAt - 5,
		"exp":       expiresAt,
		"sid":       "TestSession0000000000000",
		"amr":       []string{"swk", "user"},
		"auth_time": issuedAt,
	})
	signed := encode(header) + "." + encode(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(i.signer.sign([]byte(signed)))
}

// overlay gives the usual members with the changes to them.
func overlay(changes, usual map[string]any) map[string]any {
	for name, value := range changes {
		usual[name] = value
		if value == (removed{}) {
			delete(usual, name)
		}
	}
	return usual
}

func encode(members map[string]any) string {
	return base64.RawURLEncoding.EncodeToString(must(json.Marshal(members)))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

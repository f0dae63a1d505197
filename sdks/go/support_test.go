package ginnel_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

const appID = "TestApplication000000000"

var algorithms = []ginnel.Algorithm{ginnel.RS256, ginnel.ES256, ginnel.EdDSA}

// must gives the value of a call that cannot fail in a test.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// refuses fails the test unless the error is an *Error with this code and the status that belongs to it.
func refuses(t *testing.T, err error, code ginnel.Code) *ginnel.Error {
	t.Helper()
	var refusal *ginnel.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v, want %s", err, code)
	}
	status := 401
	switch code {
	case ginnel.CodeKeysUnavailable:
		status = 503
	case ginnel.CodeConfiguration:
		status = 500
	}
	if refusal.Code != code || refusal.Status != status || refusal.Message == "" {
		t.Fatalf("got %d %v, want %d %s", refusal.Status, refusal, status, code)
	}
	return refusal
}

// kidOf gives the id of an issuer's only key.
func kidOf(issuer *ginneltest.Issuer) string {
	var document struct{ Keys []struct{ KID string } }
	if err := json.Unmarshal(issuer.JWKS, &document); err != nil {
		panic(err)
	}
	return document.Keys[0].KID
}

// jwks gives one key set document with the keys of all these issuers.
func jwks(issuers ...*ginneltest.Issuer) []byte {
	all := []json.RawMessage{}
	for _, issuer := range issuers {
		var document struct{ Keys []json.RawMessage }
		if err := json.Unmarshal(issuer.JWKS, &document); err != nil {
			panic(err)
		}
		all = append(all, document.Keys...)
	}
	return must(json.Marshal(map[string]any{"keys": all}))
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// clock stands still until it is told to go on.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(1_800_000_000, 0)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(duration time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(duration)
}

// keyServer is a server whose answer can be changed, and which counts the requests.
type keyServer struct {
	*httptest.Server
	requests atomic.Int32
	handler  atomic.Pointer[http.HandlerFunc]
}

func newKeyServer(t *testing.T, handler http.HandlerFunc) *keyServer {
	server := &keyServer{}
	server.answer(handler)
	server.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server.requests.Add(1)
		(*server.handler.Load())(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

func (s *keyServer) answer(handler http.HandlerFunc) { s.handler.Store(&handler) }

// counts fails the test unless so many requests were made until now.
func (s *keyServer) counts(t *testing.T, requests int) {
	t.Helper()
	if got := int(s.requests.Load()); got != requests {
		t.Fatalf("%d requests were made, want %d", got, requests)
	}
}

// sends answers with this body, and headers as pairs of name and value.
func sends(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for index := 0; index < len(headers); index += 2 {
			w.Header().Set(headers[index], headers[index+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// publishes answers with the key set of these issuers.
func publishes(issuers ...*ginneltest.Issuer) http.HandlerFunc {
	return sends(200, string(jwks(issuers...)))
}

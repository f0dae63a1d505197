package ginnel_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

// transport is a stand-in for the network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func TestServersWithoutKeysToGive(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	good := string(issuer.JWKS)
	trap := newKeyServer(t, publishes(issuer))
	for name, answer := range map[string]http.HandlerFunc{
		"404":                sends(404, "{}"),
		"429":                sends(429, good),
		"500":                sends(500, good),
		"204":                sends(204, ""),
		"206":                sends(206, good),
		"302":                sends(302, good, "Location", trap.URL),
		"308":                sends(308, good, "Location", trap.URL),
		"HTML":               sends(200, "<!doctype html><title>Welcome</title>"),
		"nothing":            sends(200, ""),
		"half":               sends(200, good[:len(good)-5]),
		"no keys":            sends(200, `{"keys":[]}`),
		"too much":           sends(200, good+strings.Repeat(" ", 64*1024)),
		"too much when read": sends(200, zip(good+strings.Repeat(" ", 64*1024)), "Content-Encoding", "gzip"),
		"a broken length":    sends(200, good, "Content-Length", "100000"),
		"a lost connection":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			server := newKeyServer(t, answer)
			clock := newClock()
			client := must(ginnel.New(appID, ginnel.WithURL(server.URL), ginnel.WithIssuer(issuer.Issuer), ginnel.WithClock(clock.Now)))
			token := issuer.Token(ginneltest.Claim("iat", 0), ginneltest.Claim("nbf", 0), ginneltest.Claim("exp", 2_000_000_000))
			_, err := client.ValidateToken(context.Background(), token)
			refusal := refuses(t, err, ginnel.CodeKeysUnavailable)
			if !strings.HasPrefix(refusal.Message, "The keys at "+server.URL) || !strings.HasSuffix(refusal.Message, "GINNEL_URL.") {
				t.Errorf("%q does not say where and what to do", refusal.Message)
			}
			// Remembered for a second, then asked again.
			before := server.requests.Load()
			_, err = client.ValidateToken(context.Background(), token)
			refuses(t, err, ginnel.CodeKeysUnavailable)
			server.counts(t, int(before))
			server.answer(publishes(issuer))
			clock.pass(time.Second)
			if _, err := client.ValidateToken(context.Background(), token); err != nil {
				t.Fatal(err)
			}
		})
	}
	trap.counts(t, 0)
}

func TestLargestAnswer(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	server := newKeyServer(t, sends(200, string(issuer.JWKS)+strings.Repeat(" ", 64*1024-len(issuer.JWKS))))
	keys := must(ginnel.RemoteKeySet(server.URL))
	if key, err := keys.Find(context.Background(), kidOf(issuer)); key == nil || err != nil {
		t.Fatalf("got %+v and %v", key, err)
	}
}

func zip(text string) string {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	must(io.WriteString(writer, text))
	must(0, writer.Close())
	return packed.String()
}

func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		value string
		wait  time.Duration
	}{{"20", 20}, {"86400", 60}, {"999999999999999999999", 60}, {"soon", 1}, {"-5", 1}, {"+5", 1}, {"1.5", 1}, {"", 1}} {
		t.Run(test.value, func(t *testing.T) {
			r := newRemote(t)
			r.answer(sends(429, "", "Retry-After", test.value))
			r.fails(r.old)
			r.answer(publishes(r.first))
			r.pass((test.wait - 1) * time.Second)
			r.fails(r.old)
			r.counts(t, 1)
			r.pass(time.Second)
			r.finds(r.old)
		})
	}
	t.Run("also while there are keys to work with", func(t *testing.T) {
		r := newRemote(t)
		r.finds(r.old)
		r.answer(sends(429, "", "Retry-After", "50"))
		r.pass(600 * time.Second)
		r.finds(r.old)
		r.settlesAt(2)
		r.answer(publishes(r.first, r.second))
		r.pass(49 * time.Second)
		r.finds(r.old)
		r.fails(r.next)
		r.settlesAt(2)
		r.pass(time.Second)
		r.finds(r.next)
		r.counts(t, 3)
	})
}

func TestServersThatAreSlow(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	stuck := make(chan struct{})
	for name, answer := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-stuck:
			case <-r.Context().Done():
			}
		},
		"a body that drips": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(10 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := newKeyServer(t, answer)
			keys := must(ginnel.RemoteKeySet(server.URL, ginnel.WithTimeout(100*time.Millisecond)))
			_, err := keys.Find(context.Background(), kidOf(issuer))
			refusal := refuses(t, err, ginnel.CodeKeysUnavailable)
			if !strings.Contains(refusal.Message, "no answer came within 100ms") || !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
	}
	t.Run("a transport that does not listen to the context", func(t *testing.T) {
		deaf := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			<-stuck
			return nil, errors.New("too late")
		})}
		keys := must(ginnel.RemoteKeySet("http://localhost/", ginnel.WithHTTPClient(deaf), ginnel.WithTimeout(20*time.Millisecond)))
		_, err := keys.Find(context.Background(), kidOf(issuer))
		refuses(t, err, ginnel.CodeKeysUnavailable)
	})
	close(stuck)
}

func TestServersThatAreDown(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	keys := must(ginnel.RemoteKeySet(server.URL))
	_, err := keys.Find(context.Background(), "k")
	refusal := refuses(t, err, ginnel.CodeKeysUnavailable)
	if !strings.Contains(refusal.Message, "no connection was made") || errors.Unwrap(refusal) == nil {
		t.Error(refusal)
	}
}

func TestRequestForKeys(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	seen := ""
	server := newKeyServer(t, func(w http.ResponseWriter, r *http.Request) {
		seen = fmt.Sprint(r.Method, " ", r.URL, " ", r.Header.Get("Accept"), r.Header["Cookie"], r.Header["Authorization"])
		publishes(issuer)(w, r)
	})
	client := must(ginnel.New(appID, ginnel.WithURL(server.URL+"/sub/"), ginnel.WithIssuer(issuer.Issuer)))
	if _, err := client.ValidateToken(context.Background(), issuer.Token()); err != nil {
		t.Fatal(err)
	}
	if seen != "GET /sub"+issuer.JWKSPath+" application/json[] []" {
		t.Error(seen)
	}
}

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

// site is the app over HTTP, with a stand-in for Ginnel that serves a key set.
type site struct {
	*testing.T
	issuer *ginneltest.Issuer
	url    string
	down   atomic.Bool
}

func newSite(t *testing.T) *site {
	s := &site{T: t}
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.down.Load() || r.URL.Path != s.issuer.JWKSPath {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(s.issuer.JWKS)
	}))
	t.Cleanup(keys.Close)
	s.issuer = ginneltest.NewIssuer(ginneltest.WithURL(keys.URL), ginneltest.WithAlgorithm(ginnel.ES256))
	client, err := ginnel.New(s.issuer.AppID, ginnel.WithURL(keys.URL))
	if err != nil {
		t.Fatal(err)
	}
	app := httptest.NewServer(newApp(client))
	t.Cleanup(app.Close)
	s.url = app.URL
	return s
}

// get asks for a page as a browser with this token would, without following redirects.
func (s *site) get(path, token string) (*http.Response, string) {
	s.Helper()
	request, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Cookie", "theme=dark; psg_auth_token="+token)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	return response, string(body)
}

// has fails the test unless the answer has this status and all these texts.
func (s *site) has(path, token string, status int, texts ...string) *http.Response {
	s.Helper()
	response, body := s.get(path, token)
	if response.StatusCode != status {
		s.Errorf("%s gave %d, want %d", path, response.StatusCode, status)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			s.Errorf("%s has no %q:\n%s", path, text, body)
		}
	}
	return response
}

func TestPages(t *testing.T) {
	s := newSite(t)
	login := s.has("/", "", 200, `<passage-auth app-id="`+s.issuer.AppID+`"></passage-auth>`, `<script src="`+s.issuer.URL+`/web.js"></script>`)
	if policy := login.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self' "+s.issuer.URL+";") {
		t.Error(policy)
	}
	dashboard := s.has("/dashboard", s.issuer.Token(ginneltest.ForUser("ada")), 200, `<span id="name">ada</span>`, "<code>ada</code>",
		`data-app-id="`+s.issuer.AppID+`" data-url="`+s.issuer.URL+`"`, `<passage-passkey-table app-id="`+s.issuer.AppID+`">`, `id="sign-out"`)
	unauthorized := s.has("/unauthorized?return=/dashboard&reason=token_expired", "", 401, `id="status"`, `data-url="`+s.issuer.URL+`"`, "/public/unauthorized.js")
	for _, response := range []*http.Response{dashboard, unauthorized} {
		if response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept", response.Request.URL)
		}
	}
	s.has("/nothing", "", 404, "no such page")
	for file, kind := range map[string]string{"style.css": "text/css", "dashboard.js": "text/javascript", "return-target.js": "text/javascript"} {
		if response := s.has("/public/"+file, "", 200); !strings.HasPrefix(response.Header.Get("Content-Type"), kind) {
			t.Errorf("%s is %s", file, response.Header.Get("Content-Type"))
		}
	}
	if response, _ := s.get("/public/..%2f..%2fgo-net-http/main.go", ""); response.StatusCode == 200 {
		t.Error("files outside of the folder are served")
	}
	if _, body := s.get("/dashboard", s.issuer.Token(ginneltest.ForUser("<img src=x>"))); strings.Contains(body, "<img") || !strings.Contains(body, "&lt;img") {
		t.Error("the user's id was not escaped")
	}
}

func TestEverybodyElseIsSentAway(t *testing.T) {
	s := newSite(t)
	foreign := ginneltest.NewIssuer(ginneltest.WithURL(s.issuer.URL), ginneltest.WithAlgorithm(ginnel.ES256))
	for reason, token := range map[string]string{
		"token_missing":   "",
		"token_malformed": "rubbish",
		"token_expired":   s.issuer.Token(ginneltest.ExpiresIn(-time.Minute)),
		"key_unknown":     foreign.Token(),
	} {
		response := s.has("/dashboard?tab=1", token, 302)
		if target := response.Header.Get("Location"); target != "/unauthorized?return=%2Fdashboard%3Ftab%3D1&reason="+reason {
			t.Error(target)
		}
		if response.Header.Get("Cache-Control") != "no-store" {
			t.Error("the redirect may be kept")
		}
		s.has("/api/me", token, 401, `"code":"`+reason+`"`)
	}
	s.has("/api/me", s.issuer.Token(ginneltest.ForUser("ada")), 200, `{"userID":"ada"}`)
}

func TestNobodyPassesWithoutKeys(t *testing.T) {
	s := newSite(t)
	s.down.Store(true)
	s.has("/dashboard", s.issuer.Token(), 503, "Sign-ins cannot be checked at the moment.")
	s.has("/api/me", s.issuer.Token(), 503, "keys_unavailable")
	if _, body := s.get("/dashboard", s.issuer.Token()); strings.Contains(body, s.issuer.URL) {
		t.Error("the address of the key set is for the log")
	}
}

func TestSettingsThatAreWrong(t *testing.T) {
	for _, test := range []struct{ name, port, appID, sentence string }{
		{"no id", "0", "", "ginnel app create"},
		{"another port", "http", "TestApplication000000000", "PORT is"},
	} {
		t.Run(test.name, func(t *testing.T) {
			// In a folder without .env.
			back, err := os.Getwd()
			if err != nil || os.Chdir(t.TempDir()) != nil {
				t.Fatal("the folder cannot be changed", err)
			}
			defer func() { _ = os.Chdir(back) }()
			t.Setenv("PORT", test.port)
			t.Setenv("GINNEL_APP_ID", test.appID)
			if err := run(); err == nil || !strings.Contains(err.Error(), test.sentence) {
				t.Errorf("got %v", err)
			}
		})
	}
}

package ginnel_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

// visit sends one request with this token through a guard, and gives the answer.
func visit(t *testing.T, guard func(http.Handler) http.Handler, token string) (*http.Response, map[string]string) {
	t.Helper()
	handler := guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		must(0, json.NewEncoder(w).Encode(map[string]string{"user": ginnel.UserID(r.Context())}))
	}))
	request := httptest.NewRequest(http.MethodGet, "/api/me", nil)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	var body map[string]string
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v in %s", err, recorder.Body)
	}
	return recorder.Result(), body
}

func TestRequireUser(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	down := must(ginnel.New(appID, ginnel.WithHTTPClient(&http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
		return nil, io.ErrUnexpectedEOF
	})})))
	for _, test := range []struct {
		name, token  string
		client       *ginnel.Client
		status       int
		authenticate string
		body         map[string]string
	}{
		{"a signed-in user", issuer.Token(ginneltest.ForUser("ada")), issuer.Client, 200, "", map[string]string{"user": "ada"}},
		{"nobody", "", issuer.Client, 401, "Bearer", map[string]string{"code": "token_missing"}},
		{"an expired token", issuer.Token(ginneltest.ExpiresIn(-time.Minute)), issuer.Client, 401, `Bearer error="invalid_token"`,
			map[string]string{"code": "token_expired", "error": "The auth token has expired; refresh it or sign in again."}},
		{"no keys", issuer.Token(), down, 503, "", map[string]string{"code": "keys_unavailable", "error": "Sign-ins cannot be checked at the moment; try again in a minute."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, body := visit(t, test.client.RequireUser, test.token)
			if answer.StatusCode != test.status || answer.Header.Get("WWW-Authenticate") != test.authenticate {
				t.Errorf("got %d and %q", answer.StatusCode, answer.Header)
			}
			for name, want := range test.body {
				if body[name] != want {
					t.Errorf("%s is %q, want %q", name, body[name], want)
				}
			}
			if test.status != 200 && (answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Content-Type") != "application/json" || body["user"] != "" || body["error"] == "") {
				t.Errorf("got %q and %q", answer.Header, body)
			}
		})
	}
}

func TestGuardWithAnswersOfOnesOwn(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	answers := func(name string) ginnel.Refusal {
		return func(w http.ResponseWriter, _ *http.Request, err *ginnel.Error) {
			w.WriteHeader(http.StatusTeapot)
			must(0, json.NewEncoder(w).Encode(map[string]string{name: string(err.Code)}))
		}
	}
	down := must(ginnel.New(appID, ginnel.WithHTTPClient(&http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
		return nil, io.ErrUnexpectedEOF
	})})))
	options := []ginnel.GuardOption{ginnel.OnRefused(answers("refused")), nil, ginnel.OnFailure(answers("failure"))}
	if _, body := visit(t, issuer.Client.Guard(options...), ""); body["refused"] != "token_missing" {
		t.Error(body)
	}
	if _, body := visit(t, down.Guard(options...), issuer.Token()); body["failure"] != "keys_unavailable" {
		t.Error(body)
	}
	if _, body := visit(t, issuer.Client.Guard(options...), issuer.Token(ginneltest.ForUser("ada"))); body["user"] != "ada" {
		t.Error(body)
	}
}

func TestUserIDElsewhere(t *testing.T) {
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	if userID := ginnel.UserID(request.Context()); userID != "" {
		t.Errorf("got %q without a guard", userID)
	}
	if userID := ginnel.UserID(ginnel.ContextWithUserID(request.Context(), "ada")); userID != "ada" {
		t.Errorf("got %q", userID)
	}
}

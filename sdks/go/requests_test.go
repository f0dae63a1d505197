package ginnel_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

func TestAuthenticateRequest(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	ada, bob := issuer.Token(ginneltest.ForUser("ada")), issuer.Token(ginneltest.ForUser("bob"))
	cookie := "psg_auth_token=" + bob
	long := strings.Repeat("x", 20_000)
	for _, test := range []struct {
		name    string
		headers http.Header
		userID  string
		code    ginnel.Code
	}{
		{"header", http.Header{"Authorization": {"Bearer " + ada}}, "ada", ""},
		{"scheme in lower case, spaces", http.Header{"Authorization": {"bearer  " + ada + " "}}, "ada", ""},
		{"cookie", http.Header{"Cookie": {cookie}}, "bob", ""},
		{"header before cookie", http.Header{"Authorization": {"Bearer " + ada}, "Cookie": {cookie}}, "ada", ""},
		{"another scheme", http.Header{"Authorization": {"Basic YTpi"}, "Cookie": {cookie}}, "bob", ""},
		{"a longer scheme", http.Header{"Authorization": {"BearerX y"}, "Cookie": {cookie}}, "bob", ""},
		{"no scheme", http.Header{"Authorization": {""}, "Cookie": {cookie}}, "bob", ""},
		{"Bearer alone", http.Header{"Authorization": {"Bearer"}, "Cookie": {cookie}}, "", ginnel.CodeTokenMalformed},
		{"Bearer and a space", http.Header{"Authorization": {"Bearer "}, "Cookie": {cookie}}, "", ginnel.CodeTokenMalformed},
		{"Bearer and a tab", http.Header{"Authorization": {"Bearer\t" + ada}, "Cookie": {cookie}}, "", ginnel.CodeTokenMalformed},
		{"two tokens", http.Header{"Authorization": {"Bearer " + ada + " " + ada}}, "", ginnel.CodeTokenMalformed},
		{"two headers", http.Header{"Authorization": {"Bearer " + ada, "Bearer " + bob}}, "", ginnel.CodeTokenMalformed},
		{"a list", http.Header{"Authorization": {"Bearer " + ada + ",Bearer " + bob}}, "", ginnel.CodeTokenMalformed},
		{"a long header", http.Header{"Authorization": {"Bearer " + long}, "Cookie": {cookie}}, "", ginnel.CodeTokenOversize},
		{"an expired header", http.Header{"Authorization": {"Bearer " + issuer.Token(ginneltest.ExpiresIn(-time.Minute))}, "Cookie": {cookie}}, "", ginnel.CodeTokenExpired},
		{"among other cookies", http.Header{"Cookie": {"a=1; " + cookie + "; b=2"}}, "bob", ""},
		{"without spaces", http.Header{"Cookie": {"a=1;" + cookie + ";b=2"}}, "bob", ""},
		{"in a second line", http.Header{"Cookie": {"a=1", cookie}}, "bob", ""},
		{"in quotes", http.Header{"Cookie": {`psg_auth_token="` + ada + `"`}}, "ada", ""},
		{"spaces around", http.Header{"Cookie": {"psg_auth_token = " + ada + " "}}, "ada", ""},
		{"an empty one first", http.Header{"Cookie": {"psg_auth_token=; psg_auth_token=" + ada}}, "ada", ""},
		{"two of them", http.Header{"Cookie": {"psg_auth_token=" + ada + "; " + cookie}}, "ada", ""},
		{"names that are alike", http.Header{"Cookie": {"xpsg_auth_token=" + bob + "; PSG_AUTH_TOKEN=" + bob + "; psg_auth_token=" + ada}}, "ada", ""},
		{"odd cookies before it", http.Header{"Cookie": {`; ;; =x; novalue; a="x; psg_auth_token=` + ada}}, "ada", ""},
		{"nothing", http.Header{}, "", ginnel.CodeTokenMissing},
		{"a cookie without a value", http.Header{"Cookie": {"psg_auth_token"}}, "", ginnel.CodeTokenMissing},
		{"an empty cookie in quotes", http.Header{"Cookie": {`psg_auth_token=""`}}, "", ginnel.CodeTokenMissing},
		{"a longer name", http.Header{"Cookie": {"psg_auth_token2=" + ada}}, "", ginnel.CodeTokenMissing},
		{"a single quote mark", http.Header{"Cookie": {`psg_auth_token="`}}, "", ginnel.CodeTokenMalformed},
		{"a long cookie", http.Header{"Cookie": {"psg_auth_token=" + long}}, "", ginnel.CodeTokenOversize},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := httptest.NewRequest(http.MethodGet, "/", nil)
			request.Header = test.headers
			userID, err := issuer.Client.AuthenticateRequest(request)
			if test.code != "" {
				refuses(t, err, test.code)
			} else if err != nil {
				t.Fatal(err)
			}
			if userID != test.userID {
				t.Fatalf("got the user %q", userID)
			}
		})
	}
	t.Run("no request", func(t *testing.T) {
		_, err := issuer.Client.AuthenticateRequest(nil)
		refuses(t, err, ginnel.CodeConfiguration)
	})
}

func TestRequestsOverHTTP(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		userID, err := issuer.Client.AuthenticateRequest(r)
		if err != nil {
			userID = err.Error()
		}
		_, _ = io.WriteString(w, userID)
	}))
	defer server.Close()
	request := must(http.NewRequest(http.MethodGet, server.URL, nil))
	request.AddCookie(&http.Cookie{Name: "theme", Value: "dark"})
	request.AddCookie(&http.Cookie{Name: "psg_auth_token", Value: issuer.Token(ginneltest.ForUser("ada"))})
	response := must(server.Client().Do(request))
	defer response.Body.Close()
	if body := must(io.ReadAll(response.Body)); string(body) != "ada" {
		t.Fatalf("got %s", body)
	}
}

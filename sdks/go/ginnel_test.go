package ginnel_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	ginnel "ginnel.example/go"
)

func TestNewNeedsTheIDOnly(t *testing.T) {
	t.Setenv("GINNEL_URL", "")
	for name, options := range map[string][]ginnel.Option{
		"no option":         nil,
		"nil":               {nil},
		"a nil key set one": {ginnel.KeySetOption(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := ginnel.New(appID, options...)
			if err != nil || client.AppID() != appID || client.URL() != "http://localhost:8400" || client.Issuer() != "http://localhost:8400/auth/v1/apps/"+appID {
				t.Fatalf("got %+v and %v", client, err)
			}
		})
	}
	if _, err := ginnel.New(appID, nil); err != nil {
		t.Fatal(err)
	}
}

func TestURLs(t *testing.T) {
	for _, test := range []struct{ option, variable, want string }{
		{"", "https://login.example.com/", "https://login.example.com"},
		{"http://127.0.0.1:9000", "https://login.example.com", "http://127.0.0.1:9000"},
		{"HTTPS://Example.com:443/sub//", "", "https://example.com/sub"},
		{"http://[::1]:8400", "", "http://[::1]:8400"},
		{"https://example.com:80/a/b/", "", "https://example.com:80/a/b"},
	} {
		t.Setenv("GINNEL_URL", test.variable)
		options := []ginnel.Option{}
		if test.option != "" {
			options = append(options, ginnel.WithURL(test.option))
		}
		client, err := ginnel.New(appID, options...)
		if err != nil || client.URL() != test.want {
			t.Errorf("%+v gave %+v and %v", test, client, err)
		}
	}
}

func TestConfigurationErrors(t *testing.T) {
	// A transport that is used would make a request.
	silent := ginnel.WithHTTPClient(&http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
		t.Error("a request was made")
		return nil, errors.New("no")
	})})
	tests := map[string]func() error{
		"no key set": func() error {
			_, err := ginnel.New(appID, ginnel.WithKeySet(nil))
			return err
		},
		"address of the environment": func() error {
			t.Setenv("GINNEL_URL", "localhost:8400")
			_, err := ginnel.New(appID)
			return err
		},
	}
	for _, id := range []string{"", "short", appID + "x", appID + "\n", "../../../../../../etc/pass", strings.Repeat("a", 23) + "/", strings.Repeat("é", 12), strings.Repeat("é", 24)} {
		tests["id "+id] = func() error {
			_, err := ginnel.New(id, silent)
			return err
		}
	}
	for _, address := range []string{"", "example.com", "localhost:8400", "ftp://example.com", "http://a:b@example.com", "https://x.com/?a",
		"https://x.com/#a", "http://", "http:example.com", "http://x:99999", "http://x:port", "http://exa mple.com", "://"} {
		tests["address "+address] = func() error {
			_, err := ginnel.New(appID, silent, ginnel.WithURL(address))
			return err
		}
	}
	for _, address := range []string{"", "/jwks.json", "ftp://example.com/jwks.json", "http:///jwks.json", "http://x:99999/"} {
		tests["key set at "+address] = func() error {
			_, err := ginnel.RemoteKeySet(address)
			return err
		}
	}
	for name, option := range map[string]ginnel.Option{
		"leeway below zero":  ginnel.WithLeeway(-1),
		"leeway above 300 s": ginnel.WithLeeway(300*time.Second + 1),
		"no algorithm":       ginnel.WithAlgorithms(),
		"algorithm none":     ginnel.WithAlgorithms(ginnel.RS256, "none"),
		"algorithm HS256":    ginnel.WithAlgorithms("HS256"),
		"empty issuer":       ginnel.WithIssuer(""),
	} {
		tests[name] = func() error {
			_, err := ginnel.New(appID, silent, option)
			return err
		}
	}
	for name, option := range map[string]ginnel.KeySetOption{
		"refresh below zero":  ginnel.WithRefreshAfter(-1),
		"age of zero":         ginnel.WithMaxAge(0),
		"cooldown below zero": ginnel.WithCooldown(-1),
		"timeout of zero":     ginnel.WithTimeout(0),
		"no HTTP client":      ginnel.WithHTTPClient(nil),
	} {
		tests[name] = func() error {
			_, err := ginnel.New(appID, option)
			return err
		}
		tests["key set with "+name] = func() error {
			_, err := ginnel.RemoteKeySet("http://localhost/", option)
			return err
		}
	}
	for name, attempt := range tests {
		t.Run(name, func(t *testing.T) { refuses(t, attempt(), ginnel.CodeConfiguration) })
	}
}

func TestErrorsTellCodeMessageAndCause(t *testing.T) {
	_, err := ginnel.New("short")
	if text := err.Error(); !strings.HasPrefix(text, "ginnel: configuration: The application's id must be") || !strings.Contains(text, `"short"`) {
		t.Error(text)
	}
	_, err = ginnel.RemoteKeySet("://")
	if cause := errors.Unwrap(err); cause == nil || !strings.Contains(err.Error(), cause.Error()) {
		t.Errorf("%v does not tell its cause", err)
	}
}

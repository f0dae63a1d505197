package ginnel_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	ginnel "ginnel.example/go"
)

// The vectors that all SDKs have to judge alike. Their README says when a case has passed.

// readVectors reads one file of the vectors.
func readVectors[T any](t *testing.T, name string) T {
	var file T
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join("..", "vectors", name))), &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// expectations is what tokens of a file are checked against.
type expectations struct {
	AppID  string `json:"app_id"`
	Issuer string
	Now    int64
	Leeway int64
}

// client makes the client that the file asks for.
func (e expectations) client(keys ginnel.KeySet, options ...ginnel.Option) *ginnel.Client {
	now := func() time.Time { return time.Unix(e.Now, 0) }
	options = append(options, ginnel.WithIssuer(e.Issuer), ginnel.WithLeeway(time.Duration(e.Leeway)*time.Second),
		ginnel.WithKeySet(keys), ginnel.WithClock(now))
	return must(ginnel.New(e.AppID, options...))
}

func TestVectorsOfTokens(t *testing.T) {
	for _, name := range []string{"tokens.json", "wycheproof-jws.json"} {
		t.Run(name, func(t *testing.T) {
			file := readVectors[struct {
				expectations
				KeySets map[string]json.RawMessage `json:"key_sets"`
				Cases   []struct {
					Name, Token string
					KeySet      string `json:"key_set"`
					Algorithms  []ginnel.Algorithm
					Valid       map[string]any
					Error       ginnel.Code
				}
			}](t, name)
			for _, test := range file.Cases {
				t.Run(test.Name, func(t *testing.T) {
					options := []ginnel.Option{}
					if test.Algorithms != nil {
						options = append(options, ginnel.WithAlgorithms(test.Algorithms...))
					}
					client := file.client(must(ginnel.StaticKeySet(file.KeySets[test.KeySet])), options...)
					claims, err := client.ValidateToken(context.Background(), test.Token)
					if test.Error != "" {
						refuses(t, err, test.Error)
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					var all map[string]any
					if err := claims.Decode(&all); err != nil {
						t.Fatal(err)
					}
					if claims.Subject != test.Valid["sub"] {
						t.Errorf("the subject is %q, want %q", claims.Subject, test.Valid["sub"])
					}
					for name, want := range test.Valid {
						if got := must(json.Marshal(all[name])); string(got) != string(must(json.Marshal(want))) {
							t.Errorf("%s is %s, want %v", name, got, want)
						}
					}
				})
			}
		})
	}
}

func TestVectorsOfKeySets(t *testing.T) {
	file := readVectors[struct {
		Cases []struct {
			Name, Body string
			KIDs       []string
			Error      bool
		}
	}](t, "key-sets.json")
	// Every id that is found in one of the cases: no case may find another's.
	all := []string{"", "nobody"}
	for _, test := range file.Cases {
		all = append(all, test.KIDs...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for _, test := range file.Cases {
		t.Run(test.Name, func(t *testing.T) {
			static, err := ginnel.StaticKeySet([]byte(test.Body))
			remote := must(ginnel.RemoteKeySet(newKeyServer(t, sends(200, test.Body)).URL))
			if test.Error {
				refuses(t, err, ginnel.CodeConfiguration)
				_, err = remote.Find(context.Background(), "nobody")
				refuses(t, err, ginnel.CodeKeysUnavailable)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for name, keys := range map[string]ginnel.KeySet{"static": static, "remote": remote} {
				for _, kid := range all {
					key, err := keys.Find(context.Background(), kid)
					if err != nil || (key != nil) != slices.Contains(test.KIDs, kid) || key != nil && key.ID != kid {
						t.Errorf("the %s key set gave %+v and %v for %q", name, key, err, kid)
					}
				}
			}
		})
	}
}

// answer is a case of answers.json.
type answer struct {
	Name       string
	Status     int
	Headers    map[string]string
	Body       string
	BodyRepeat struct {
		Text  string
		Times int
	} `json:"body_repeat"`
	Behaviour  string
	Error      ginnel.Code
	RetryAfter int `json:"retry_after"`
}

// serve gives the handler that answers like this at one path, and at every other path with the first case's body.
func (a answer) serve(path, first string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != path:
			sends(200, first)(w, r)
		case a.Behaviour == "hang":
			<-r.Context().Done()
		case a.Behaviour == "close":
			panic(http.ErrAbortHandler)
		case a.Behaviour == "drip":
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				w.(http.Flusher).Flush()
				time.Sleep(50 * time.Millisecond)
			}
		default:
			for name, value := range a.Headers {
				w.Header().Set(name, value)
			}
			sends(a.Status, a.Body+strings.Repeat(a.BodyRepeat.Text, a.BodyRepeat.Times))(w, r)
		}
	}
}

func TestVectorsOfAnswers(t *testing.T) {
	const kid, path = "eddsa-current", "/keys"
	file := readVectors[struct{ Cases []answer }](t, "answers.json")
	first := file.Cases[0].Body
	for _, test := range file.Cases {
		t.Run(test.Name, func(t *testing.T) {
			clock := newClock()
			options := []ginnel.KeySetOption{ginnel.WithClock(clock.Now)}
			if test.Behaviour == "hang" || test.Behaviour == "drip" {
				options = append(options, ginnel.WithTimeout(300*time.Millisecond))
			}
			server := newKeyServer(t, test.serve(path, first))
			if test.Behaviour == "refuse" {
				server.Close()
			}
			keys := must(ginnel.RemoteKeySet(server.URL+path, options...))
			key, err := keys.Find(context.Background(), kid)
			if test.Error == "" {
				if err != nil || key == nil {
					t.Fatalf("got %+v and %v", key, err)
				}
				return
			}
			refuses(t, err, test.Error)
			if test.RetryAfter == 0 {
				return
			}
			server.answer(sends(200, first))
			clock.pass(time.Duration(test.RetryAfter)*time.Second - 1)
			_, err = keys.Find(context.Background(), kid)
			refuses(t, err, test.Error)
			server.counts(t, 1)
			clock.pass(1)
			if key, err := keys.Find(context.Background(), kid); err != nil || key == nil {
				t.Fatalf("got %+v and %v after the wait", key, err)
			}
		})
	}
}

func TestVectorsOfRequests(t *testing.T) {
	file := readVectors[struct {
		expectations
		KeySet json.RawMessage `json:"key_set"`
		Cases  []struct {
			Name    string
			Headers [][2]string
			Sub     string
			Token   string
			Error   ginnel.Code
		}
	}](t, "requests.json")
	client := file.client(must(ginnel.StaticKeySet(file.KeySet)))
	for _, test := range file.Cases {
		t.Run(test.Name, func(t *testing.T) {
			request := httptest.NewRequest(http.MethodGet, "/", nil)
			for _, header := range test.Headers {
				request.Header.Add(header[0], header[1])
			}
			userID, err := client.AuthenticateRequest(request)
			if test.Error != "" {
				refuses(t, err, test.Error)
				return
			}
			claims := must(client.ValidateToken(context.Background(), test.Token))
			if err != nil || userID != claims.Subject || userID != test.Sub {
				t.Fatalf("got %q and %v, want %q", userID, err, test.Sub)
			}
		})
	}
}

func TestVectorsOfOptions(t *testing.T) {
	file := readVectors[struct {
		Cases []struct {
			Name    string
			Options map[string]json.RawMessage
			Env     map[string]string
			Issuer  string
			Error   ginnel.Code
		}
	}](t, "options.json")
	for _, test := range file.Cases {
		t.Run(test.Name, func(t *testing.T) {
			t.Setenv("GINNEL_URL", "")
			must(0, os.Unsetenv("GINNEL_URL"))
			for name, value := range test.Env {
				t.Setenv(name, value)
			}
			asked := false
			options := []ginnel.Option{ginnel.WithHTTPClient(&http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
				asked = true
				return nil, os.ErrDeadlineExceeded
			})})}
			appID := ""
			for name, value := range test.Options {
				options = append(options, readOption(t, name, value, &appID))
			}
			client, err := ginnel.New(appID, options...)
			if asked {
				t.Error("a request was made")
			}
			if test.Error != "" {
				refuses(t, err, test.Error)
			} else if err != nil || client.Issuer() != test.Issuer {
				t.Fatalf("got %v and %v, want %s", client, err, test.Issuer)
			}
		})
	}
}

// readOption gives the option of this name, or sets the id and gives nil.
func readOption(t *testing.T, name string, value json.RawMessage, appID *string) ginnel.Option {
	read := func(into any) {
		if err := json.Unmarshal(value, into); err != nil {
			t.Fatalf("%s is of another type than the option %s: %v", value, name, err)
		}
	}
	switch name {
	case "app_id":
		read(appID)
		return nil
	case "url":
		var url string
		read(&url)
		return ginnel.WithURL(url)
	case "issuer":
		var issuer string
		read(&issuer)
		return ginnel.WithIssuer(issuer)
	case "leeway":
		var seconds float64
		read(&seconds)
		return ginnel.WithLeeway(time.Duration(seconds * float64(time.Second)))
	case "algorithms":
		var algorithms []ginnel.Algorithm
		read(&algorithms)
		return ginnel.WithAlgorithms(algorithms...)
	}
	t.Fatalf("there is no option %s", name)
	return nil
}

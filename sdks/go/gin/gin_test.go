package ginnelgin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	ginnel "ginnel.example/go"
	ginnelgin "ginnel.example/go/gin"
	"ginnel.example/go/ginneltest"
	"github.com/gin-gonic/gin"
)

func init() { gin.SetMode(gin.TestMode) }

// visit sends one request through the guard, and gives the answer and the errors that Gin would log.
func visit(t *testing.T, guard gin.HandlerFunc, token string) (*http.Response, map[string]string, int) {
	t.Helper()
	logged := 0
	router := gin.New()
	router.Use(func(c *gin.Context) {
		c.Next()
		logged = len(c.Errors)
	})
	router.GET("/api/me", guard, func(c *gin.Context) { c.JSON(200, gin.H{"userID": ginnelgin.UserID(c)}) })
	request := httptest.NewRequest(http.MethodGet, "/api/me", nil)
	if token != "" {
		request.AddCookie(&http.Cookie{Name: "psg_auth_token", Value: token})
	}
	recorder := httptest.NewRecorder()
	router.ServeHTTP(recorder, request)
	var body map[string]string
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v in %q", err, recorder.Body)
	}
	return recorder.Result(), body, logged
}

// down gives a client whose server answers 500.
func down(t *testing.T) *ginnel.Client {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
	t.Cleanup(server.Close)
	client, err := ginnel.New("TestApplication000000000", ginnel.WithURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestRequireUser(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	for _, test := range []struct {
		name, token  string
		client       *ginnel.Client
		status       int
		authenticate string
		key, value   string
		logged       int
	}{
		{"a signed-in user", issuer.Token(ginneltest.ForUser("ada")), issuer.Client, 200, "", "userID", "ada", 0},
		{"nobody", "", issuer.Client, 401, "Bearer", "code", "token_missing", 0},
		{"an expired token", issuer.Token(ginneltest.ExpiresIn(-time.Minute)), issuer.Client, 401, `Bearer error="invalid_token"`, "code", "token_expired", 0},
		{"no keys", issuer.Token(), down(t), 503, "", "code", "keys_unavailable", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, body, logged := visit(t, ginnelgin.RequireUser(test.client), test.token)
			if answer.StatusCode != test.status || answer.Header.Get("WWW-Authenticate") != test.authenticate || body[test.key] != test.value || logged != test.logged {
				t.Errorf("got %d, %q, %q and %d errors", answer.StatusCode, answer.Header, body, logged)
			}
			if _, passed := body["userID"]; passed != (test.status == 200) {
				t.Errorf("got %q", body)
			}
			if test.status != 200 && answer.Header.Get("Cache-Control") != "no-store" {
				t.Error("the refusal may be kept")
			}
		})
	}
}

func TestAnswersOfOnesOwn(t *testing.T) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	answers := func(name string) ginnelgin.Refusal {
		return func(c *gin.Context, err *ginnel.Error) { c.JSON(http.StatusTeapot, gin.H{name: err.Code}) }
	}
	options := []ginnelgin.Option{ginnelgin.OnRefused(answers("refused")), nil, ginnelgin.OnFailure(answers("failure"))}
	if answer, body, _ := visit(t, ginnelgin.RequireUser(issuer.Client, options...), ""); body["refused"] != "token_missing" || answer.StatusCode != 418 {
		t.Error(answer.StatusCode, body)
	}
	if answer, body, logged := visit(t, ginnelgin.RequireUser(down(t), options...), issuer.Token()); body["failure"] != "keys_unavailable" || answer.StatusCode != 418 || logged != 1 {
		t.Error(answer.StatusCode, body, logged)
	}
}

package ginnel_test

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

// The examples of the README, where they stand line for line.

func ExampleClient_AuthenticateRequest() {
	os.Setenv("GINNEL_APP_ID", appID)
	r := httptest.NewRequest("GET", "/dashboard", nil)

	client, err := ginnel.New(os.Getenv("GINNEL_APP_ID"))
	if err != nil {
		log.Fatal(err)
	}
	userID, err := client.AuthenticateRequest(r)

	fmt.Printf("%q %v\n", userID, err)
	// Output: "" ginnel: token_missing: The request has neither an Authorization header with a Bearer token nor the cookie psg_auth_token; sign in first.
}

func ExampleClient_RequireUser() {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	client := issuer.Client
	mux := http.NewServeMux()

	mux.Handle("GET /api/me", client.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "You are", ginnel.UserID(r.Context()))
	})))

	for _, token := range []string{issuer.Token(ginneltest.ForUser("ada")), "rubbish"} {
		request := httptest.NewRequest("GET", "/api/me", nil)
		request.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request)
		fmt.Print(answer.Code, " ", answer.Body)
	}
	// Output:
	// 200 You are ada
	// 401 {"code":"token_malformed","error":"This is not an auth token of Ginnel: it does not have three parts. Sign in again."}
}

func ExampleClient_Guard() {
	client := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA)).Client
	mux := http.NewServeMux()
	dashboard := http.NotFoundHandler()

	toLogin := func(w http.ResponseWriter, r *http.Request, err *ginnel.Error) {
		http.Redirect(w, r, "/?reason="+string(err.Code), http.StatusFound)
	}
	mux.Handle("GET /dashboard", client.Guard(ginnel.OnRefused(toLogin))(dashboard))

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest("GET", "/dashboard", nil))
	fmt.Println(answer.Code, answer.Header().Get("Location"))
	// Output: 302 /?reason=token_missing
}

func ExampleError() {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "psg_auth_token", Value: issuer.Token(ginneltest.ExpiresIn(-time.Minute))})
	_, err := issuer.Client.AuthenticateRequest(r)

	var refusal *ginnel.Error
	if errors.As(err, &refusal) && refusal.Code == ginnel.CodeTokenExpired {
		fmt.Println(refusal.Status, refusal.Message)
	}
	// Output: 401 The auth token has expired; refresh it or sign in again.
}

func ExampleWithOnError() {
	logged := ginnel.WithOnError(func(err *ginnel.Error) { slog.Warn("keys were not fetched", "error", err) })
	client, err := ginnel.New(appID, logged, ginnel.WithTimeout(2*time.Second))

	fmt.Println(client.AppID(), err)
	// Output: TestApplication000000000 <nil>
}

func ExampleClient_tests() {
	buildApp := func(client *ginnel.Client) http.Handler { return client.RequireUser(http.NotFoundHandler()) }

	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	app := buildApp(issuer.Client)                                                      // or pass issuer.KeySet, or serve issuer.JWKS at issuer.JWKSPath
	token := issuer.Token(ginneltest.ForUser("ada"), ginneltest.ExpiresIn(time.Minute)) // below zero: an expired one

	request := httptest.NewRequest("GET", "/nothing", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	answer := httptest.NewRecorder()
	app.ServeHTTP(answer, request)
	fmt.Println(answer.Code)
	// Output: 404
}

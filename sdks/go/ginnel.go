// Package ginnel checks Ginnel's sign-ins in a Go back end: is this request a signed-in user's, and whose? It needs the
// application's id and nothing else: no secret, and no call to the server per request. It uses the standard library
// only.
//
//	client, err := ginnel.New(os.Getenv("GINNEL_APP_ID"))
//	userID, err := client.AuthenticateRequest(r)
//
// In tests of your own handlers, package ginneltest stands in for the server.
package ginnel

import (
	"net/http"
	"os"
	"strings"
	"time"
)

// Client checks the sign-ins of one application. Make one and keep it: it holds the keys. It is safe for use by many
// goroutines.
type Client struct {
	appID      string
	url        string
	issuer     string
	keySet     KeySet
	leeway     time.Duration
	algorithms []Algorithm
	now        func() time.Time
}

// New makes a client for the application with this id: 24 letters and digits, as `ginnel app create` prints them. A nil
// among the options is skipped. It makes no request. Its error has [CodeConfiguration], when the id or an option is
// wrong.
func New(appID string, options ...Option) (*Client, error) {
	settings := settings{
		leeway:     5 * time.Second,
		algorithms: []Algorithm{RS256, ES256, EdDSA},
		remote:     defaultRemoteSettings(),
	}
	for _, option := range options {
		if option != nil {
			option.applyToClient(&settings)
		}
	}
	if !isAppID(appID) {
		return nil, newError(CodeConfiguration, nil,
			"The application's id must be 24 letters and digits, as `ginnel app create` prints them, and is %q.", appID)
	}
	if err := settings.check(); err != nil {
		return nil, err
	}
	address := "http://localhost:8400"
	if settings.url != nil {
		address = *settings.url
	} else if variable := os.Getenv("GINNEL_URL"); variable != "" {
		address = variable
	}
	url, err := readURL(address)
	if err != nil {
		return nil, err
	}
	api := url + "/auth/v1/apps/" + appID
	client := &Client{
		appID:      appID,
		url:        url,
		issuer:     api,
		leeway:     settings.leeway,
		algorithms: settings.algorithms,
		now:        settings.remote.now,
	}
	if settings.issuer != nil {
		client.issuer = *settings.issuer
	}
	if settings.keySet != nil {
		client.keySet = *settings.keySet
	} else {
		client.keySet = newRemoteKeySet(api+"/.well-known/jwks.json", settings.remote)
	}
	return client, nil
}

// AppID is the application's id.
func (c *Client) AppID() string { return c.appID }

// URL is where Ginnel runs, without a slash at the end.
func (c *Client) URL() string { return c.url }

// Issuer is what tokens must name as iss.
func (c *Client) Issuer() string { return c.issuer }

// AuthenticateRequest gives the id of the user who sent this request. The token is taken from "Authorization: Bearer …"
// when the request has it, else from the cookie psg_auth_token. The request's context ends the wait for keys. Every
// error is an *[Error]: status 401 when the request is not a signed-in user's.
func (c *Client) AuthenticateRequest(r *http.Request) (string, error) {
	if r == nil {
		return "", newError(CodeConfiguration, nil, "AuthenticateRequest takes the request itself, and got nil.")
	}
	token, err := readToken(r.Header)
	if err != nil {
		return "", err
	}
	claims, err := c.ValidateToken(r.Context(), token)
	if err != nil {
		return "", err
	}
	return claims.Subject, nil
}

func isAppID(text string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return len(text) == 24 && strings.Trim(text, letters) == ""
}

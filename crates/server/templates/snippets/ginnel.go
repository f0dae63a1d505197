package main

import (
	"cmp"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

var (
	appID  = cmp.Or(os.Getenv("GINNEL_APP_ID"), "YOUR_APP_ID")
	issuer = cmp.Or(os.Getenv("GINNEL_URL"), "YOUR_SERVER") + "/auth/v1/apps/" + appID
)

// keys fetches the app's key set at the first call, and keeps it fresh in the background.
var keys = sync.OnceValues(func() (keyfunc.Keyfunc, error) {
	return keyfunc.NewDefault([]string{issuer + "/.well-known/jwks.json"})
})

// UserID returns the id of the user who sent the request. An error means that nobody is signed in: answer 401.
func UserID(r *http.Request) (string, error) {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		cookie, err := r.Cookie("psg_auth_token")
		if err != nil {
			return "", errors.New("not signed in")
		}
		token = cookie.Value
	}
	keys, err := keys()
	if err != nil {
		return "", err
	}
	checked, err := jwt.Parse(token, keys.Keyfunc,
		jwt.WithValidMethods([]string{"YOUR_ALGORITHM"}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(appID),
		jwt.WithExpirationRequired(),
	)
	if err != nil {
		return "", err
	}
	return checked.Claims.GetSubject()
}

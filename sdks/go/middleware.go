package ginnel

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

type userIDKey struct{}

// UserID gives the id of the signed-in user in a handler behind [Client.RequireUser]; elsewhere it is empty.
func UserID(ctx context.Context) string {
	userID, _ := ctx.Value(userIDKey{}).(string)
	return userID
}

// ContextWithUserID gives a context in which [UserID] finds this id: for middleware of one's own, and for tests of a
// handler alone.
func ContextWithUserID(ctx context.Context, userID string) context.Context {
	return context.WithValue(ctx, userIDKey{}, userID)
}

// Refusal answers a request that does not pass.
type Refusal func(w http.ResponseWriter, r *http.Request, err *Error)

// GuardOption changes what a guard does with requests that do not pass.
type GuardOption func(*guard)

type guard struct{ onRefused, onFailure Refusal }

// OnRefused sets what happens to a request that is not a signed-in user's (status 401), in place of [WriteError]: a
// page or a redirect to one.
func OnRefused(answer Refusal) GuardOption {
	return func(g *guard) { g.onRefused = answer }
}

// OnFailure sets what happens to a request that could not be checked, through no fault of its sender (status 503 or
// 500), in place of [WriteError]: a page, a line in the log.
func OnFailure(answer Refusal) GuardOption {
	return func(g *guard) { g.onFailure = answer }
}

// RequireUser lets only signed-in users through to next, which finds their id with [UserID]. Everybody else is answered
// by [WriteError].
func (c *Client) RequireUser(next http.Handler) http.Handler { return c.Guard()(next) }

// Guard is [Client.RequireUser] with options, as a function to wrap handlers with.
func (c *Client) Guard(options ...GuardOption) func(next http.Handler) http.Handler {
	answer := func(w http.ResponseWriter, _ *http.Request, err *Error) { WriteError(w, err) }
	guard := guard{onRefused: answer, onFailure: answer}
	for _, option := range options {
		if option != nil {
			option(&guard)
		}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			userID, err := c.AuthenticateRequest(r)
			if err == nil {
				next.ServeHTTP(w, r.WithContext(ContextWithUserID(r.Context(), userID)))
				return
			}
			var refusal *Error
			if errors.As(err, &refusal); refusal.Status == http.StatusUnauthorized {
				guard.onRefused(w, r, refusal)
			} else {
				guard.onFailure(w, r, refusal)
			}
		})
	}
}

// WriteError answers with the error's status and, as JSON, {"code", "error"}. Messages that are for this server's log
// (status 500 and 503) are not sent; a general sentence is.
func WriteError(w http.ResponseWriter, err *Error) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "application/json")
	message := err.Message
	switch {
	case err.Code == CodeTokenMissing:
		// RFC 6750, section 3.1: no error code when the request had no token at all.
		header.Set("WWW-Authenticate", "Bearer")
	case err.Status == http.StatusUnauthorized:
		header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	default:
		message = "Sign-ins cannot be checked at the moment; try again in a minute."
	}
	w.WriteHeader(err.Status)
	// A client that went away does not read its answer.
	_ = json.NewEncoder(w).Encode(map[string]string{"code": string(err.Code), "error": message})
}

// Package ginnelgin lets only signed-in users pass in a Gin app. It is a module of its own, so that package ginnel
// needs nothing but the standard library.
package ginnelgin

import (
	"errors"
	"net/http"

	ginnel "ginnel.example/go"
	"github.com/gin-gonic/gin"
)

// Refusal answers a request that does not pass. It need not abort the context; that was done.
type Refusal func(c *gin.Context, err *ginnel.Error)

// Option changes what happens to requests that do not pass.
type Option func(*guard)

type guard struct{ onRefused, onFailure Refusal }

// OnRefused sets what happens to a request that is not a signed-in user's (status 401), in place of
// [ginnel.WriteError]: a page or a redirect to one.
func OnRefused(answer Refusal) Option { return func(g *guard) { g.onRefused = answer } }

// OnFailure sets what happens to a request that could not be checked, through no fault of its sender (status 503 or
// 500), in place of [ginnel.WriteError].
func OnFailure(answer Refusal) Option { return func(g *guard) { g.onFailure = answer } }

// RequireUser lets only signed-in users pass to the handlers behind it, which find their id with [UserID]. Everybody
// else is answered by [ginnel.WriteError]. What is no fault of the request's sender is among the context's errors, too,
// so that Gin's logger writes it down.
func RequireUser(client *ginnel.Client, options ...Option) gin.HandlerFunc {
	answer := func(c *gin.Context, err *ginnel.Error) { ginnel.WriteError(c.Writer, err) }
	guard := guard{onRefused: answer, onFailure: answer}
	for _, option := range options {
		if option != nil {
			option(&guard)
		}
	}
	return func(c *gin.Context) {
		userID, err := client.AuthenticateRequest(c.Request)
		if err == nil {
			c.Request = c.Request.WithContext(ginnel.ContextWithUserID(c.Request.Context(), userID))
			return
		}
		c.Abort()
		var refusal *ginnel.Error
		if errors.As(err, &refusal); refusal.Status == http.StatusUnauthorized {
			guard.onRefused(c, refusal)
			return
		}
		_ = c.Error(err) // gives what it has added
		guard.onFailure(c, refusal)
	}
}

// UserID gives the id of the signed-in user in a handler behind [RequireUser]; elsewhere it is empty.
func UserID(c *gin.Context) string { return ginnel.UserID(c.Request.Context()) }

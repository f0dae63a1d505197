package ginnel

import "fmt"

// Code says why a request was not authenticated. The list is closed.
type Code string

// The codes. In brackets the status that [Error] has with each.
const (
	CodeTokenMissing        Code = "token_missing"         // neither header nor cookie (401)
	CodeTokenMalformed      Code = "token_malformed"       // not a token of Ginnel's (401)
	CodeTokenOversize       Code = "token_oversize"        // longer than 16,384 characters (401)
	CodeAlgorithmNotAllowed Code = "algorithm_not_allowed" // not an accepted one, or not the key's own (401)
	CodeKeyUnknown          Code = "key_unknown"           // no key of the application has this id (401)
	CodeSignatureInvalid    Code = "signature_invalid"     // not made by that key, or not over this content (401)
	CodeTokenExpired        Code = "token_expired"         // refresh it in the browser, or sign in (401)
	CodeTokenNotYetValid    Code = "token_not_yet_valid"   // the clocks differ (401)
	CodeIssuerMismatch      Code = "issuer_mismatch"       // from another server (401)
	CodeAudienceMismatch    Code = "audience_mismatch"     // for another application (401)
	CodeClaimMissing        Code = "claim_missing"         // signed, but not an auth token (401)
	CodeKeysUnavailable     Code = "keys_unavailable"      // the keys could not be fetched (503)
	CodeConfiguration       Code = "configuration"         // an option is wrong, or a call (500)
)

// Error is the error of this package: every error that it returns is or wraps one, to be had with [errors.As].
type Error struct {
	// Code is what to branch on.
	Code Code
	// Status is the HTTP status that fits: 401 when the caller has to sign in, 503 when the keys to check the token
	// with could not be fetched, 500 when this server is set up wrongly.
	Status int
	// Message is a sentence that says what to do next. With status 401 it may be shown to the caller; the others name
	// addresses and options of this server and are for its log.
	Message string

	cause error
}

// Error gives the code, the message and, where there is one, the cause: all that a log needs.
func (e *Error) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("ginnel: %s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("ginnel: %s: %s (%v)", e.Code, e.Message, e.cause)
}

// Unwrap gives the cause, such as a network error or that of a cancelled context; nil if there is none.
func (e *Error) Unwrap() error { return e.cause }

func newError(code Code, cause error, format string, values ...any) *Error {
	status := 401
	switch code {
	case CodeKeysUnavailable:
		status = 503
	case CodeConfiguration:
		status = 500
	}
	return &Error{Code: code, Status: status, Message: fmt.Sprintf(format, values...), cause: cause}
}

package ginnel

import (
	"encoding/json"
	"slices"
	"time"
)

// Claims is what Ginnel says about a signed-in user. Times have the zero value when the token does not have them.
type Claims struct {
	// Subject is the user's id (sub).
	Subject string
	// Issuer is the address of the application's authentication API (iss).
	Issuer string
	// Audience is whom the token is for: the application's auth origin and its id (aud).
	Audience []string
	// IssuedAt is when the token was made (iat).
	IssuedAt time.Time
	// ExpiresAt is when it ends (exp).
	ExpiresAt time.Time
	// NotBefore is when it begins (nbf).
	NotBefore time.Time
	// SessionID is the same over refreshes (sid).
	SessionID string
	// AuthenticationMethods are how the user signed in, by the names of RFC 8176 (amr).
	AuthenticationMethods []string
	// AuthTime is when the user last signed in, as against refreshed (auth_time).
	AuthTime time.Time

	all []byte
}

// Decode puts all claims into a struct or map of your own, as [json.Unmarshal] does: those above under their names in
// the token, and the metadata that the application chose to put into its tokens. Its error has [CodeConfiguration],
// when they do not fit.
func (c *Claims) Decode(into any) error {
	if err := json.Unmarshal(c.all, into); err != nil {
		return newError(CodeConfiguration, err, "The claims do not fit into a %T; check the types of its fields.", into)
	}
	return nil
}

// checkClaims reads the claims of a token whose signature was verified, and checks whom and when they are for.
func (c *Client) checkClaims(part string) (*Claims, error) {
	data, ok := decodeBase64url(part)
	if !ok {
		return nil, newError(CodeClaimMissing, nil, "The token's claims are not base64url; sign in again.")
	}
	members, err := readObject(data)
	if err != nil {
		return nil, newError(CodeClaimMissing, nil, "The token has no claims: they are what %v; sign in again.", err)
	}
	claims := &Claims{all: data}
	var given bool
	if claims.Subject, _ = members.text("sub"); claims.Subject == "" {
		return nil, missingClaim("sub")
	}
	if claims.Issuer, given = members.text("iss"); !given {
		return nil, missingClaim("iss")
	}
	if claims.Audience, given = members.texts("aud"); !given {
		single, given := members.text("aud")
		if !given {
			return nil, missingClaim("aud")
		}
		claims.Audience = []string{single}
	}
	issuedAt, given := members.number("iat")
	if !given {
		return nil, missingClaim("iat")
	}
	expiresAt, given := members.number("exp")
	if !given {
		return nil, missingClaim("exp")
	}
	notBefore, given := members.number("nbf")
	if !given && members.has("nbf") {
		return nil, missingClaim("nbf")
	}

	if claims.Issuer != c.issuer {
		return nil, newError(CodeIssuerMismatch, nil, "The token was issued by %s, and %s is expected; set WithURL "+
			"(GINNEL_URL) to the server's public address, or WithIssuer if it is reached by another one.",
			claims.Issuer, c.issuer)
	}
	if !slices.Contains(claims.Audience, c.appID) {
		return nil, newError(CodeAudienceMismatch, nil,
			"The token is not for application %s; check the application's id.", c.appID)
	}
	now := float64(c.now().Unix())
	leeway := c.leeway.Seconds()
	if expiresAt+leeway <= now {
		return nil, newError(CodeTokenExpired, nil, "The auth token has expired; refresh it or sign in again.")
	}
	if issuedAt-leeway > now || members.has("nbf") && notBefore-leeway > now {
		return nil, newError(CodeTokenNotYetValid, nil,
			"The auth token is from the future; check the clocks of both servers.")
	}

	claims.IssuedAt, claims.ExpiresAt = toTime(issuedAt), toTime(expiresAt)
	if members.has("nbf") {
		claims.NotBefore = toTime(notBefore)
	}
	claims.SessionID, _ = members.text("sid")
	claims.AuthenticationMethods, _ = members.texts("amr")
	if authTime, given := members.number("auth_time"); given {
		claims.AuthTime = toTime(authTime)
	}
	return claims, nil
}

func missingClaim(name string) *Error {
	return newError(CodeClaimMissing, nil, "The token has no usable claim %q; sign in again.", name)
}

// lastSecond is the end of the year 9999, where times stop being writable as RFC 3339.
const lastSecond = 253_402_300_799

// toTime gives seconds since 1970 as a time; what is too far away becomes lastSecond, or that before 1970.
func toTime(seconds float64) time.Time {
	return time.Unix(int64(min(max(seconds, -lastSecond), lastSecond)), 0).UTC()
}

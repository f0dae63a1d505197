package ginnel

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// largestToken is the longest token that is looked at, in characters.
const largestToken = 16 * 1024

// ValidateToken gives the claims of a valid auth token: a JWT (RFC 7519) in compact form (RFC 7515, section 7.1). The
// context ends the wait for keys. Every error is an *[Error].
//
// The order is: size and shape, algorithm, key, signature, claims. Nothing in the claims is looked at before the
// signature has been verified.
func (c *Client) ValidateToken(ctx context.Context, token string) (*Claims, error) {
	if token == "" {
		return nil, newError(CodeTokenMissing, nil, "There is no auth token to check; sign in first.")
	}
	if utf8.RuneCountInString(token) > largestToken {
		return nil, newError(CodeTokenOversize, nil,
			"The auth token is longer than %d characters; sign in again.", largestToken)
	}
	parts := strings.SplitN(token, ".", 4)
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return nil, malformed("it does not have three parts")
	}
	algorithm, kid, err := c.checkHeader(parts[0])
	if err != nil {
		return nil, err
	}
	signature, ok := decodeBase64url(parts[2])
	if !ok {
		return nil, malformed("its signature is not base64url")
	}

	key, err := c.findKey(ctx, kid)
	if err != nil {
		return nil, err
	}
	// The header's algorithm is among the allowed ones, and the key has the last word on it.
	if key.Algorithm != algorithm {
		return nil, newError(CodeAlgorithmNotAllowed, nil,
			"The token names another algorithm than its key is for; sign in again.")
	}
	good, err := key.verify(signature, []byte(token[:len(parts[0])+1+len(parts[1])]))
	if err != nil {
		return nil, err
	}
	if !good {
		return nil, newError(CodeSignatureInvalid, nil,
			"The token's signature does not fit its content; sign in again.")
	}
	return c.checkClaims(parts[1])
}

// checkHeader gives the algorithm and the key id, if the header is one that Ginnel writes. jku, jwk, x5u and x5c are
// never read: keys come from the key set alone.
func (c *Client) checkHeader(part string) (Algorithm, string, error) {
	data, ok := decodeBase64url(part)
	if !ok {
		return "", "", malformed("its header is not base64url")
	}
	header, err := readObject(data)
	if err != nil {
		return "", "", malformed("its header " + err.Error())
	}
	name, _ := header.text("alg")
	algorithm := Algorithm(name)
	if !slices.Contains(c.algorithms, algorithm) {
		return "", "", newError(CodeAlgorithmNotAllowed, nil,
			"The token must be signed with one of %v; sign in again.", c.algorithms)
	}
	// RFC 7515, section 4.1.11: an extension that is not understood must be refused, and we understand none.
	if header.has("crit") {
		return "", "", malformed(`its header has "crit"`)
	}
	if kind, _ := header.text("typ"); header.has("typ") && kind != "JWT" {
		return "", "", malformed(`its "typ" is not "JWT"`)
	}
	kid, _ := header.text("kid")
	if kid == "" {
		return "", "", malformed(`its header has no key id ("kid")`)
	}
	return algorithm, kid, nil
}

// findKey gives the key with this id, and never nil without an error.
func (c *Client) findKey(ctx context.Context, kid string) (*Key, error) {
	key, err := c.keySet.Find(ctx, kid)
	if known := (*Error)(nil); errors.As(err, &known) && known.Code == CodeKeysUnavailable {
		return nil, known
	}
	if err != nil {
		return nil, newError(CodeKeysUnavailable, err, "The key set failed; see the cause.")
	}
	if key == nil {
		return nil, newError(CodeKeyUnknown, nil,
			"No key of application %s has the token's key id; sign in again.", c.appID)
	}
	return key, nil
}

func malformed(reason string) *Error {
	return newError(CodeTokenMalformed, nil, "This is not an auth token of Ginnel: %s. Sign in again.", reason)
}

package ginnel

import (
	"net/http"
	"strings"
)

// cookieName is the cookie in which the browser keeps the auth token.
const cookieName = "psg_auth_token"

// readToken gives the token of a request: from "Authorization: Bearer …" when the request has it, else from the cookie.
// Other schemes (a site behind Basic authentication) are none of our business. A Bearer header that is broken is
// refused; the cookie is then not looked at.
func readToken(header http.Header) (string, error) {
	authorization := strings.Join(header.Values("Authorization"), ", ")
	if scheme, rest := splitScheme(authorization); strings.EqualFold(scheme, "Bearer") {
		token := strings.Trim(rest, " ")
		if token == "" || !strings.HasPrefix(rest, " ") || strings.ContainsAny(token, whitespace+",") {
			return "", newError(CodeTokenMalformed, nil,
				`The Authorization header must be "Bearer", a space and the auth token.`)
		}
		return token, nil
	}
	// Cookies may stand in several lines (RFC 9113, section 8.2.3).
	if token := readCookie(strings.Join(header.Values("Cookie"), "; ")); token != "" {
		return token, nil
	}
	return "", newError(CodeTokenMissing, nil, "The request has neither an Authorization header with a Bearer token nor "+
		"the cookie %s; sign in first.", cookieName)
}

// whitespace is what HTTP has (RFC 9110, section 5.6.3). Every other byte belongs to what it stands beside.
const whitespace = " \t"

// splitScheme gives the first word and the rest, which begins with the space between them.
func splitScheme(authorization string) (scheme, rest string) {
	if end := strings.IndexAny(authorization, whitespace); end >= 0 {
		return authorization[:end], authorization[end:]
	}
	return authorization, ""
}

// readCookie gives the first cookie of our name that has a value, without the quotes it may stand in (RFC 6265, section
// 4.1.1). Not by http.Request.Cookie, which drops a cookie that it finds odd.
func readCookie(header string) string {
	for _, pair := range strings.Split(header, ";") {
		name, value, _ := strings.Cut(pair, "=")
		if strings.Trim(name, whitespace) != cookieName {
			continue
		}
		value = strings.Trim(value, whitespace)
		if len(value) >= 2 && strings.HasPrefix(value, `"`) && strings.HasSuffix(value, `"`) {
			value = value[1 : len(value)-1]
		}
		if value != "" {
			return value
		}
	}
	return ""
}

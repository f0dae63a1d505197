package ginnel

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// addressForm is how the server's address is written in every SDK, parser of URLs or none: scheme, host, perhaps a port
// and a path, in ASCII. A name's last part begins with a letter, so that it is no other way to write an IPv4 address.
var addressForm = func() *regexp.Regexp {
	const (
		name    = `(?:[A-Za-z0-9_-]+\.)*[A-Za-z][A-Za-z0-9_-]*`
		octet   = `(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`
		ipv4    = octet + `(?:\.` + octet + `){3}`
		ipv6    = `\[[0-9A-Fa-f:]+\]`
		port    = `[1-9][0-9]{0,4}`
		segment = `(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+`
	)
	return regexp.MustCompile(`^([hH][tT][tT][pP][sS]?)://(` + name + `|` + ipv4 + `|` + ipv6 + `)(?::(` + port + `))?` +
		`((?:/` + segment + `)*)/*$`)
}()

// dots finds a segment of a path that leads elsewhere (RFC 3986, section 5.2.4).
var dots = regexp.MustCompile(`/(?:\.|%2[eE]){1,2}(?:/|$)`)

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// readURL gives the server's address as the server writes it into tokens: scheme and host in lower case, without a port
// that the scheme implies, and without a slash at the end, so that paths can be put behind it.
func readURL(text string) (string, error) {
	parts := addressForm.FindStringSubmatch(text)
	if parts == nil || dots.MatchString(parts[4]) || !isHost(parts[2]) || !isPort(parts[3]) {
		return "", newError(CodeConfiguration, nil,
			"The server's address (WithURL or GINNEL_URL) must be one such as https://login.example.com, and is %q.", text)
	}
	scheme, host, port, path := strings.ToLower(parts[1]), strings.ToLower(parts[2]), parts[3], parts[4]
	if port != "" && port != defaultPorts[scheme] {
		host += ":" + port
	}
	return scheme + "://" + host + path, nil
}

// isHost finds what the form lets through between brackets and is no IPv6 address.
func isHost(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host[0] != '[' || err == nil
}

func isPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil
}

// isWebAddress tells whether this is an address to fetch from.
func isWebAddress(address *url.URL) bool {
	return (address.Scheme == "http" || address.Scheme == "https") && address.Hostname() != "" && isPort(address.Port())
}

package ginnel

import (
	"net/http"
	"time"
)

// Option sets something of a [Client]. Each [KeySetOption] is one, too. A nil Option changes nothing.
type Option interface{ applyToClient(*settings) }

type settings struct {
	url        *string
	issuer     *string
	keySet     *KeySet
	leeway     time.Duration
	algorithms []Algorithm
	remote     remoteSettings
}

// check finds the options of the client itself that are wrong.
func (s *settings) check() error {
	if s.leeway < 0 || s.leeway > 300*time.Second {
		return newError(CodeConfiguration, nil, "WithLeeway must be from 0 to 300 seconds, and is %s.", s.leeway)
	}
	if len(s.algorithms) == 0 {
		return newError(CodeConfiguration, nil, "WithAlgorithms needs one or more of RS256, ES256 and EdDSA.")
	}
	for _, algorithm := range s.algorithms {
		if !algorithm.known() {
			return newError(CodeConfiguration, nil,
				"WithAlgorithms takes RS256, ES256 and EdDSA, and not %q.", algorithm)
		}
	}
	if s.issuer != nil && *s.issuer == "" {
		return newError(CodeConfiguration, nil,
			"WithIssuer must be the iss of the tokens: {public url}/auth/v1/apps/{app id}.")
	}
	if s.keySet != nil && *s.keySet == nil {
		return newError(CodeConfiguration, nil,
			"WithKeySet needs a key set, as from StaticKeySet or RemoteKeySet; check the error that came with it.")
	}
	return s.remote.check()
}

type clientOption func(*settings)

func (o clientOption) applyToClient(s *settings) { o(s) }

// WithURL says where Ginnel runs: an http or https address in ASCII, which may have a port and a path. Default: the
// variable GINNEL_URL, else http://localhost:8400.
func WithURL(address string) Option {
	return clientOption(func(s *settings) { s.url = &address })
}

// WithIssuer sets the issuer that tokens must name. Default: {url}/auth/v1/apps/{app id}. Needed when this server
// reaches Ginnel by another address than browsers do.
func WithIssuer(issuer string) Option {
	return clientOption(func(s *settings) { s.issuer = &issuer })
}

// WithKeySet sets where keys come from. Default: the application's key set on the server, as by [RemoteKeySet].
func WithKeySet(keySet KeySet) Option {
	return clientOption(func(s *settings) { s.keySet = &keySet })
}

// WithLeeway sets by how much this server's clock may differ from Ginnel's: 0 to 300 seconds. Default 5 seconds.
func WithLeeway(leeway time.Duration) Option {
	return clientOption(func(s *settings) { s.leeway = leeway })
}

// WithAlgorithms sets the signature algorithms to accept. Default: all three.
func WithAlgorithms(algorithms ...Algorithm) Option {
	return clientOption(func(s *settings) { s.algorithms = algorithms })
}

// KeySetOption sets how a [RemoteKeySet] fetches its keys and how long it keeps them. Passed to [New] it is for the
// application's own key set, and has no effect beside [WithKeySet].
type KeySetOption func(*remoteSettings)

func (o KeySetOption) applyToClient(s *settings) { o.apply(&s.remote) }

func (o KeySetOption) apply(s *remoteSettings) {
	if o != nil {
		o(s)
	}
}

type remoteSettings struct {
	refreshAfter time.Duration
	maxAge       time.Duration
	cooldown     time.Duration
	timeout      time.Duration
	onError      func(*Error)
	client       *http.Client
	now          func() time.Time
}

func defaultRemoteSettings() remoteSettings {
	return remoteSettings{
		refreshAfter: 10 * time.Minute,
		maxAge:       24 * time.Hour,
		cooldown:     30 * time.Second,
		timeout:      5 * time.Second,
		client:       &http.Client{},
		// Without its monotonic part, which stands still while some systems sleep.
		now: func() time.Time { return time.Now().Round(0) },
	}
}

// WithRefreshAfter sets the age at which keys are fetched again in the background. Default 10 minutes.
func WithRefreshAfter(age time.Duration) KeySetOption {
	return func(s *remoteSettings) { s.refreshAfter = age }
}

// WithMaxAge sets the age at which keys are no longer used, even if the server cannot be reached. Default 24 hours.
func WithMaxAge(age time.Duration) KeySetOption {
	return func(s *remoteSettings) { s.maxAge = age }
}

// WithCooldown sets the shortest time between two fetches while there are keys to work with. Default 30 seconds.
func WithCooldown(wait time.Duration) KeySetOption {
	return func(s *remoteSettings) { s.cooldown = wait }
}

// WithTimeout sets the longest time that one fetch may take, from its start to the last byte. Default 5 seconds.
func WithTimeout(timeout time.Duration) KeySetOption {
	return func(s *remoteSettings) { s.timeout = timeout }
}

// WithOnError sets a function that is told about each fetch that failed, those in the background included: the place to
// log it. It is called in a goroutine of its own.
func WithOnError(onError func(*Error)) KeySetOption {
	return func(s *remoteSettings) { s.onError = onError }
}

// WithHTTPClient sets what keys are fetched with, for example to trust a certificate of one's own. Its CheckRedirect is
// not used: redirects are never followed.
func WithHTTPClient(client *http.Client) KeySetOption {
	return func(s *remoteSettings) { s.client = client }
}

func (s *remoteSettings) check() error {
	if s.refreshAfter < 0 || s.maxAge <= 0 || s.cooldown < 0 || s.timeout <= 0 {
		return newError(CodeConfiguration, nil,
			"WithMaxAge and WithTimeout must be above zero, and WithRefreshAfter and WithCooldown not below it.")
	}
	if s.client == nil {
		return newError(CodeConfiguration, nil, "WithHTTPClient needs a client; leave it out for the usual one.")
	}
	return nil
}

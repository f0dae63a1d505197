package ginnel

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// RemoteKeySet is the key set at this address (http or https). It makes no request before the first use.
//
// Keys are fetched once for all who wait. From [WithRefreshAfter] on they are fetched again in the background, while the
// old ones stay in use until [WithMaxAge]. An unknown key id makes one more fetch, at most one each [WithCooldown]. A
// fetch that failed is not repeated for one second, or for as long as the server asks for with Retry-After, at most a
// minute. Redirects are not followed, and an answer has at most 64 KiB.
//
// Its error has [CodeConfiguration], when the address or an option is wrong. A failed fetch is an error of Find with
// [CodeKeysUnavailable].
func RemoteKeySet(address string, options ...KeySetOption) (KeySet, error) {
	settings := defaultRemoteSettings()
	for _, option := range options {
		option.apply(&settings)
	}
	if err := settings.check(); err != nil {
		return nil, err
	}
	if parsed, err := url.Parse(address); err != nil || !isWebAddress(parsed) {
		return nil, newError(CodeConfiguration, err,
			"RemoteKeySet needs the http or https address of a key set, and got %q.", address)
	}
	return newRemoteKeySet(address, settings), nil
}

type remoteKeySet struct {
	url      string
	client   *http.Client
	settings remoteSettings

	mu          sync.Mutex // guards all below
	keys        map[string]*Key
	loadedAt    time.Time
	attemptedAt time.Time
	failure     *failure
	failedAt    time.Time
	pending     *pendingFetch
}

// pendingFetch is a fetch under way. Its other fields are set before done is closed.
type pendingFetch struct {
	done chan struct{}
	keys map[string]*Key
	err  *Error
}

func newRemoteKeySet(url string, settings remoteSettings) *remoteKeySet {
	client := *settings.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &remoteKeySet{url: url, client: &client, settings: settings}
}

func (s *remoteKeySet) Find(ctx context.Context, kid string) (*Key, error) {
	key, pending, err := s.look(kid)
	if pending == nil || err != nil {
		return key, err
	}
	select {
	case <-pending.done:
		if pending.err != nil {
			return nil, pending.err
		}
		return pending.keys[kid], nil
	case <-ctx.Done():
		return nil, newError(CodeKeysUnavailable, ctx.Err(),
			"The request ended while the keys at %s were being fetched; send it again.", s.url)
	}
}

// look gives what is known now, or the fetch to wait for.
func (s *remoteKeySet) look(kid string) (*Key, *pendingFetch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.settings.now()
	waits := s.failure != nil && !isDue(s.failedAt, s.failure.wait, now)
	if s.keys == nil || now.Sub(s.loadedAt) >= s.settings.maxAge {
		if waits {
			return nil, nil, s.failure.err
		}
		return nil, s.load(now), nil
	}
	mayFetch := !waits && isDue(s.attemptedAt, s.settings.cooldown, now)
	if key := s.keys[kid]; key != nil {
		if mayFetch && isDue(s.loadedAt, s.settings.refreshAfter, now) {
			s.load(now)
		}
		return key, nil, nil
	}
	if mayFetch || s.pending != nil {
		return nil, s.load(now), nil
	}
	// The key may be a new one that could not be fetched: that is not the caller's fault.
	if s.failure != nil {
		return nil, nil, s.failure.err
	}
	return nil, nil, nil
}

// load begins to fetch the keys, or joins the fetch that is under way. The lock is held.
func (s *remoteKeySet) load(now time.Time) *pendingFetch {
	if s.pending == nil {
		s.attemptedAt = now
		s.pending = &pendingFetch{done: make(chan struct{})}
		go s.fetch(s.pending)
	}
	return s.pending
}

// fetch does not depend on the request that began it, as others wait for it, too.
func (s *remoteKeySet) fetch(pending *pendingFetch) {
	keys, failure := fetchKeySet(s.client, s.url, s.settings.timeout)
	s.mu.Lock()
	now := s.settings.now()
	s.failure = failure
	if failure != nil {
		s.failedAt = now
		pending.err = failure.err
	} else {
		s.keys, s.loadedAt = keys, now
		pending.keys = keys
	}
	s.pending = nil
	s.mu.Unlock()
	close(pending.done)
	if failure != nil && s.settings.onError != nil {
		s.settings.onError(failure.err)
	}
}

// isDue tells whether so much time has passed since then; a clock that was set back counts as passed.
func isDue(then time.Time, wait time.Duration, now time.Time) bool {
	return now.Sub(then) >= wait || now.Before(then)
}

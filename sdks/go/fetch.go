package ginnel

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	largestBody       = 64 * 1024
	longestRetryAfter = 60 // seconds
	// waitAfterFailure is for how long a failed fetch is remembered, so that a server that is down is not asked by
	// every request.
	waitAfterFailure = time.Second
)

// failure is why there are no keys, and how long the server is to be left alone.
type failure struct {
	err  *Error
	wait time.Duration
}

// fetchKeySet fetches and reads a key set, with limits on time and size. Whatever goes wrong (no connection, a redirect,
// 429, 500, HTML where JSON belongs) becomes one keys_unavailable, so that no failure can let a request through.
func fetchKeySet(client *http.Client, url string, timeout time.Duration) (map[string]*Key, *failure) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	type result struct {
		keys    map[string]*Key
		failure *failure
	}
	// In a goroutine of its own, because a transport that was passed in may not listen to the context.
	results := make(chan result, 1)
	go func() {
		keys, failure := fetchNow(ctx, client, url)
		results <- result{keys, failure}
	}()
	var got result
	select {
	case got = <-results:
	case <-ctx.Done():
		got.failure = refuse(url, ctx.Err(), "no connection was made")
	}
	if got.failure != nil && ctx.Err() != nil {
		got.failure = refuse(url, ctx.Err(), "no answer came within "+timeout.String())
	}
	return got.keys, got.failure
}

func fetchNow(ctx context.Context, client *http.Client, url string) (map[string]*Key, *failure) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, refuse(url, err, "this is not an address")
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, refuse(url, err, "no connection was made")
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		refusal := refuse(url, nil, "the answer was "+strconv.Itoa(response.StatusCode))
		if wait, ok := readRetryAfter(response.Header.Get("Retry-After")); ok {
			refusal.wait = wait
		}
		return nil, refusal
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, largestBody+1))
	if err != nil {
		return nil, refuse(url, err, "the answer broke off")
	}
	if len(body) > largestBody {
		return nil, refuse(url, nil, "the answer was larger than 65536 bytes")
	}
	keys, err := readKeySet(body)
	if err != nil {
		return nil, refuse(url, nil, "the answer "+err.Error())
	}
	return keys, nil
}

func refuse(url string, cause error, reason string) *failure {
	err := newError(CodeKeysUnavailable, cause, "The keys at %s could not be fetched: %s. Check that Ginnel runs there "+
		"and that the application exists, or set GINNEL_URL.", url, reason)
	return &failure{err: err, wait: waitAfterFailure}
}

// readRetryAfter gives the wait that the server asks for; only the form that is a number of seconds (RFC 9110, section
// 10.2.3), and at most a minute.
func readRetryAfter(value string) (time.Duration, bool) {
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return 0, false
	}
	seconds, err := strconv.Atoi(value)
	if err != nil || seconds > longestRetryAfter {
		seconds = longestRetryAfter
	}
	return time.Duration(seconds) * time.Second, true
}

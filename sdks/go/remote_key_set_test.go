package ginnel_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

// remote is a key set over HTTP with what stands around it.
type remote struct {
	t *testing.T
	ginnel.KeySet
	*keyServer
	*clock
	first, second *ginneltest.Issuer
	old, next     string
}

func newRemote(t *testing.T, options ...ginnel.KeySetOption) *remote {
	r := &remote{t: t, clock: newClock()}
	r.first = ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.ES256))
	r.second = ginneltest.NewIssuer(ginneltest.WithAlgorithm(ginnel.EdDSA))
	r.old, r.next = kidOf(r.first), kidOf(r.second)
	r.keyServer = newKeyServer(t, publishes(r.first))
	r.KeySet = must(ginnel.RemoteKeySet(r.URL, append(options, ginnel.WithClock(r.Now))...))
	return r
}

// finds fails the test unless the key is there.
func (r *remote) finds(kid string) {
	r.t.Helper()
	if key, err := r.Find(context.Background(), kid); err != nil || key == nil || key.ID != kid {
		r.t.Fatalf("got %+v and %v for %s", key, err, kid)
	}
}

// misses fails the test unless there is no such key.
func (r *remote) misses(kid string) {
	r.t.Helper()
	if key, err := r.Find(context.Background(), kid); err != nil || key != nil {
		r.t.Fatalf("got %+v and %v for %s", key, err, kid)
	}
}

// fails fails the test unless the keys are unavailable.
func (r *remote) fails(kid string) {
	r.t.Helper()
	_, err := r.Find(context.Background(), kid)
	refuses(r.t, err, ginnel.CodeKeysUnavailable)
}

// settlesAt waits for the fetch in the background, and fails the test unless so many requests were made until then.
func (r *remote) settlesAt(requests int) {
	r.t.Helper()
	ginnel.Settle(r.KeySet)
	r.counts(r.t, requests)
}

func TestKeysAreFetchedOnceForAllWhoWait(t *testing.T) {
	r := newRemote(t)
	r.counts(t, 0)
	release := make(chan struct{})
	r.answer(func(w http.ResponseWriter, request *http.Request) {
		<-release
		publishes(r.first)(w, request)
	})
	var begun, done sync.WaitGroup
	found := make([]*ginnel.Key, 50)
	for index := range found {
		begun.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			begun.Done()
			found[index], _ = r.Find(context.Background(), r.old)
		}()
	}
	begun.Wait()
	close(release)
	done.Wait()
	for _, key := range found {
		if key == nil || key != found[0] {
			t.Fatalf("got %+v, want the same key for all", key)
		}
	}
	r.finds(r.old)
	r.counts(t, 1)
}

func TestKeysAreUsedByManyGoroutines(t *testing.T) {
	r := newRemote(t, ginnel.WithRefreshAfter(0), ginnel.WithCooldown(0))
	token := r.first.Token()
	client := must(ginnel.New(appID, ginnel.WithKeySet(r.KeySet)))
	var done sync.WaitGroup
	for range 16 {
		done.Add(1)
		go func() {
			defer done.Done()
			for range 50 {
				r.pass(time.Second)
				if _, err := client.ValidateToken(context.Background(), token); err != nil {
					t.Error(err)
				}
				if _, err := r.Find(context.Background(), "nobody"); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	done.Wait()
	ginnel.Settle(r.KeySet)
}

func TestKeysAreRefreshedInTheBackground(t *testing.T) {
	r := newRemote(t)
	r.finds(r.old)
	r.pass(599 * time.Second)
	r.finds(r.old)
	r.settlesAt(1)

	release := make(chan struct{})
	r.answer(func(w http.ResponseWriter, request *http.Request) {
		<-release
		publishes(r.second)(w, request)
	})
	r.pass(time.Second)
	// Answered although the server is still thinking; one fetch for both.
	r.finds(r.old)
	r.finds(r.old)
	close(release)
	r.settlesAt(2)
	r.finds(r.next)
	// A key that is no longer published is no longer good.
	r.misses(r.old)
	r.counts(t, 2)
}

func TestKeysOutliveTheServerForADay(t *testing.T) {
	failures := make(chan *ginnel.Error, 100)
	r := newRemote(t, ginnel.WithOnError(func(err *ginnel.Error) { failures <- err }))
	r.finds(r.old)
	r.answer(sends(500, "no"))
	for hour := 1; hour < 24; hour++ {
		r.pass(time.Hour)
		r.finds(r.old)
		r.settlesAt(1 + hour)
		refuses(t, <-failures, ginnel.CodeKeysUnavailable)
	}
	r.pass(3599 * time.Second)
	r.finds(r.old)
	ginnel.Settle(r.KeySet)
	r.pass(time.Second)
	r.fails(r.old)
	r.answer(publishes(r.first))
	r.pass(time.Second)
	r.finds(r.old)
}

func TestRefreshThatFailedIsRepeatedAfterTheCooldown(t *testing.T) {
	r := newRemote(t)
	r.finds(r.old)
	r.answer(sends(500, "no"))
	r.pass(600 * time.Second)
	for _, step := range []struct {
		wait     time.Duration
		requests int
	}{{0, 2}, {29, 2}, {1, 3}, {29, 3}, {1, 4}} {
		r.pass(step.wait * time.Second)
		r.finds(r.old)
		r.settlesAt(step.requests)
	}
}

func TestUnknownKeysMakeOneFetch(t *testing.T) {
	r := newRemote(t)
	r.finds(r.old)
	r.answer(publishes(r.first, r.second))
	r.misses(r.next) // within the cooldown of the first fetch
	r.counts(t, 1)
	r.pass(30 * time.Second)
	r.finds(r.next)
	for range 100 {
		r.misses("forged")
	}
	r.counts(t, 2)
	r.pass(30 * time.Second)
	r.misses("nobody")
	r.counts(t, 3)
}

func TestUnknownKeysJoinTheFetchUnderWay(t *testing.T) {
	r := newRemote(t)
	r.finds(r.old)
	arrived, release := make(chan struct{}), make(chan struct{})
	r.answer(func(w http.ResponseWriter, request *http.Request) {
		close(arrived)
		<-release
		publishes(r.first, r.second)(w, request)
	})
	r.pass(600 * time.Second)
	r.finds(r.old)
	<-arrived
	var done sync.WaitGroup
	for range 10 {
		done.Add(1)
		go func() {
			defer done.Done()
			if key, err := r.Find(context.Background(), r.next); key == nil || err != nil {
				t.Errorf("got %+v and %v", key, err)
			}
		}()
	}
	close(release)
	done.Wait()
	r.counts(t, 2)
}

func TestUnknownKeyThatCannotBeFetchedIsNotTheCallersFault(t *testing.T) {
	r := newRemote(t)
	r.finds(r.old)
	r.answer(sends(500, "no"))
	r.pass(30 * time.Second)
	r.fails(r.next)
	r.fails(r.next)
	r.counts(t, 2)
	r.finds(r.old)
	r.answer(publishes(r.first, r.second))
	r.pass(30 * time.Second)
	r.finds(r.next)
}

func TestClockThatIsSetBack(t *testing.T) {
	r := newRemote(t)
	r.finds(r.old)
	r.pass(-24 * time.Hour)
	r.finds(r.old)
	r.settlesAt(2)
}

func TestContextEndsTheWaitAndNotTheFetch(t *testing.T) {
	r := newRemote(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	r.answer(func(w http.ResponseWriter, request *http.Request) {
		close(arrived)
		<-release
		publishes(r.first)(w, request)
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := r.Find(ctx, r.old)
	refuses(t, err, ginnel.CodeKeysUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not tell that the context was cancelled", err)
	}
	close(release)
	r.finds(r.old)
	// With keys at hand there is nothing to wait for.
	if key, err := r.Find(ctx, r.old); key == nil || err != nil {
		t.Errorf("got %+v and %v", key, err)
	}
	r.counts(t, 1)
}

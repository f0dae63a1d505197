package ginnel

import "time"

// WithClock replaces the clock of a client or key set, for tests only.
func WithClock(now func() time.Time) KeySetOption {
	return func(s *remoteSettings) { s.now = now }
}

// Settle waits for the fetch that is under way, if there is one.
func Settle(keySet KeySet) {
	remote := keySet.(*remoteKeySet)
	remote.mu.Lock()
	pending := remote.pending
	remote.mu.Unlock()
	if pending != nil {
		<-pending.done
	}
}

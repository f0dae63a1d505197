package ginnel

import "context"

// KeySet is a source of verification keys: [StaticKeySet], [RemoteKeySet], or one of your own. It is used by many
// goroutines at once.
type KeySet interface {
	// Find gives the key with this id, and nil if there is none. An error means that this cannot be known now: it
	// becomes the cause of an [Error] with [CodeKeysUnavailable], unless it is one.
	Find(ctx context.Context, kid string) (*Key, error)
}

// StaticKeySet is a fixed list of keys, for work without a network, from a key set document (RFC 7517, JSON). Its error
// has [CodeConfiguration], when the document is not a key set.
func StaticKeySet(document []byte) (KeySet, error) {
	keys, err := readKeySet(document)
	if err != nil {
		return nil, newError(CodeConfiguration, nil,
			"The key set %v; pass the JSON found at {url}/auth/v1/apps/{app id}/.well-known/jwks.json.", err)
	}
	return staticKeySet(keys), nil
}

type staticKeySet map[string]*Key

func (s staticKeySet) Find(_ context.Context, kid string) (*Key, error) { return s[kid], nil }

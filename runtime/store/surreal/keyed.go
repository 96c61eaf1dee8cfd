package surreal

import "sync"

// keyed remembers assets that are marked as having keys, which they stay.
type keyed struct {
	mu  sync.Mutex
	all map[assetKey]bool
}

type assetKey struct{ loc, asset string }

func newKeyed() *keyed { return &keyed{all: map[assetKey]bool{}} }

func (k *keyed) has(a assetKey) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all[a]
}

func (k *keyed) add(a assetKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[a] = true
}

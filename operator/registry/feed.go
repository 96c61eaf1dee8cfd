package registry

import (
	"cmp"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	riversv1 "rivers.io/proto/rivers/v1"
)

// Backlog is how many changes a subscriber may be behind (K-60).
const Backlog = 256

// Key names an entry.
type Key struct{ Namespace, Name string }

func keyOf(e *riversv1.CodeLocation) Key { return Key{e.GetNamespace(), e.GetName()} }

// Change is one event of a subscription.
type Change struct {
	// Type is ADDED, MODIFIED or DELETED.
	Type riversv1.WatchCodeLocationsResponse_EventType
	// Entry must not be changed.
	Entry *riversv1.CodeLocation
}

// Feed holds the entries that are known now and tells subscribers of changes. It
// is safe for concurrent use. Entries are copied on their way in; those that it
// hands out must not be changed.
type Feed struct {
	mu      sync.Mutex
	entries map[Key]*riversv1.CodeLocation
	subs    map[*Subscription]struct{}
	stale   bool
	synced  chan struct{}
	sync    func()
}

// NewFeed returns an empty feed that is not synced.
func NewFeed() *Feed {
	f := &Feed{
		entries: map[Key]*riversv1.CodeLocation{}, subs: map[*Subscription]struct{}{}, synced: make(chan struct{}),
	}
	f.sync = sync.OnceFunc(func() { close(f.synced) })
	return f
}

// Put adds or replaces an entry. One that is equal to what is known changes
// nothing and tells nobody (K-58).
func (f *Feed) Put(entry *riversv1.CodeLocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put(proto.CloneOf(entry))
}

func (f *Feed) put(entry *riversv1.CodeLocation) {
	key := keyOf(entry)
	old, known := f.entries[key]
	if known && proto.Equal(old, entry) {
		return
	}
	f.entries[key] = entry
	change := Change{Type: riversv1.WatchCodeLocationsResponse_EVENT_TYPE_ADDED, Entry: entry}
	if known {
		change.Type = riversv1.WatchCodeLocationsResponse_EVENT_TYPE_MODIFIED
	}
	f.publish(change)
}

// Remove drops an entry; one that is not known changes nothing.
func (f *Feed) Remove(namespace, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remove(Key{namespace, name})
}

func (f *Feed) remove(key Key) {
	if old, known := f.entries[key]; known {
		delete(f.entries, key)
		f.publish(Change{Type: riversv1.WatchCodeLocationsResponse_EVENT_TYPE_DELETED, Entry: old})
	}
}

// Replace makes the entries the whole content, tells of the differences, and
// marks the feed as synced and fresh.
func (f *Feed) Replace(entries []*riversv1.CodeLocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	keep := make(map[Key]bool, len(entries))
	for _, e := range entries {
		keep[keyOf(e)] = true
		f.put(proto.CloneOf(e))
	}
	for _, e := range f.sorted("") {
		if !keep[keyOf(e)] {
			f.remove(keyOf(e))
		}
	}
	f.stale = false
	f.sync()
}

// MarkSynced tells that every entry that exists was put. Before, nothing is
// answered from the feed.
func (f *Feed) MarkSynced() { f.sync() }

// Synced is closed once the feed knows every entry that exists.
func (f *Feed) Synced() <-chan struct{} { return f.synced }

// MarkStale tells that the entries may be out of date, until the next Replace.
func (f *Feed) MarkStale() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stale = true
}

// Stale reports whether the entries may be out of date.
func (f *Feed) Stale() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stale
}

// Lookup returns one entry.
func (f *Feed) Lookup(namespace, name string) (*riversv1.CodeLocation, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.entries[Key{namespace, name}]
	return e, ok
}

// List returns the entries of a namespace, or all for "" and "-", ordered by
// namespace and name.
func (f *Feed) List(namespace string) []*riversv1.CodeLocation {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sorted(namespace)
}

func (f *Feed) sorted(namespace string) []*riversv1.CodeLocation {
	out := make([]*riversv1.CodeLocation, 0, len(f.entries))
	for _, e := range f.entries {
		if matches(namespace, e) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b *riversv1.CodeLocation) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func matches(namespace string, e *riversv1.CodeLocation) bool {
	return namespace == "" || namespace == "-" || namespace == e.GetNamespace()
}

// publish tells every subscriber; one that is too far behind is cut off.
func (f *Feed) publish(c Change) {
	for s := range f.subs {
		if !matches(s.namespace, c.Entry) {
			continue
		}
		select {
		case s.changes <- c:
		default:
			delete(f.subs, s)
			close(s.lost)
		}
	}
}

// Subscription is what one subscriber is told.
type Subscription struct {
	feed      *Feed
	namespace string
	snapshot  []*riversv1.CodeLocation
	changes   chan Change
	lost      chan struct{}
}

// Subscribe begins a subscription to a namespace, or to all for "" and "-". Its
// snapshot and its changes join without a gap.
func (f *Feed) Subscribe(namespace string) *Subscription {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &Subscription{
		feed: f, namespace: namespace, snapshot: f.sorted(namespace),
		changes: make(chan Change, Backlog), lost: make(chan struct{}),
	}
	f.subs[s] = struct{}{}
	return s
}

// Snapshot returns the entries as of the beginning of the subscription.
func (s *Subscription) Snapshot() []*riversv1.CodeLocation { return s.snapshot }

// Changes delivers what happened since the snapshot, in order.
func (s *Subscription) Changes() <-chan Change { return s.changes }

// Lost is closed when the subscriber fell more than Backlog changes behind: it
// will be told no more.
func (s *Subscription) Lost() <-chan struct{} { return s.lost }

// Close ends the subscription.
func (s *Subscription) Close() {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	delete(s.feed.subs, s)
}

package registry_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/operator/registry"
	riversv1 "rivers.io/proto/rivers/v1"
)

const (
	added    = riversv1.WatchCodeLocationsResponse_EVENT_TYPE_ADDED
	modified = riversv1.WatchCodeLocationsResponse_EVENT_TYPE_MODIFIED
	deleted  = riversv1.WatchCodeLocationsResponse_EVENT_TYPE_DELETED
	synced   = riversv1.WatchCodeLocationsResponse_EVENT_TYPE_SYNCED
)

func entry(namespace, name string, generation int64) *riversv1.CodeLocation {
	return &riversv1.CodeLocation{Namespace: namespace, Name: name, Identity: "id-" + name, Phase: "Ready", Generation: generation}
}

// pending reads what a subscription was told so far.
func pending(s *registry.Subscription) []string {
	var out []string
	for {
		select {
		case c := <-s.Changes():
			out = append(out, fmt.Sprintf("%s %s/%s@%d", c.Type, c.Entry.Namespace, c.Entry.Name, c.Entry.Generation))
		default:
			return out
		}
	}
}

func names(entries []*riversv1.CodeLocation) []string {
	out := []string{}
	for _, e := range entries {
		out = append(out, e.Namespace+"/"+e.Name)
	}
	return out
}

func TestFeedTellsChangesOnly(t *testing.T) {
	f := registry.NewFeed()
	f.Put(entry("a", "one", 1))
	all, ofB := f.Subscribe("-"), f.Subscribe("b")
	f.Put(entry("a", "one", 1)) // equal: no event
	f.Put(entry("a", "one", 2))
	f.Put(entry("b", "two", 1))
	f.Remove("a", "one")
	f.Remove("a", "one") // unknown: no event
	want := []string{"EVENT_TYPE_MODIFIED a/one@2", "EVENT_TYPE_ADDED b/two@1", "EVENT_TYPE_DELETED a/one@2"}
	if diff := cmp.Diff(want, pending(all)); diff != "" {
		t.Errorf("changes of all namespaces (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"EVENT_TYPE_ADDED b/two@1"}, pending(ofB)); diff != "" {
		t.Errorf("changes of one namespace (-want +got):\n%s", diff)
	}
	if got := names(all.Snapshot()); !cmp.Equal(got, []string{"a/one"}) {
		t.Errorf("snapshot = %v", got)
	}
	all.Close()
	f.Put(entry("c", "three", 1))
	if got := pending(all); got != nil {
		t.Errorf("a closed subscription was told %v", got)
	}
}

func TestFeedCopiesWhatItIsGiven(t *testing.T) {
	f := registry.NewFeed()
	e := entry("a", "one", 1)
	f.Put(e)
	e.Phase = "Failed"
	if got, _ := f.Lookup("a", "one"); got.Phase != "Ready" {
		t.Errorf("phase = %s: the feed shares the caller's entry", got.Phase)
	}
}

func TestReplaceTellsTheDifference(t *testing.T) {
	f := registry.NewFeed()
	f.Put(entry("a", "gone", 1))
	f.Put(entry("a", "kept", 1))
	f.Put(entry("a", "new", 1))
	f.MarkStale()
	sub := f.Subscribe("")
	f.Replace([]*riversv1.CodeLocation{entry("a", "kept", 1), entry("a", "new", 2), entry("a", "more", 1)})
	want := []string{"EVENT_TYPE_MODIFIED a/new@2", "EVENT_TYPE_ADDED a/more@1", "EVENT_TYPE_DELETED a/gone@1"}
	if diff := cmp.Diff(want, pending(sub)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if f.Stale() {
		t.Error("a replaced feed is stale")
	}
	if got := names(f.List("a")); !cmp.Equal(got, []string{"a/kept", "a/more", "a/new"}) {
		t.Errorf("List = %v", got)
	}
	if got := f.List("b"); len(got) != 0 {
		t.Errorf("List of another namespace = %v", got)
	}
}

func TestLaggingSubscriberIsCutOff(t *testing.T) {
	f := registry.NewFeed()
	slow := f.Subscribe("")
	for i := range registry.Backlog {
		f.Put(entry("a", "x", int64(i)))
	}
	select {
	case <-slow.Lost():
		t.Fatalf("cut off after %d changes, which it may be behind", registry.Backlog)
	default:
	}
	f.Put(entry("a", "x", -1))
	<-slow.Lost()
	slow.Close()
}

// TestNothingIsLostBetweenSnapshotAndChanges puts entries from several sides
// while subscribers come; each must end with the same content.
func TestNothingIsLostBetweenSnapshotAndChanges(t *testing.T) {
	f := registry.NewFeed()
	const writers, each, readers = 4, 50, 20
	var work sync.WaitGroup
	for w := range writers {
		work.Go(func() {
			for i := range each {
				f.Put(entry("ns", fmt.Sprintf("w%d-%d", w, i), 1))
			}
		})
	}
	subs := make(chan *registry.Subscription, readers)
	for range readers {
		work.Go(func() { subs <- f.Subscribe("ns") })
	}
	work.Wait()
	close(subs)
	for s := range subs {
		seen := map[string]int{}
		for _, e := range s.Snapshot() {
			seen[e.Name]++
		}
		for more := true; more; {
			select {
			case c := <-s.Changes():
				seen[c.Entry.Name]++
			default:
				more = false
			}
		}
		if len(seen) != writers*each {
			t.Errorf("a subscriber saw %d of %d entries", len(seen), writers*each)
		}
		for name, n := range seen {
			if n != 1 {
				t.Errorf("%s was told %d times", name, n)
			}
		}
	}
}

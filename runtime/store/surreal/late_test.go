package surreal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rivers.io/internal/chaosproxy"
	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// fate is what becomes of a request whose answer is lost.
type fate struct {
	name string
	// never tells that it is not carried out at all.
	never bool
	// after is how many further requests come first; many is after all of them.
	after int
	// beside tells that it is carried out at the same time as the next one.
	beside bool
}

const many = 1 << 20

var fates = []fate{
	{name: "at once"}, {name: "never", never: true}, {name: "beside the next", beside: true, after: 1},
	{name: "after one more", after: 1}, {name: "after two more", after: 2}, {name: "after three more", after: 3},
	{name: "after all", after: many},
}

// fickle is a connection on which one answer is lost. The server goes on with a
// request whose socket is gone, so it may be carried out later than others.
type fickle struct {
	link
	fate fate
	lose int // the number of the request whose answer is lost
	// meanwhile is called once that happened.
	meanwhile func()

	mu   sync.Mutex
	n    int
	late func()
	left int
	side sync.WaitGroup
}

func (f *fickle) Query(ctx context.Context, sql string, vars map[string]any) (conn.Results, error) {
	f.mu.Lock()
	f.n++
	lost := f.n == f.lose
	var due func()
	if f.late != nil {
		if f.left--; f.left < 0 {
			due, f.late = f.late, nil
		}
	}
	f.mu.Unlock()
	if due != nil && f.fate.beside {
		f.side.Go(due)
		due = nil
	}
	if due != nil {
		due()
	}
	if !lost {
		return f.link.Query(ctx, sql, vars)
	}
	run := func() { _, _ = f.link.Query(context.WithoutCancel(ctx), sql, vars) } // nobody hears what becomes of it
	switch {
	case f.fate.never:
	case f.fate.after == 0:
		run()
	default:
		f.mu.Lock()
		f.late, f.left = run, f.fate.after-1
		f.mu.Unlock()
	}
	if f.meanwhile != nil {
		f.meanwhile()
	}
	return conn.Results{}, &conn.LostError{Sent: true, Err: errors.New("reset")}
}

// settle carries out what is still under way.
func (f *fickle) settle() {
	f.side.Wait()
	f.mu.Lock()
	late := f.late
	f.late = nil
	f.mu.Unlock()
	if late != nil {
		late()
	}
}

// scene is a location of its own with a run in some state.
type scene struct {
	t     *testing.T
	d     *DB // whose answers are lost
	l     *location
	other *location // another client
	run   string
	epoch uint64
	name  string
}

// lossyCall is a call that is made while an answer is lost.
type lossyCall struct {
	name  string
	ready func(*scene)
	// meanwhile is what another client does once the answer was lost.
	meanwhile func(*scene)
	call      func(*scene) error
	// check is called once all is over.
	check func(*scene, error)
}

func (s *scene) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", s.name, err)
	}
}

func (s *scene) same(what string, want, got any) {
	s.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s: %s (-want +got):\n%s", s.name, what, diff)
	}
}

func (s *scene) create(status store.Status) {
	run, _, err := s.other.CreateRun(s.t.Context(), s.order(status, ""))
	s.ok(err)
	s.run = run.ID
}

func (s *scene) order(status store.Status, request string) store.NewRun {
	return store.NewRun{ID: uuid.Must(uuid.NewV7()).String(), Status: status, RequestID: request,
		Created: event.RunCreated{PlanHash: "p", Steps: 3, Assets: []string{"a"}, Launcher: event.Launcher{Kind: "manual"}}}
}

func (s *scene) started() {
	s.create(store.NotStarted)
	claim, err := s.other.TakeOver(s.t.Context(), s.run, store.TakeOver{Executor: "e", Lease: time.Minute})
	s.ok(err)
	s.epoch = claim.Epoch
}

// told checks the types of the events of the run.
func (s *scene) told(want ...event.Type) {
	s.t.Helper()
	list, err := s.other.Events(s.t.Context(), s.run, 0, 0)
	s.ok(err)
	var got []event.Type
	for i, e := range list {
		got = append(got, e.Type())
		if e.Seq != uint64(i+1) {
			s.t.Errorf("%s: event %d has number %d", s.name, i+1, e.Seq)
		}
	}
	s.same("events", want, got)
}

func (s *scene) counts(want map[store.Status]int64) {
	s.t.Helper()
	got, err := s.other.CountRuns(s.t.Context())
	s.ok(err)
	s.same("counts", want, got)
}

const (
	created   = event.TypeRunCreated
	began     = event.TypeRunStarted
	launched  = event.TypeStepLaunched
	made      = event.TypeMaterialization
	succeeded = event.TypeStepSucceeded
	finished  = event.TypeRunFinished
)

func stepOf(n int) event.Attempt {
	return event.Attempt{Step: event.Step{Name: "a", Key: "k1"}, Number: n}
}

var lossyCalls = []lossyCall{
	{name: "create a run by a request", call: func(s *scene) error {
		run, fresh, err := s.l.CreateRun(s.t.Context(), s.order(store.Queued, "r"))
		s.run = run.ID
		s.same("it is new", true, fresh)
		return err
	}, check: func(s *scene, err error) {
		s.ok(err)
		s.told(created, event.TypeRunQueued)
		s.counts(map[store.Status]int64{store.Queued: 1})
	}},
	{name: "create a run by a request that another makes too", meanwhile: func(s *scene) {
		_, _, err := s.other.CreateRun(s.t.Context(), s.order(store.Queued, "r"))
		s.ok(err)
	}, call: func(s *scene) error {
		run, _, err := s.l.CreateRun(s.t.Context(), s.order(store.Queued, "r"))
		s.run = run.ID
		return err
	}, check: func(s *scene, err error) {
		s.ok(err)
		s.told(created, event.TypeRunQueued)
		s.counts(map[store.Status]int64{store.Queued: 1})
	}},
	{name: "create a run", call: func(s *scene) error {
		run, _, err := s.l.CreateRun(s.t.Context(), s.order(store.NotStarted, ""))
		s.run = run.ID
		return err
	}, check: func(s *scene, err error) {
		s.ok(err)
		s.told(created)
		s.counts(map[store.Status]int64{store.NotStarted: 1})
	}},
	{name: "admit a run", ready: func(s *scene) { s.create(store.Queued) }, call: func(s *scene) error {
		_, err := s.l.AdmitRun(s.t.Context(), s.run)
		return err
	}, check: func(s *scene, err error) {
		s.ok(err)
		s.told(created, event.TypeRunQueued, event.TypeRunDequeued)
		s.counts(map[store.Status]int64{store.NotStarted: 1})
	}},
	{name: "admit a run that another admits", ready: func(s *scene) { s.create(store.Queued) }, meanwhile: (*scene).tryAdmit,
		call: func(s *scene) error {
			_, err := s.l.AdmitRun(s.t.Context(), s.run)
			return err
		}, check: func(s *scene, err error) {
			s.told(created, event.TypeRunQueued, event.TypeRunDequeued)
			s.same("it was admitted for one alone", s.epoch == 0, err == nil)
			if err != nil && !errors.Is(err, store.ErrConflict) {
				s.t.Errorf("%s: %v", s.name, err)
			}
		}},
	{name: "cancel a run", ready: func(s *scene) { s.create(store.NotStarted) }, call: func(s *scene) error {
		did, err := s.l.RequestCancel(s.t.Context(), s.run, nil)
		s.same("it was asked for", true, did)
		return err
	}, check: func(s *scene, err error) {
		s.ok(err)
		s.told(created, event.TypeRunCancelRequested, finished)
		s.counts(map[store.Status]int64{store.Canceled: 1})
	}},
	{name: "fail a launch", ready: func(s *scene) { s.create(store.NotStarted) }, call: func(s *scene) error {
		return s.l.FailLaunch(s.t.Context(), s.run, "no pod")
	}, check: func(s *scene, err error) {
		s.ok(err)
		s.told(created, event.TypeRunLaunchFailed, finished)
	}},
	{name: "take a run over", ready: func(s *scene) { s.create(store.NotStarted) }, call: func(s *scene) error {
		claim, err := s.l.TakeOver(s.t.Context(), s.run, store.TakeOver{Executor: "e", Lease: time.Minute})
		s.epoch = claim.Epoch
		return err
	}, check: func(s *scene, err error) {
		s.ok(err)
		s.told(created, began)
		s.same("epoch", uint64(1), s.epoch)
	}},
	{name: "take a run over that the same executor takes", ready: func(s *scene) { s.create(store.NotStarted) }, meanwhile: (*scene).tryTake,
		call: func(s *scene) error {
			_, err := s.l.TakeOver(s.t.Context(), s.run, store.TakeOver{Executor: "e", Lease: time.Minute})
			return err
		}, check: func(s *scene, err error) {
			s.told(created, began)
			s.same("it was given to one alone", s.epoch == 0, err == nil)
			if err != nil && !errors.Is(err, store.ErrLeaseHeld) {
				s.t.Errorf("%s: %v", s.name, err)
			}
		}},
	{name: "append", ready: (*scene).started, call: func(s *scene) error { return s.append(1) }, check: func(s *scene, err error) {
		s.ok(err)
		s.told(created, began, launched, made, succeeded)
	}},
	{name: "append while another does", ready: (*scene).started, meanwhile: func(s *scene) {
		_, err := s.other.Append(s.t.Context(), s.run, store.Append{Writer: "o", Counter: 1, Parts: []store.Part{{Epoch: s.epoch,
			Events: []event.Event{{Attempt: stepOf(2), Payload: &event.StepSkipped{Cause: "c"}}}}}})
		s.ok(err)
	}, call: func(s *scene) error { return s.append(1) }, check: func(s *scene, err error) {
		s.ok(err)
		list, err := s.other.Events(s.t.Context(), s.run, 2, 0)
		s.ok(err)
		s.same("four events", 4, len(list))
	}},
	{name: "append after the epoch was raised", ready: (*scene).started, meanwhile: func(s *scene) {
		s.ok(s.other.Release(s.t.Context(), s.run, s.epoch))
		_, err := s.other.TakeOver(s.t.Context(), s.run, store.TakeOver{Executor: "f", Lease: time.Minute})
		s.ok(err)
	}, call: func(s *scene) error { return s.append(1) }, check: func(s *scene, err error) {
		list, lerr := s.other.Events(s.t.Context(), s.run, 0, 0)
		s.ok(lerr)
		switch taken := event.TypeRunTakenOver; {
		case err == nil:
			s.told(created, began, launched, made, succeeded, taken)
		case errors.Is(err, store.ErrStaleEpoch):
			s.told(created, began, taken)
		default:
			s.t.Errorf("%s: %v, %d events", s.name, err, len(list))
		}
	}},
	{name: "renew", ready: (*scene).started, call: func(s *scene) error {
		_, err := s.l.Renew(s.t.Context(), s.run, s.epoch, time.Minute)
		return err
	}, check: func(s *scene, err error) { s.ok(err); s.told(created, began) }},
	{name: "renew, then release", ready: (*scene).started, call: func(s *scene) error {
		if _, err := s.l.Renew(s.t.Context(), s.run, s.epoch, time.Minute); err != nil {
			return err
		}
		return s.l.Release(s.t.Context(), s.run, s.epoch)
	}, check: (*scene).released},
	{name: "release", ready: (*scene).started, call: func(s *scene) error { return s.l.Release(s.t.Context(), s.run, s.epoch) }, check: (*scene).released},
	{name: "observe", ready: func(s *scene) { s.create(store.NotStarted) }, call: func(s *scene) error {
		_, err := s.l.Observe(s.t.Context(), "a", event.Observation{DataVersion: "v"})
		return err
	}, check: func(s *scene, err error) { s.ok(err); s.observed(1) }},
	{name: "observe while another does", ready: func(s *scene) { s.create(store.NotStarted) }, meanwhile: func(s *scene) {
		_, err := s.other.Observe(s.t.Context(), "a", event.Observation{DataVersion: "o"})
		s.ok(err)
	}, call: func(s *scene) error {
		_, err := s.l.Observe(s.t.Context(), "a", event.Observation{DataVersion: "v"})
		return err
	}, check: func(s *scene, err error) { s.ok(err); s.observed(2) }},
	{name: "append logs", ready: (*scene).started, call: func(s *scene) error { return s.log(s.l, "x", "y") },
		check: func(s *scene, err error) { s.ok(err); s.logged(2) }},
	{name: "append logs while many others do", ready: (*scene).started, meanwhile: func(s *scene) {
		for i := range 20 {
			s.ok(s.log(s.other, fmt.Sprint(i)))
		}
	}, call: func(s *scene) error { return s.log(s.l, "x", "y") },
		check: func(s *scene, err error) { s.ok(err); s.logged(22) }},
	{name: "register", call: func(s *scene) error {
		_, err := s.l.Register(s.t.Context(), declares("h", "a", "b"))
		return err
	}, check: func(s *scene, err error) {
		s.ok(err)
		info, err := s.other.CatalogueInfo(s.t.Context())
		s.ok(err)
		s.same("revision", int64(1), info.Revision)
	}},
	{name: "fold", ready: func(s *scene) { s.started(); s.ok(s.append(1)) }, call: func(s *scene) error {
		return s.l.FoldPartitions(s.t.Context(), "a", threeKeys(s.t), time.Now())
	}, check: func(s *scene, err error) { s.ok(err); s.sets("k1") }},
	{name: "fold while another does", ready: func(s *scene) { s.started(); s.ok(s.append(1)) }, meanwhile: func(s *scene) {
		_, err := s.other.Append(s.t.Context(), s.run, store.Append{Writer: "o", Counter: 1, Parts: []store.Part{{Epoch: s.epoch, Events: makes("k2", 7)}}})
		s.ok(err)
		s.ok(s.other.FoldPartitions(s.t.Context(), "a", threeKeys(s.t), time.Now()))
	}, call: func(s *scene) error {
		return s.l.FoldPartitions(s.t.Context(), "a", threeKeys(s.t), time.Now())
	}, check: func(s *scene, err error) { s.ok(err); s.sets("k1", "k2") }},
	{name: "remember an answer", call: func(s *scene) error {
		return s.l.RememberAnswer(s.t.Context(), "r", "M", "d", []byte(`"x"`))
	}, check: func(s *scene, err error) {
		s.ok(err)
		got, err := s.other.Answer(s.t.Context(), "r", "M", "d")
		s.ok(err)
		s.same("answer", `"x"`, string(got))
	}},
	{name: "delete a run", ready: func(s *scene) {
		s.create(store.NotStarted)
		s.ok(s.log(s.other, "x"))
		_, err := s.other.RequestCancel(s.t.Context(), s.run, nil)
		s.ok(err)
	}, call: func(s *scene) error {
		err := s.l.DeleteRun(s.t.Context(), s.run)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	}, check: func(s *scene, err error) {
		s.ok(err)
		s.counts(map[store.Status]int64{})
		if _, err := s.other.Run(s.t.Context(), s.run); !errors.Is(err, store.ErrNotFound) {
			s.t.Errorf("%s: %v", s.name, err)
		}
	}},
	{name: "hold an executor, then end", call: func(s *scene) error {
		hold, err := s.d.HoldOwner("e-" + s.l.ident)
		if err != nil {
			return err
		}
		return hold.Close()
	}, check: func(s *scene, err error) {
		s.ok(err)
		dead, err := s.other.db.ownerDead(s.t.Context(), "e-"+s.l.ident)
		s.ok(err)
		s.same("it is known to be dead", true, dead)
	}},
}

// tryAdmit notes in epoch whether the other client admitted the run.
func (s *scene) tryAdmit() {
	_, err := s.other.AdmitRun(s.t.Context(), s.run)
	if err == nil {
		s.epoch = 1
	} else if !errors.Is(err, store.ErrConflict) {
		s.ok(err)
	}
}

// tryTake notes in epoch whether the other client got the run.
func (s *scene) tryTake() {
	claim, err := s.other.TakeOver(s.t.Context(), s.run, store.TakeOver{Executor: "e", Lease: time.Minute})
	if err != nil && !errors.Is(err, store.ErrLeaseHeld) {
		s.ok(err)
	}
	s.epoch = claim.Epoch
}

func makes(key partition.Key, n int) []event.Event {
	at := event.Attempt{Step: event.Step{Name: "a", Key: key}, Number: n}
	return []event.Event{
		{Attempt: at, Payload: &event.StepLaunched{Token: "t", Worker: event.InProcess}},
		{Attempt: at, Payload: &event.Materialization{DataVersion: "v"}},
		{Attempt: at, Payload: &event.StepSucceeded{}},
	}
}

func (s *scene) append(n int) error {
	_, err := s.l.Append(s.t.Context(), s.run, store.Append{Writer: "w", Counter: 1, Lease: time.Minute,
		Parts: []store.Part{{Epoch: s.epoch, Events: makes("k1", n)}}})
	return err
}

func (s *scene) released(err error) {
	s.t.Helper()
	s.ok(err)
	if _, err := s.other.TakeOver(s.t.Context(), s.run, store.TakeOver{Executor: "f", Lease: time.Minute}); err != nil {
		s.t.Errorf("%s: a released run is not taken at once: %v", s.name, err)
	}
}

func (s *scene) observed(n int) {
	s.t.Helper()
	list, err := s.other.Events(s.t.Context(), event.AssetStream("a"), 0, 0)
	s.ok(err)
	seen := map[string]int{}
	for _, e := range list {
		seen[e.Payload.(*event.Observation).DataVersion]++
	}
	s.same("observations of one call", 1, seen["v"])
	s.same("observations", n, len(list))
}

func (s *scene) log(l *location, texts ...string) error {
	var lines []store.LogLine
	for _, text := range texts {
		lines = append(lines, store.LogLine{Attempt: stepOf(1), Stream: store.Stdout, Text: text})
	}
	return l.AppendLogs(s.t.Context(), s.run, lines)
}

func (s *scene) logged(n int) {
	s.t.Helper()
	list, err := s.other.LogLines(s.t.Context(), s.run, store.LogFilter{}, 0, 0)
	s.ok(err)
	seen := map[string]int{}
	for _, line := range list {
		seen[line.Text]++
	}
	s.same("lines of one call", []int{1, 1}, []int{seen["x"], seen["y"]})
	s.same("lines", n, len(list))
}

func threeKeys(t testing.TB) partition.Space {
	space, err := partition.New(partition.Definition{Kind: partition.Static, Keys: []string{"k1", "k2", "k3"}})
	if err != nil {
		t.Fatal(err)
	}
	return space
}

// sets checks the materialized keys as they are stored.
func (s *scene) sets(want ...partition.Key) {
	s.t.Helper()
	space := threeKeys(s.t)
	f, _, err := s.other.readFold(s.t.Context(), "a", space, time.Now())
	s.ok(err)
	now, err := s.other.PartitionSets(s.t.Context(), "a", space, time.Now())
	s.ok(err)
	for at := range uint64(3) {
		key, _ := space.Key(at, time.Now())
		has := false
		for _, k := range want {
			has = has || k == key
		}
		s.same("set has "+string(key), has, now.Materialized.Contains(at))
		s.same("stored set has "+string(key), has, f.sets.Materialized.Contains(at))
	}
}

// TestLostAnswers loses each answer of each call once, lets the request be carried
// out at once, never, beside the repeat or later, and looks what is there then.
func TestLostAnswers(t *testing.T) {
	cfg := config(t, surrealtest.Shared(t))
	d, other := openDB(t, cfg), openDB(t, cfg)
	real := d.link
	t.Cleanup(func() { d.link = real })
	n := 0
	for _, c := range lossyCalls {
		for _, f := range fates {
			for lose := 1; ; lose++ {
				n++
				ident := fmt.Sprintf("l%d", n)
				s := &scene{t: t, d: d, name: fmt.Sprintf("%s: answer %d lost, carried out %s", c.name, lose, f.name)}
				s.l, s.other = d.Location(ident).(*location), other.Location(ident).(*location)
				d.link = real
				if c.ready != nil {
					c.ready(s)
				}
				broken := &fickle{link: real, fate: f, lose: lose}
				if c.meanwhile != nil {
					broken.meanwhile = func() { c.meanwhile(s) }
				}
				d.link = broken
				err := c.call(s)
				broken.settle()
				d.link = real
				if broken.n < lose {
					break
				}
				c.check(s, err)
			}
		}
	}
	t.Logf("%d lost answers", n)
}

func declares(hash string, names ...string) store.Catalogue {
	c := store.Catalogue{Name: "n", Image: "i", Hash: hash}
	for _, name := range names {
		c.Definitions = append(c.Definitions, definitionOf(name))
	}
	return c
}

func definitionOf(name string) asset.Definition { return asset.Definition{Name: name} }

// TestCallsGiveUp: without a connection, a call with no end of its own fails as
// unavailable, so that who makes it may think of something else.
func TestCallsGiveUp(t *testing.T) {
	cfg, proxy := through(t, surrealtest.Shared(t))
	cfg.Busy = 50 * time.Millisecond
	l := openDB(t, cfg).Location("l")
	run := newRun(t, l)
	proxy.Set(chaosproxy.Refuse())
	proxy.Reset()
	if _, err := l.TakeOver(t.Context(), run, store.TakeOver{Executor: "e", Lease: time.Minute}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a write: %v", err)
	}
	if _, err := l.Run(t.Context(), run); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a read: %v", err)
	}
}

package conn

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/surrealdb/surrealdb.go/pkg/models"
	"github.com/surrealdb/surrealdb.go/surrealcbor"
)

// Action is what happened to a record.
type Action string

// What happens to records.
const (
	Created Action = "CREATE"
	Updated Action = "UPDATE"
	Deleted Action = "DELETE"
)

// killed is what the server says of a live query that it ended.
const killed Action = "KILLED"

// Notification is one change that a live query saw.
type Notification struct {
	// Action is what happened.
	Action Action
	// Value is what the live query selects of the record, as CBOR.
	Value []byte

	record []byte
}

// Record is the record's id.
func (n Notification) Record() (models.RecordID, error) {
	var id models.RecordID
	if isNone(n.record) {
		return id, errors.New("surrealdb: the notification names no record")
	}
	if err := surrealcbor.Unmarshal(n.record, &id); err != nil {
		return id, fmt.Errorf("surrealdb: decode the record of a notification: %w", err)
	}
	return id, nil
}

// Decode decodes Value into what v points to, as Results.Decode does.
func (n Notification) Decode(v any) error {
	if err := surrealcbor.Unmarshal(n.Value, v); err != nil {
		return fmt.Errorf("surrealdb: decode a notification into %T: %w", v, err)
	}
	return nil
}

// Subscription is a live query. It never resumes by itself: when Next returns
// ErrGap, subscribe anew and then read what may have been missed.
type Subscription struct {
	conn *Conn
	link *link
	id   string // 16 bytes

	mu      sync.Mutex
	queue   []Notification
	limit   int
	ended   error
	news    chan struct{} // has room for one
	closing sync.Once
}

// Live starts a live query: one LIVE SELECT statement whose table exists. What is
// written after Live returned is seen (but see the package's text on what the engine
// misses), in the order in which the server reports it,
// which is roughly that of the commits and no more; what was there before is not, so
// read it after Live. Live queries have a socket of their own, which long answers do
// not hold up.
func (c *Conn) Live(ctx context.Context, sql string, vars map[string]any) (*Subscription, error) {
	lane, err := c.liveLane()
	if err != nil {
		return nil, err
	}
	type started struct {
		sub *Subscription
		err error
	}
	out := make(chan started) // taken, or the subscription is closed
	if !c.begin() {
		return nil, ErrClosed
	}
	go func() {
		defer c.work.Done()
		// A request that was sent goes on when the caller leaves, so that what the
		// server started is ended.
		waiting, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(c.ctx, cancel)()
		sub, err := c.startLive(waiting, lane, sql, vars)
		if c.ctx.Err() != nil && sub == nil {
			err = ErrClosed
		}
		select {
		case out <- started{sub, err}:
		case <-ctx.Done():
			if sub != nil {
				_ = sub.Close() // has no error to tell
			}
		}
	}()
	select {
	case s := <-out:
		return s.sub, s.err
	case <-ctx.Done():
		return nil, &LostError{Sent: true, Err: ctx.Err()}
	}
}

// begin counts a goroutine that Close waits for.
func (c *Conn) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.work.Add(1)
	return true
}

// liveLane returns the socket of live queries, made when it is first wanted.
func (c *Conn) liveLane() (*lane, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	if c.lives == nil {
		c.lives = newLane(c.cfg, "live queries", nil)
	}
	return c.lives, nil
}

// startLive runs the statement and takes over what it starts.
func (c *Conn) startLive(ctx context.Context, lane *lane, sql string, vars map[string]any) (*Subscription, error) {
	var last *link
	renewals := 0
	for {
		l, err := lane.get(ctx, last)
		if err != nil {
			return nil, err
		}
		sub, err := l.startLive(c, sql, vars)
		var lost *LostError
		var fault *QueryError
		switch {
		case errors.As(err, &lost) && ctx.Err() == nil:
			last = l // a live query ends with its link, so that starting another is safe
		case errors.As(err, &fault) && fault.sessionIsOver() && renewals < maxRenewals && c.cfg.mayExpire():
			renewals++
			l.retire()
			last = l
		default:
			return sub, err
		}
	}
}

// startLive is not bounded by the caller's context but by the link's life and its
// set-up time: an answer nobody waits for names a live query that has to be ended.
func (l *link) startLive(c *Conn, sql string, vars map[string]any) (*Subscription, error) {
	ctx, cancel := context.WithTimeout(c.ctx, l.cfg.SetUp)
	defer cancel()
	m, err := newQuery(sql, vars)
	if err != nil {
		return nil, err
	}
	l.live.expect()
	defer l.live.expected()
	span, err := l.call(ctx, m)
	if err != nil {
		if ctx.Err() != nil {
			l.end(errors.New("a live query was not started in time"))
		}
		return nil, err
	}
	results, err := readResults(span)
	if err != nil {
		return nil, err
	}
	if err := results.first(); err != nil {
		return nil, err
	}
	var id models.UUID
	if err := results.Decode(results.Len()-1, &id); err != nil {
		return nil, fmt.Errorf("surrealdb: the statement is no LIVE SELECT: %w", err)
	}
	sub := &Subscription{conn: c, link: l, id: string(id.Bytes()), limit: l.cfg.QueueLimit, news: make(chan struct{}, 1)}
	l.live.adopt(sub)
	return sub, nil
}

// Next waits for the next notification. After ErrGap there are no more; after an
// error of ctx Next may be called again.
func (s *Subscription) Next(ctx context.Context) (Notification, error) {
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			n := s.queue[0]
			s.queue[0] = Notification{}
			s.queue = s.queue[1:]
			s.mu.Unlock()
			return n, nil
		}
		ended := s.ended
		s.mu.Unlock()
		if ended != nil {
			return Notification{}, ended
		}
		select {
		case <-s.news:
		case <-ctx.Done():
			return Notification{}, ctx.Err()
		}
	}
}

// Close ends the live query. Next then returns ErrClosed once what is queued was
// read. It does not wait for the server.
func (s *Subscription) Close() error {
	s.finish(ErrClosed)
	s.link.live.drop(s.id)
	s.kill()
	return nil
}

// finish ends the subscription, once.
func (s *Subscription) finish(why error) {
	s.mu.Lock()
	if s.ended == nil {
		s.ended = why
	}
	s.mu.Unlock()
	s.wake()
}

func (s *Subscription) wake() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// push queues a notification, and reports whether there was room.
func (s *Subscription) push(n Notification) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return true
	}
	if len(s.queue) >= s.limit {
		s.ended = fmt.Errorf("%w: %d notifications wait unread", ErrGap, s.limit)
		s.wake()
		return false
	}
	s.queue = append(s.queue, n)
	s.wake()
	return true
}

// kill ends the live query on the server, in the background: the reader of the
// link calls it too, and never waits.
func (s *Subscription) kill() {
	s.closing.Do(func() {
		if !s.conn.begin() {
			return
		}
		go func() {
			defer s.conn.work.Done()
			ctx, cancel := context.WithTimeout(s.conn.ctx, s.link.cfg.SetUp)
			defer cancel()
			var id models.UUID
			copy(id.UUID[:], s.id)
			if _, err := s.link.simple(ctx, "kill", id); err != nil && s.link.reason() == nil && ctx.Err() == nil {
				s.link.cfg.Logger.Warn("ending a live query", "error", err)
			}
		}()
	})
}

// router hands notifications to their subscriptions. A live query may report
// before the answer that names it was understood; until then its notifications are
// kept.
type router struct {
	limit int

	mu      sync.Mutex
	subs    map[string]*Subscription
	pending int // live queries being started
	early   map[string][]Notification
	kept    int // notifications in early
	over    bool
}

func newRouter(limit int) *router {
	return &router{limit: limit, subs: map[string]*Subscription{}, early: map[string][]Notification{}}
}

func (r *router) expect() {
	r.mu.Lock()
	r.pending++
	r.mu.Unlock()
}

func (r *router) expected() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending--; r.pending == 0 {
		clear(r.early)
		r.kept = 0
	}
}

// adopt gives a subscription what came early.
func (r *router) adopt(s *Subscription) {
	r.mu.Lock()
	early, over := r.early[s.id], r.over
	delete(r.early, s.id)
	r.kept -= len(early)
	r.subs[s.id] = s
	for _, n := range early {
		s.push(n)
	}
	r.mu.Unlock()
	if over {
		s.finish(ErrGap)
	}
}

func (r *router) drop(id string) {
	r.mu.Lock()
	delete(r.subs, id)
	r.mu.Unlock()
}

// end ends all subscriptions.
func (r *router) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	for _, s := range r.subs {
		s.finish(ErrGap)
	}
	clear(r.subs)
}

// deliver hands one notification to its subscription.
func (r *router) deliver(span []byte) error {
	id, n, err := readNotification(span)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.subs[id]
	switch {
	case s == nil && r.pending > 0:
		if r.kept >= r.limit {
			return errors.New("too many notifications came before their live query was known")
		}
		r.early[id] = append(r.early[id], n)
		r.kept++
	case s == nil: // ended meanwhile
	case n.Action == killed:
		delete(r.subs, id)
		s.finish(fmt.Errorf("%w: the server ended it", ErrGap))
	case !s.push(n):
		delete(r.subs, id)
		s.kill()
	}
	return nil
}

// readNotification cuts {id, action, record, result} into its parts.
func readNotification(span []byte) (id string, n Notification, err error) {
	err = each(span, func(key string, item []byte) error {
		switch key {
		case "id":
			if len(item) < 16 {
				return errors.New("malformed notification: its id is no UUID")
			}
			id = string(item[len(item)-16:])
		case "action":
			action, _, err := text(item)
			n.Action = Action(action)
			return err
		case "record":
			n.record = item
		case "result":
			n.Value = item
		}
		return nil
	})
	return id, n, err
}

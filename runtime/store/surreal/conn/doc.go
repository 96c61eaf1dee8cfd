// Package conn holds a connection to SurrealDB that can be relied on: it notices
// when it is broken, replaces itself, and says of every request what is known of
// its fate.
//
//	c, err := conn.Open(ctx, conn.Config{
//		Endpoint: "ws://127.0.0.1:8000", Namespace: "rivers", Database: "prod",
//		Credentials: conn.Credentials{Scope: conn.DatabaseScope, User: "owner", Password: secret},
//	})
//	results, err := c.Query(ctx, "SELECT VALUE n FROM head WHERE id = $id; RETURN time::now()",
//		map[string]any{"id": models.NewRecordID("head", "r1")})
//	var n []int64
//	err = results.Decode(0, &n)
//
// # Sockets
//
//	Conn ── calls lane ──── link (WebSocket): writer, reader, heartbeat
//	    └── live lane ───── link (WebSocket): the same; made by the first Live
//
// A link is one WebSocket, from its dial to its first fault; it is never mended. A
// lane keeps one link alive: when it ends, the next is dialled after a pause that
// doubles from MinBackoff to MaxBackoff, chosen at random below that, and begins
// again once a link served a request. Every link signs in with user and password
// and chooses the database before anybody gets it; no token is kept. Live queries
// have a lane of their own, so that a long answer does not hold notifications up.
//
// A link ends when reading or writing fails, when the peer takes nothing of what is
// written for Silence, when a ping stays unanswered that long while next to nothing
// comes in, and when a message cannot be read. All calls on it end with it.
//
// # The fate of a request
//
// Query returns one of
//
//   - Results and nil: every statement was carried out;
//   - a *QueryError: the server refused it. Its Kind tells what to do: Conflict may be
//     repeated at once, Thrown carries the message of a THROW. Statement is -1 when
//     the request was refused as a whole (a parse error, a session that is over).
//     Statements outside of BEGIN and COMMIT stand alone: those before and after the
//     one that failed were carried out. In a transaction none was; the others fail
//     with Consequence, and the error is the one that explains them;
//   - a *LostError with Sent false: surely not carried out. As such a request is sent
//     again by itself on the next link, this only comes when ctx or Config.Patience
//     ends;
//   - a *LostError with Sent true: nobody knows. Whoever sent it must be able to
//     repeat it or to ask whether it was carried out. The server goes on with a
//     request whose socket is gone, so it may still take effect a moment later.
//
// errors.Is finds context.DeadlineExceeded and context.Canceled in a LostError.
//
// When a session is over (DURATION FOR SESSION), the link is left to the calls under
// way, the next one signs in, and the refused request is repeated there. The live
// lane does the same when a live query is started; those that run then end with
// ErrGap.
//
// # Live queries
//
// Live, then read what there is, then Next: a change is in what was read, or comes
// as a notification, or both, as far as the engine keeps its word. Notifications are returned in the order in which they
// came in, which is not that of the commits: the engine itself swaps neighbours, even
// those of one client's transactions one after another. Take them as hints of what
// to read, and read from time to time without one: in engine 3.0.2 a live query that
// is started while others write to its table may stay deaf until it ends, and a
// transaction that began before Live returned is reported by none. A Subscription ends with ErrGap when its link is lost or QueueLimit
// notifications wait unread; what was queued before is still returned. The server
// says nothing when the table of a live query is removed.
//
// # What statements must heed
//
//   - Requests under way at once are carried out in any order.
//   - A USE inside a query changes the session for everybody: never send one.
//   - A write that the user may not do returns an empty result and no error.
//   - time.Time is encoded with whole seconds and time.Duration as a number: use
//     models.CustomDateTime and models.CustomDuration. A nil is NULL; NONE is
//     models.None. []byte is a byte string, int64 and uint64 are exact.
//   - Byte slices in decoded values share the memory of the whole answer: neither
//     change nor append to them; clone what is kept for long.
//
// The package must never know what is stored: it has no statement of its own but
// those that set a connection up. Passwords stand in no message and no log line.
package conn

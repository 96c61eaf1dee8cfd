package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/ui"
)

// Timeout bounds each call.
const Timeout = 15 * time.Second

// Locations calls code locations. Make it with New, and Close it at the end.
type Locations struct {
	token string

	mu    sync.Mutex
	conns map[string]*grpc.ClientConn
}

var (
	_ ui.Actions = (*Locations)(nil)
	_ ui.Values  = (*Locations)(nil)
)

// New calls locations with the given token; empty sends none.
func New(token string) *Locations {
	return &Locations{token: token, conns: map[string]*grpc.ClientConn{}}
}

// Close ends all connections.
func (l *Locations) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		_ = c.Close() // closing twice is all that can go wrong
	}
	clear(l.conns)
}

// keep is how many addresses are kept; a location that moves leaves old ones behind.
const keep = 64

func (l *Locations) dial(endpoint string) (*grpc.ClientConn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.conns[endpoint]; c != nil {
		return c, nil
	}
	if len(l.conns) >= keep {
		for address, c := range l.conns {
			_ = c.Close() // its calls are answered as unreachable, and may be repeated
			delete(l.conns, address)
			break
		}
	}
	c, err := grpc.NewClient("passthrough:///"+endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ui.ErrUnreachable, err)
	}
	l.conns[endpoint] = c
	return c, nil
}

// call runs f against the location, and translates its error.
func (l *Locations) call(ctx context.Context, location ui.Location, f func(ctx context.Context, conn *grpc.ClientConn) error) error {
	if !location.Up() {
		return fmt.Errorf("%s: %w", location.Name, ui.ErrUnreachable)
	}
	conn, err := l.dial(location.Endpoint)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	if l.token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+l.token)
	}
	return translate(f(ctx, conn))
}

func resource(l ui.Location) string {
	return "namespaces/" + l.Namespace + "/codeLocations/" + l.Name
}

// Launch starts a run, or with ValidateOnly says what would start.
func (l *Locations) Launch(ctx context.Context, location ui.Location, launch ui.Launch) (ui.Launched, error) {
	req := &riversv1.MaterializeRequest{
		Location: resource(location), Selection: launch.Selection, Partitions: launch.Partitions, Tags: launch.Tags,
		ValidateOnly: launch.ValidateOnly, RequestId: launch.RequestID,
	}
	if len(launch.Config) > 0 {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(launch.Config, &object); err != nil {
			return ui.Launched{}, &ui.Refused{Reason: "INVALID_CONFIG", Field: "config", Message: "the config is no JSON object: " + err.Error()}
		}
		req.Config = string(launch.Config)
	}
	var resp *riversv1.MaterializeResponse
	err := l.call(ctx, location, func(ctx context.Context, conn *grpc.ClientConn) (err error) {
		resp, err = riversv1.NewRunServiceClient(conn).Materialize(ctx, req)
		return err
	})
	s := resp.GetSummary()
	return ui.Launched{
		Run: resp.GetRun().GetId(), Queued: resp.GetDispatch() == riversv1.Dispatch_DISPATCH_QUEUED,
		Assets: s.GetAssets(), Steps: int(s.GetStepCount()), Partitions: uint64(max(0, s.GetPartitionCount())),
		Sentence: s.GetSentence(),
	}, err
}

// Cancel asks for the end of a run; false when it had already ended.
func (l *Locations) Cancel(ctx context.Context, location ui.Location, run string) (bool, error) {
	var resp *riversv1.CancelRunResponse
	err := l.call(ctx, location, func(ctx context.Context, conn *grpc.ClientConn) (err error) {
		resp, err = riversv1.NewRunServiceClient(conn).CancelRun(ctx, &riversv1.CancelRunRequest{Location: resource(location), Run: run})
		return err
	})
	return resp.GetSuccess(), err
}

// Rerun starts a copy of a run, or with failed a run of what did not succeed in it.
func (l *Locations) Rerun(ctx context.Context, location ui.Location, run string, failed bool, requestID string) (string, error) {
	var resp *riversv1.RerunRunResponse
	err := l.call(ctx, location, func(ctx context.Context, conn *grpc.ClientConn) (err error) {
		resp, err = riversv1.NewRunServiceClient(conn).RerunRun(ctx, &riversv1.RerunRunRequest{
			Location: resource(location), Run: run, FromFailure: failed, RequestId: requestID,
		})
		return err
	})
	return resp.GetRun().GetId(), err
}

// Delete removes a run that has ended.
func (l *Locations) Delete(ctx context.Context, location ui.Location, run string) error {
	return l.call(ctx, location, func(ctx context.Context, conn *grpc.ClientConn) error {
		_, err := riversv1.NewRunServiceClient(conn).DeleteRun(ctx, &riversv1.DeleteRunRequest{Location: resource(location), Run: run})
		return err
	})
}

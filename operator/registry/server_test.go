package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"rivers.io/operator/registry"
	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/fault"
)

const token = "correct horse battery staple"

// serve starts a registry on addr ("127.0.0.1:0" for any port) and returns where
// it is and how to stop it.
func serve(t *testing.T, feed *registry.Feed, addr string) (string, func()) {
	t.Helper()
	s, err := registry.NewServer(registry.Config{Feed: feed, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(lis) }()
	var once atomic.Bool
	stop := func() {
		if once.Swap(true) {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	}
	t.Cleanup(stop)
	return lis.Addr().String(), stop
}

func dial(t *testing.T, addr string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func authorized(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

func TestTokenIsMandatory(t *testing.T) {
	if _, err := registry.NewServer(registry.Config{Feed: registry.NewFeed()}); err == nil {
		t.Error("a registry without a token started")
	}
	open, err := registry.NewServer(registry.Config{Feed: registry.NewFeed(), Anonymous: true})
	if err != nil {
		t.Fatalf("anonymous registry: %v", err)
	}
	if err := open.Stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
	feed := registry.NewFeed()
	feed.MarkSynced()
	addr, _ := serve(t, feed, "127.0.0.1:0")
	client := riversv1.NewRegistryServiceClient(dial(t, addr))
	for _, tt := range []struct{ name, header, reason string }{
		{"none", "", "TOKEN_MISSING"},
		{"wrong", "Bearer nope", "TOKEN_WRONG"},
		{"prefix of the right one", "Bearer " + token[:5], "TOKEN_WRONG"},
		{"right one in another scheme", "Basic " + token, "TOKEN_WRONG"},
		{"right", "Bearer " + token, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			if tt.header != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", tt.header)
			}
			_, err := client.ListCodeLocations(ctx, &riversv1.ListCodeLocationsRequest{})
			if got := fault.Reason(err); got != tt.reason {
				t.Errorf("unary: reason %q (%v), want %q", got, err, tt.reason)
			}
			stream, err := client.WatchCodeLocations(ctx, &riversv1.WatchCodeLocationsRequest{})
			if err == nil {
				_, err = stream.Recv()
			}
			if got := fault.Reason(err); got != tt.reason {
				t.Errorf("stream: reason %q (%v), want %q", got, err, tt.reason)
			}
		})
	}
}

func TestNotReadyBeforeSynced(t *testing.T) {
	feed := registry.NewFeed()
	addr, _ := serve(t, feed, "127.0.0.1:0")
	conn := dial(t, addr)
	client := riversv1.NewRegistryServiceClient(conn)
	_, err := client.ListCodeLocations(authorized(t), &riversv1.ListCodeLocationsRequest{})
	if fault.Reason(err) != "NOT_SYNCED" || status.Code(err) != codes.Unavailable {
		t.Errorf("List before sync = %v", err)
	}
	health := healthpb.NewHealthClient(conn)
	got, err := health.Check(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil || got.Status != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health before sync = %v, %v", got, err)
	}
	watch, err := health.Watch(authorized(t), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	feed.MarkSynced()
	for {
		got, err := watch.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if got.Status == healthpb.HealthCheckResponse_SERVING {
			break
		}
	}
}

func TestWatch(t *testing.T) {
	feed := registry.NewFeed()
	feed.Put(entry("a", "one", 1))
	feed.Put(entry("b", "two", 1))
	feed.MarkSynced()
	addr, stop := serve(t, feed, "127.0.0.1:0")
	client := riversv1.NewRegistryServiceClient(dial(t, addr))
	stream, err := client.WatchCodeLocations(authorized(t), &riversv1.WatchCodeLocationsRequest{Parent: "namespaces/a"})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(typ riversv1.WatchCodeLocationsResponse_EventType, name string) {
		t.Helper()
		got, err := stream.Recv()
		if err != nil || got.Type != typ || got.CodeLocation.GetName() != name {
			t.Fatalf("got %v, %v; want %v %s", got, err, typ, name)
		}
	}
	expect(added, "one")
	expect(synced, "")
	feed.Put(entry("b", "two", 2)) // another namespace
	feed.Put(entry("a", "one", 2))
	feed.Put(entry("a", "three", 1))
	feed.Remove("a", "one")
	expect(modified, "one")
	expect(added, "three")
	expect(deleted, "one")
	stop()
	if _, err := stream.Recv(); fault.Reason(err) != "DRAINING" {
		t.Errorf("after the drain: %v", err)
	}
}

func TestWatchRefusesBadParent(t *testing.T) {
	feed := registry.NewFeed()
	feed.MarkSynced()
	addr, _ := serve(t, feed, "127.0.0.1:0")
	client := riversv1.NewRegistryServiceClient(dial(t, addr))
	for _, parent := range []string{"a", "namespaces/", "namespaces/a/b", "namespaces/a b"} {
		_, err := client.ListCodeLocations(authorized(t), &riversv1.ListCodeLocationsRequest{Parent: parent})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("parent %q: %v", parent, err)
		}
		stream, err := client.WatchCodeLocations(authorized(t), &riversv1.WatchCodeLocationsRequest{Parent: parent})
		if err == nil {
			_, err = stream.Recv()
		}
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("watch of %q: %v", parent, err)
		}
	}
}

// TestLaggingWatchEndsWithDataLoss fills the flow-control window of a client
// that does not read, until the server must give it up.
func TestLaggingWatchEndsWithDataLoss(t *testing.T) {
	feed := registry.NewFeed()
	feed.MarkSynced()
	addr, _ := serve(t, feed, "127.0.0.1:0")
	client := riversv1.NewRegistryServiceClient(dial(t, addr))
	stream, err := client.WatchCodeLocations(authorized(t), &riversv1.WatchCodeLocationsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := stream.Recv(); err != nil || got.Type != synced {
		t.Fatalf("%v, %v", got, err)
	}
	big := strings.Repeat("x", 16<<10)
	for i := range 2000 {
		e := entry("a", "x", int64(i))
		e.Message = big
		feed.Put(e)
	}
	last := int64(-1)
	for {
		got, err := stream.Recv()
		if err != nil {
			if status.Code(err) != codes.DataLoss {
				t.Errorf("end = %v, want DATA_LOSS", err)
			}
			break
		}
		if got.CodeLocation.Generation != last+1 {
			t.Fatalf("generation %d follows %d: a change was lost in silence", got.CodeLocation.Generation, last)
		}
		last = got.CodeLocation.Generation
	}
	if last == 1999 {
		t.Error("nothing was cut off")
	}
}

func TestREST(t *testing.T) {
	feed := registry.NewFeed()
	feed.Put(entry("a", "one", 1))
	feed.Put(entry("b", "two", 1))
	feed.MarkSynced()
	addr, _ := serve(t, feed, "127.0.0.1:0")
	for path, want := range map[string]string{
		"/v1/namespaces/-/codeLocations": "a/one b/two",
		"/v1/namespaces/b/codeLocations": "b/two",
		"/v1/namespaces/c/codeLocations": "",
	} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := (&http.Client{}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		var got struct {
			CodeLocations []struct{ Namespace, Name string }
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%s: %s: %v", path, body, err)
		}
		var list []string
		for _, l := range got.CodeLocations {
			list = append(list, l.Namespace+"/"+l.Name)
		}
		if strings.Join(list, " ") != want {
			t.Errorf("%s = %v, want %s", path, list, want)
		}
	}
}

// until waits for a change of a feed that makes ok true.
func until(t *testing.T, feed *registry.Feed, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for {
		sub := feed.Subscribe("")
		if ok() {
			sub.Close()
			return
		}
		select {
		case <-sub.Changes():
		case <-sub.Lost():
		case <-deadline.C:
			t.Fatalf("the feed never got there; it holds %v", names(feed.List("")))
		}
		sub.Close()
	}
}

// TestClientKeepsWhatItKnows follows a registry that goes away and comes back
// with other content.
func TestClientKeepsWhatItKnows(t *testing.T) {
	first := registry.NewFeed()
	first.Put(entry("a", "one", 1))
	first.Put(entry("a", "two", 1))
	first.MarkSynced()
	addr, stop := serve(t, first, "127.0.0.1:0")
	client, err := registry.NewClient(registry.ClientConfig{
		Target: addr, Token: token, MinWait: time.Millisecond, MaxWait: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- client.Run(ctx) }()
	<-client.Feed().Synced()
	first.Put(entry("a", "three", 1))
	until(t, client.Feed(), func() bool { return len(client.Feed().List("a")) == 3 })

	stop()
	for !client.Feed().Stale() {
		select {
		case <-ctx.Done():
			t.Fatal("never stale")
		case <-time.After(time.Millisecond):
		}
	}
	if got := names(client.Feed().List("")); fmt.Sprint(got) != "[a/one a/three a/two]" {
		t.Errorf("while the registry is away it knows %v", got)
	}

	second := registry.NewFeed()
	second.Put(entry("a", "two", 1))
	second.Put(entry("a", "four", 1))
	second.MarkSynced()
	serve(t, second, addr)
	until(t, client.Feed(), func() bool { return fmt.Sprint(names(client.Feed().List(""))) == "[a/four a/two]" })
	if client.Feed().Stale() {
		t.Error("synced again, and still stale")
	}
	cancel()
	if err := <-ran; !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v", err)
	}
}

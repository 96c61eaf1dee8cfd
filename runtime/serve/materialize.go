package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/server"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

func (p *program) materializeCommand() *cli.Command {
	return &cli.Command{
		Name:      "materialize",
		Usage:     "compute assets in this process, without any server, and wait for the end",
		ArgsUsage: "[SELECTION...]",
		Flags: append(engineFlags(),
			&cli.StringSliceFlag{Name: "select", Usage: "selection of assets; the same as an argument"},
			&cli.StringFlag{Name: "exclude", Usage: "selection of assets to leave out"},
			&cli.BoolFlag{Name: "include-upstream", Usage: "compute everything upstream of the selection too"},
			&cli.StringSliceFlag{Name: "partition", Aliases: []string{"partition-key"}, Usage: "key, range (a..b) or list of keys"},
			&cli.StringSliceFlag{Name: "tag", Usage: "tag of the run, as key=value"},
			&cli.StringFlag{Name: "config", Usage: "config overrides by asset as JSON, or @FILE"},
			&cli.BoolFlag{Name: "memory", Usage: "keep nothing: state and values are in a temporary directory, which is removed at the end"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be computed, and stop"},
		),
		Action: p.materialize,
	}
}

func (p *program) materialize(c *cli.Context) (err error) {
	repo, err := p.repository(c)
	if err != nil {
		return err
	}
	s, err := p.settings(c, repo)
	if err != nil {
		return err
	}
	s.ownRunsOnly = true // the process ends with its one run
	if c.Bool("memory") {
		for _, flag := range []string{pathFlag, endpointFlag, valueFlag} {
			if c.IsSet(flag) {
				return usage("--memory keeps nothing, so it goes without --%s", flag)
			}
		}
	}
	req, err := materializeRequest(c)
	if err != nil {
		return err
	}
	// Nothing is made on disk for an order that is refused.
	summary, err := p.check(repo, req)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.out, summary.GetSentence())
	if req.GetValidateOnly() {
		return nil
	}
	if c.Bool("memory") {
		forget, tmpErr := s.temporary()
		if tmpErr != nil {
			return tmpErr
		}
		defer func() { err = errors.Join(err, forget()) }()
	}
	return p.compute(c.Context, repo, s, req)
}

// check refuses an order that cannot be carried out, with the exit codes of
// riversctl.
func (p *program) check(repo *rivers.Repository, req *riversv1.MaterializeRequest) (*riversv1.RunSummary, error) {
	graph, err := resolve(repo)
	if err != nil {
		return nil, err
	}
	host := rivers.NewHost(repo, rivers.HostConfig{Getenv: p.env})
	summary, err := server.Preview(graph, req, time.Now(), host.CheckConfig)
	if err != nil {
		return nil, refusal(err)
	}
	return summary, nil
}

// refusal is the error of an order that the location refused.
func refusal(err error) error {
	st := status.Convert(err)
	text := errors.New(st.Message())
	switch st.Code() {
	case codes.InvalidArgument:
		return failure{text, exitUsage}
	case codes.Unavailable:
		return unreachable(text)
	}
	return text
}

// temporary keeps state and values in a directory that forget removes.
func (s *settings) temporary() (forget func() error, err error) {
	dir, err := os.MkdirTemp("", "rivers-materialize-")
	if err != nil {
		return nil, fmt.Errorf("directory of a run that is not kept: %w", err)
	}
	s.database = driver.Database{Path: filepath.Join(dir, "rivers.db")}
	s.valuesURL = "file://" + filepath.ToSlash(filepath.Join(dir, "values"))
	return func() error { return os.RemoveAll(dir) }, nil
}

// compute carries out an order that was checked, and waits for its end.
func (p *program) compute(ctx context.Context, repo *rivers.Repository, s settings, req *riversv1.MaterializeRequest) error {
	e, err := p.open(ctx, repo, s, quietLogger(p.err))
	if err != nil {
		return err
	}
	defer e.close()
	if _, err := e.location.CatalogueInfo(ctx); errors.Is(err, store.ErrNotFound) {
		if err := e.register(ctx, s.name); err != nil {
			return err
		}
	}
	e.manager.Start()
	run, err := p.order(ctx, e, s, req)
	if err != nil {
		return err
	}
	return p.follow(ctx, e, run)
}

// materializeRequest reads the order from the command line.
func materializeRequest(c *cli.Context) (*riversv1.MaterializeRequest, error) {
	req := &riversv1.MaterializeRequest{
		Exclude: c.String("exclude"), Partitions: strings.Join(c.StringSlice("partition"), ","), ValidateOnly: c.Bool("dry-run"),
	}
	terms := append(c.Args().Slice(), c.StringSlice("select")...)
	if c.Bool("include-upstream") {
		for i, t := range terms {
			terms[i] = "+" + strings.TrimPrefix(t, "+")
		}
	}
	req.Selection = strings.Join(terms, " ")
	for _, t := range c.StringSlice("tag") {
		key, value, ok := strings.Cut(t, "=")
		if !ok || key == "" {
			return nil, usage("--tag %q is not key=value", t)
		}
		if req.Tags == nil {
			req.Tags = map[string]string{}
		}
		req.Tags[key] = value
	}
	config, err := readConfig(c.String("config"))
	req.Config = config
	return req, err
}

// readConfig returns the text of a JSON object, or of the file that @ names.
func readConfig(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	raw := []byte(text)
	if path, ok := strings.CutPrefix(text, "@"); ok {
		var err error
		if raw, err = os.ReadFile(path); err != nil {
			return "", usage("--config: %w", err)
		}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return "", usage("--config is no JSON object: %w", err)
	}
	return string(raw), nil
}

// order asks the location's own service, over a connection in memory, so that
// an order means the same here as everywhere.
func (p *program) order(ctx context.Context, e *engine, s settings, req *riversv1.MaterializeRequest) (run string, err error) {
	srv, err := server.New(server.Config{
		Namespace: "local", Name: s.name, Image: e.build, Version: version(), Module: s.module,
		State: e.location, Graph: e.graph, Launcher: launcher{e.manager}, CheckConfig: e.host.CheckConfig, Logger: e.log,
	})
	if err != nil {
		return "", err
	}
	lis := bufconn.Listen(1 << 20)
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := srv.Serve(lis); err != nil {
			e.log.Debug("the connection in memory ended", "error", err)
		}
	}()
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, srv.Stop(stop))
		<-served
	}()
	conn, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	srv.SetReady(true)
	answer, err := riversv1.NewRunServiceClient(conn).Materialize(ctx, req)
	if err != nil {
		return "", refusal(err)
	}
	return answer.GetRun().GetId(), nil
}

// follow prints what happens to a run until it ends. When the command is
// interrupted the run is canceled.
func (p *program) follow(ctx context.Context, e *engine, run string) error {
	stop := context.AfterFunc(ctx, func() {
		fmt.Fprintln(p.err, "interrupted: canceling run", run)
		if _, err := e.location.RequestCancel(context.WithoutCancel(ctx), run, nil); err != nil {
			fmt.Fprintln(p.err, "cancel:", err)
		}
		e.manager.Nudge(run)
	})
	defer stop()
	for events, err := range e.location.WatchStream(context.WithoutCancel(ctx), run, 0) {
		if err != nil {
			return err
		}
		for _, ev := range events {
			if line := progressLine(ev); line != "" {
				fmt.Fprintln(p.out, line)
			}
		}
	}
	return p.verdict(ctx, e, run)
}

func (p *program) verdict(ctx context.Context, e *engine, run string) error {
	r, err := e.location.Run(context.WithoutCancel(ctx), run)
	if err != nil {
		return err
	}
	took := r.EndedAt.Sub(r.CreatedAt).Round(time.Millisecond)
	if r.Status == store.Succeeded {
		fmt.Fprintf(p.out, "run %s succeeded: %s in %v\n", run, count(r.Counts.Succeeded, "step"), took)
		return nil
	}
	return fmt.Errorf("run %s ended %s after %v: %s", run, strings.ToLower(string(r.Status)), took, r.Cause)
}

// progressLine tells an event in words; most events have none.
func progressLine(e event.Event) string {
	switch p := e.Payload.(type) {
	case *event.StepSucceeded:
		return fmt.Sprintf("  ok       %s  %v", e.Attempt.Step, p.Duration.Round(time.Millisecond))
	case *event.StepFailed:
		verb := "retrying"
		if p.Final {
			verb = "failed  "
		}
		return fmt.Sprintf("  %s %s  attempt %d: %s", verb, e.Attempt.Step, e.Attempt.Number, p.Error)
	case *event.StepSkipped:
		return fmt.Sprintf("  skipped  %s  %s", e.Attempt.Step, p.Cause)
	case *event.StepCanceled:
		return fmt.Sprintf("  canceled %s", e.Attempt.Step)
	}
	return ""
}

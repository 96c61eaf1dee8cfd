package app

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/command"
	"rivers.io/cli/riversctl/connect"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

// connectionFlags say which rivers is meant.
func connectionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "location", Aliases: []string{"l"}, Usage: "the code `LOCATION`; not needed when there is one"},
		&cli.StringFlag{Name: "server", Usage: "the gRPC `ADDRESS` of a registry, host:port or grpcs://host:port for TLS"},
		&cli.StringFlag{Name: "token-file", Usage: "a `FILE` with the token of the server"},
		&cli.StringFlag{Name: "state-dir", Usage: "the state `DIRECTORY` of a running dev, where it is not found from here"},
		&cli.StringFlag{Name: "context", Usage: "a remembered `CONTEXT` instead of the current one; local is the running dev"},
		&cli.StringFlag{Name: "namespace", Usage: "the `NAMESPACE` of the code locations"},
	}
}

func outputFlag(usage string) cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: string(output.Table), Usage: usage}
}

// formats is the usage of the common output flag.
const formats = "the `FORMAT`: table, json, yaml or name"

// session is one command's way to a location.
type session struct {
	client     *connect.Client
	location   *connect.Location
	runs       riversv1.RunServiceClient
	assets     riversv1.AssetServiceClient
	partitions riversv1.PartitionServiceClient
}

// connect finds the rivers that the flags of c mean. It talks to nobody yet.
func (p *program) connect(c *cli.Context) (*session, error) {
	state := c.String("state-dir")
	if state != "" {
		state = p.abs(state)
	}
	t, err := connect.Find(connect.Wish{
		StateDir: state,
		Server:   c.String("server"), TokenFile: c.String("token-file"), Context: c.String("context"),
		Namespace: c.String("namespace"), Location: c.String("location"),
	}, p.env.contexts(), p.env.Dir)
	if err != nil {
		return nil, err
	}
	s := &session{client: connect.New(t)}
	s.to(t.Location)
	return s, nil
}

// to turns the session to a location by name.
func (s *session) to(name string) {
	s.location = s.client.Location(name)
	s.runs = riversv1.NewRunServiceClient(s.location)
	s.assets = riversv1.NewAssetServiceClient(s.location)
	s.partitions = riversv1.NewPartitionServiceClient(s.location)
}

// withSession runs f with a session, and closes it.
func (p *program) withSession(c *cli.Context, f func(ctx context.Context, s *session, out output.Printer) error) error {
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	defer s.client.Close()
	return f(c.Context, s, out)
}

func (p *program) printer(c *cli.Context) (output.Printer, error) {
	f, err := output.Parse(c.String("output"))
	if err != nil {
		return output.Printer{}, exit.Usagef("%w", err)
	}
	return output.Printer{W: p.env.Out, Format: f}, nil
}

// follow makes what waits for a run: a block that is drawn in place on a terminal,
// lines elsewhere, on standard error when standard output is for programs.
func (p *program) follow(s *session, out output.Printer) *command.Follow {
	f := &command.Follow{Runs: s.runs, Printer: out, Now: p.env.Now}
	switch {
	case out.Format == output.Table && p.env.Terminal:
		f.View = command.NewBlock(p.env.Out, p.env.Width, p.env.Now)
	case out.Format == output.Table:
		f.View = &command.Lines{W: p.env.Out}
	default:
		f.View = &command.Lines{W: p.env.Err}
	}
	return f
}

// selection joins the words of a selection as they were written.
func selection(words []string) string { return strings.Join(words, " ") }

func newID() string { return uuid.NewString() }

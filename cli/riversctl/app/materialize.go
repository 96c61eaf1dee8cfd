package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"github.com/urfave/cli/v2"
	"google.golang.org/protobuf/types/known/structpb"

	"rivers.io/cli/riversctl/command"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/nearest"
	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

func waitFlag() cli.Flag {
	return &cli.BoolFlag{Name: "wait", Aliases: []string{"w"}, Usage: "show the run until it ends; exit 1 unless it succeeds"}
}

func requestFlag() cli.Flag {
	return &cli.StringFlag{Name: "request-id", Usage: "a `UUID`: the same command with the same id within 24 hours starts nothing new"}
}

func (p *program) materializeCommand() *cli.Command {
	return &cli.Command{
		Name: "materialize", Usage: "compute assets", ArgsUsage: "[LOCATION] [SELECTION]",
		Description: "Starts one run that computes what is selected: 'report', '+report' with its upstreams, 'report+' with what depends on it, 'group:ingest', 'kind:parquet', 'tag:daily'; an empty selection means all. " +
			"The first argument is the code location when one has that name; it may be omitted when there is only one.\n" +
			"A selected asset with partitions needs --partition: a key, a range 2001-01-01..2001-01-31, or several of both. Each key is computed once; assets without partitions are computed once.\n" +
			"With --wait, Ctrl-C leaves the run going and says how to cancel it.",
		Flags: append(connectionFlags(),
			&cli.StringSliceFlag{Name: "partition", Aliases: []string{"p"}, Usage: "the `KEYS`: a key, a range A..B, or several joined by commas; repeatable"},
			&cli.StringFlag{Name: "exclude", Usage: "a `SELECTION` to leave out"},
			&cli.StringSliceFlag{Name: "tag", Usage: "a `KEY=VALUE` that the run is labelled with; repeatable"},
			&cli.StringFlag{Name: "config", Usage: "config overrides by asset: a `JSON` object, or @FILE"},
			&cli.StringFlag{Name: "executor", Usage: "where the steps run: inprocess or subprocess (default: what the location says)"},
			&cli.BoolFlag{Name: "dry-run", Usage: "check everything and say what would start"},
			waitFlag(), requestFlag(), outputFlag(formats)),
		Action: func(c *cli.Context) error {
			req, err := p.launch(c)
			if err != nil {
				return err
			}
			return p.withSession(c, func(ctx context.Context, s *session, out output.Printer) error {
				return p.materialize(ctx, c, s, out, req)
			})
		},
	}
}

func (p *program) materialize(ctx context.Context, c *cli.Context, s *session, out output.Printer, req *riversv1.MaterializeRequest) error {
	words, err := s.address(ctx, c.Args().Slice(), c.String("location"))
	if err != nil {
		return err
	}
	req.Selection = selection(words)
	m := command.Materialize{Runs: s.runs, Printer: out, Request: req}
	if c.Bool("wait") && !req.GetValidateOnly() {
		m.Follow = p.follow(s, out)
	}
	err = m.Run(ctx)
	if args := c.Args().Slice(); len(args) > 1 && len(words) == len(args) && c.String("location") == "" {
		return s.noLocation(ctx, args[0], err)
	}
	return err
}

// noLocation adds to the refusal of a selection that its first word, which may have
// been meant as one, is no code location either.
func (s *session) noLocation(ctx context.Context, word string, err error) error {
	if fault(err).GetMetadata()["term"] != word {
		return err
	}
	all, listErr := s.client.Locations(ctx)
	if listErr != nil {
		return err
	}
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = l.GetName()
	}
	hint := "there is " + strings.Join(names, ", ")
	if meant, ok := nearest.To(word, names); ok {
		hint = "did you mean " + meant + "?"
	}
	return fmt.Errorf("%w; no code location has that name either; %s", err, hint)
}

// launch reads the flags of a launch.
func (p *program) launch(c *cli.Context) (*riversv1.MaterializeRequest, error) {
	tags, err := pairs("tag", c.StringSlice("tag"))
	if err != nil {
		return nil, err
	}
	config, err := p.config(c.String("config"))
	if err != nil {
		return nil, err
	}
	id, err := requestID(c)
	if err != nil {
		return nil, err
	}
	return &riversv1.MaterializeRequest{
		Exclude: c.String("exclude"), Partitions: strings.Join(c.StringSlice("partition"), ","), Tags: tags, Config: config,
		Executor: c.String("executor"), ValidateOnly: c.Bool("dry-run"), RequestId: id,
	}, nil
}

// requestID is the id that was given, or a new one.
func requestID(c *cli.Context) (string, error) {
	text := c.String("request-id")
	if text == "" {
		return newID(), nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return "", exit.Usagef("--request-id %q is no UUID: %w", text, err)
	}
	return id.String(), nil
}

// config reads a JSON object, or the file that @ names, and returns its text.
func (p *program) config(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	raw, from := []byte(text), "--config"
	if path, ok := strings.CutPrefix(text, "@"); ok {
		if !filepath.IsAbs(path) {
			path = filepath.Join(p.env.Dir, path)
		}
		var err error
		if raw, err = os.ReadFile(path); err != nil {
			return "", exit.Usagef("--config: %w", err)
		}
		from = path
	}
	var object map[string]json.RawMessage
	err := json.Unmarshal(raw, &object)
	if err == nil && object == nil {
		err = errors.New("it is null")
	}
	if err == nil {
		// A name that is given twice is refused.
		err = new(structpb.Struct).UnmarshalJSON(raw)
	}
	if err != nil {
		return "", exit.Usagef("%s holds no JSON object such as {\"asset\": {\"field\": 1}}: %w", from, err)
	}
	return string(raw), nil
}

// address takes the location off the words of a command when the first of them is
// the name of one, and turns the session to it.
func (s *session) address(ctx context.Context, words []string, flag string) ([]string, error) {
	if flag != "" || len(words) == 0 {
		return words, nil
	}
	all, err := s.client.Locations(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		if l.GetName() == words[0] {
			s.to(words[0])
			return words[1:], nil
		}
	}
	return words, nil
}

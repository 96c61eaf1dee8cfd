package app

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"
	"google.golang.org/protobuf/types/known/structpb"

	"rivers.io/cli/riversctl/connect"
	"rivers.io/cli/riversctl/contexts"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
)

func (p *program) contextCommand() *cli.Command {
	subs := []*cli.Command{
		{
			Name: "list", Usage: "list the contexts", Flags: []cli.Flag{outputFlag(formats)},
			Description: "The current one is marked with *. JSON is an object with current and contexts.",
			Action:      p.contextList,
		},
		{
			Name: "use", Usage: "make a context the current one", ArgsUsage: "NAME", Flags: []cli.Flag{outputFlag(formats)},
			Description: "The context local, which always exists, stands for the dev found from the working directory.",
			Action: func(c *cli.Context) error {
				return p.contextChange(c, p.env.contexts().Use, func(name string) map[string]any {
					return map[string]any{"current": name}
				})
			},
		},
		{
			Name: "set", Usage: "remember a server under a name", ArgsUsage: "NAME",
			Flags:  connectionFlags()[:3:3], // location, server, token
			Action: p.contextSet,
		},
		{
			Name: "delete", Usage: "forget a context", ArgsUsage: "NAME", Flags: []cli.Flag{outputFlag(formats)},
			Action: func(c *cli.Context) error {
				return p.contextChange(c, p.env.contexts().Delete, func(name string) map[string]any {
					return map[string]any{"name": name, "deleted": true}
				})
			},
		},
	}
	subs[2].Flags = append(subs[2].Flags, &cli.StringFlag{Name: "namespace", Usage: "the `NAMESPACE` of the code locations"}, outputFlag(formats))
	return &cli.Command{
		Name: "context", Usage: "remember servers by name", Subcommands: subs,
		Description: "A context holds the address of a registry, the file with its token, a namespace and perhaps a code location. --server and --context win over the current context, which wins over the running dev.",
		Action:      func(c *cli.Context) error { return group(c, subs) },
	}
}

func asUsage(err error) error {
	if err == nil {
		return nil
	}
	return exit.Usagef("%w", err)
}

// contextChange changes the context that the only argument names, and says so to
// programs; people are told nothing.
func (p *program) contextChange(c *cli.Context, change func(name string) error, fields func(name string) map[string]any) error {
	if err := arguments(c, 1, 1); err != nil {
		return err
	}
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	name := c.Args().First()
	if err := change(name); err != nil {
		return asUsage(err)
	}
	return answer(out, fields(name), []string{name}, func(io.Writer) error { return nil })
}

func (p *program) contextSet(c *cli.Context) error {
	if err := arguments(c, 1, 1); err != nil {
		return err
	}
	if c.String("server") == "" {
		return exit.Usagef("context set needs --server: the gRPC address of a registry")
	}
	token := c.String("token-file")
	if token != "" && !filepath.IsAbs(token) {
		token = filepath.Join(p.env.Dir, token)
	}
	// What cannot be used is refused now, not when it is used.
	if _, err := connect.Find(connect.Wish{Server: c.String("server"), TokenFile: token}, "", p.env.Dir); err != nil {
		return err
	}
	k := contexts.Context{Server: c.String("server"), TokenFile: token, Namespace: c.String("namespace"), Location: c.String("location")}
	return p.contextChange(c, func(name string) error { return p.env.contexts().Set(name, k) }, func(name string) map[string]any {
		fields := contextFields(k)
		fields["name"] = name
		return fields
	})
}

func contextFields(k contexts.Context) map[string]any {
	return map[string]any{"server": k.Server, "tokenFile": k.TokenFile, "namespace": k.Namespace, "location": k.Location}
}

func (p *program) contextList(c *cli.Context) error {
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	book, err := p.env.contexts().Read()
	if err != nil {
		return err
	}
	current := book.Current
	if current == "" {
		current = contexts.Local
	}
	all := map[string]any{}
	rows := [][]string{}
	for _, name := range book.Names() {
		mark := ""
		if name == current {
			mark = "*"
		}
		k := book.Contexts[name]
		rows = append(rows, []string{mark, name, k.Server, k.Namespace, k.Location})
		if name != contexts.Local {
			all[name] = contextFields(k)
		}
	}
	message, err := structpb.NewStruct(map[string]any{"current": current, "contexts": all})
	if err != nil {
		return err
	}
	return out.Print(output.Answer{Message: message, Names: book.Names(), Table: func(w io.Writer) error {
		return output.Rows(w, []string{"", "NAME", "SERVER", "NAMESPACE", "LOCATION"}, rows)
	}})
}

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version", Flags: []cli.Flag{outputFlag(formats)},
		Action: func(c *cli.Context) error {
			out, err := p.printer(c)
			if err != nil {
				return err
			}
			message, err := structpb.NewStruct(map[string]any{"version": p.env.Version})
			if err != nil {
				return err
			}
			return out.Print(output.Answer{Message: message, Names: []string{p.env.Version}, Table: func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s %s\n", Name, p.env.Version)
				return err
			}})
		},
	}
}

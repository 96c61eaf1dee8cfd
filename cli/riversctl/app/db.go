package app

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"
	"google.golang.org/protobuf/types/known/structpb"

	"rivers.io/cli/riversctl/database"
	"rivers.io/cli/riversctl/output"
	"rivers.io/runtime/store"
)

func (p *program) dbCommand() *cli.Command {
	storage := &cli.StringFlag{Name: "storage-path", Usage: "the database `FILE`; by default the one of the project"}
	state := stateDirFlag()
	subs := []*cli.Command{
		{
			Name: "status", Usage: "print the versions of the schema", Flags: []cli.Flag{storage, state, outputFlag(formats)},
			Description: "Prints the version of the stored schema, the oldest builds that may read and write it, and the version that this build knows.",
			Action:      p.dbStatus,
		},
		{
			Name: "migrate", Usage: "bring the schema to the version of this build", Flags: []cli.Flag{storage, state, outputFlag(formats)},
			Description: "Migrating again does nothing. Stop what writes to the database before.",
			Action:      p.dbMigrate,
		},
		{
			Name: "check", Usage: "compare what follows from the events with what is stored", Flags: []cli.Flag{storage, state, outputFlag(formats)},
			Description: "Prints each difference and ends with 1 when there is one. It changes nothing and may run beside a pipeline.",
			Action:      p.dbCheck,
		},
		{
			Name: "rebuild", Usage: "make what follows from the events anew", Flags: []cli.Flag{storage, state, outputFlag(formats)},
			Description: "Lists, states and counts are made anew from the stored events, in one transaction. Writers wait meanwhile.",
			Action:      p.dbRebuild,
		},
	}
	return &cli.Command{
		Name: "db", Usage: "inspect and migrate the embedded database", Subcommands: subs,
		Action: func(c *cli.Context) error { return group(c, subs) },
	}
}

// databasePath is the database that the flags, the environment, rivers.toml or the
// project say.
func (p *program) databasePath(c *cli.Context) (string, error) {
	if path := c.String("storage-path"); path != "" {
		return p.abs(path), nil
	}
	set, err := p.settings()
	if err != nil {
		return "", err
	}
	if v := set["storage.path"]; v.Set() {
		return p.abs(v.Text), nil
	}
	dir, err := p.stateDir(c, p.env.Dir)
	return filepath.Join(dir, "rivers.db"), err
}

func (p *program) dbStatus(c *cli.Context) error {
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	path, err := p.databasePath(c)
	if err != nil {
		return err
	}
	s, err := database.Status(c.Context, path)
	if err != nil {
		return err
	}
	return answer(out, versions(path, s), []string{fmt.Sprint(s.Version)}, func(w io.Writer) error {
		return output.Facts(w, [][2]string{
			{"Database", path},
			{"Schema version", fmt.Sprint(s.Version)},
			{"Readable from", fmt.Sprint(s.MinReader)},
			{"Writable from", fmt.Sprint(s.MinWriter)},
			{"This build", fmt.Sprint(s.Build)},
		})
	})
}

func versions(path string, s store.Schema) map[string]any {
	return map[string]any{"path": path, "version": s.Version, "minReader": s.MinReader, "minWriter": s.MinWriter, "build": s.Build}
}

func (p *program) dbCheck(c *cli.Context) error {
	if err := arguments(c, 0, 0); err != nil {
		return err
	}
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	path, err := p.databasePath(c)
	if err != nil {
		return err
	}
	differences, err := database.Check(c.Context, path)
	if err != nil {
		return err
	}
	list := make([]any, len(differences))
	for i, d := range differences {
		list[i] = d
	}
	err = answer(out, map[string]any{"path": path, "differences": list}, differences, func(w io.Writer) error {
		for _, d := range differences {
			if _, err := fmt.Fprintln(w, d); err != nil {
				return err
			}
		}
		if len(differences) > 0 {
			return nil
		}
		_, err := fmt.Fprintf(w, "%s agrees with its events\n", path)
		return err
	})
	if err == nil && len(differences) > 0 {
		err = fmt.Errorf("%s differs from its events: mend it with `riversctl db rebuild`", path)
	}
	return err
}

// answer prints fields as JSON and YAML, and names and a table as they are.
func answer(out output.Printer, fields map[string]any, names []string, table func(w io.Writer) error) error {
	message, err := structpb.NewStruct(fields)
	if err != nil {
		return err
	}
	return out.Print(output.Answer{Message: message, Names: names, Table: table})
}

func (p *program) dbRebuild(c *cli.Context) error {
	if err := arguments(c, 0, 0); err != nil {
		return err
	}
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	path, err := p.databasePath(c)
	if err != nil {
		return err
	}
	if err := database.Rebuild(c.Context, path); err != nil {
		return err
	}
	return answer(out, map[string]any{"path": path, "rebuilt": true}, []string{path}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s was rebuilt from its events\n", path)
		return err
	})
}

func (p *program) dbMigrate(c *cli.Context) error {
	if err := arguments(c, 0, 0); err != nil {
		return err
	}
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	path, err := p.databasePath(c)
	if err != nil {
		return err
	}
	s, err := database.Migrate(c.Context, path)
	if err != nil {
		return err
	}
	return answer(out, versions(path, s), []string{fmt.Sprint(s.Version)}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s is at schema version %d\n", path, s.Version)
		return err
	})
}

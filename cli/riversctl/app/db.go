package app

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"
	"google.golang.org/protobuf/types/known/structpb"

	"rivers.io/cli/riversctl/database"
	"rivers.io/cli/riversctl/output"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

func (p *program) dbCommand() *cli.Command {
	flags := append(databaseFlags("the database `FILE`; by default the one of the project"), stateDirFlag(), outputFlag(formats))
	subs := []*cli.Command{
		{
			Name: "status", Usage: "print the versions of the schema", Flags: flags,
			Description: "Prints the version of the stored schema, the oldest builds that may read and write it, and the version that this build knows.",
			Action:      p.dbStatus,
		},
		{
			Name: "migrate", Usage: "bring the schema to the version of this build", Flags: flags,
			Description: "Migrating again does nothing. Stop what writes to the database before.",
			Action:      p.dbMigrate,
		},
		{
			Name: "check", Usage: "compare what follows from the events with what is stored", Flags: flags,
			Description: "Prints each difference and ends with 1 when there is one. It changes nothing and may run beside a pipeline.",
			Action:      p.dbCheck,
		},
		{
			Name: "rebuild", Usage: "make what follows from the events anew", Flags: flags,
			Description: "Lists, states and counts are made anew from the stored events, in one transaction. Writers wait meanwhile.",
			Action:      p.dbRebuild,
		},
		p.dbCopyCommand(),
	}
	return &cli.Command{
		Name: "db", Usage: "inspect, migrate and copy the database", Subcommands: subs,
		Action: func(c *cli.Context) error { return group(c, subs) },
	}
}

func (p *program) dbStatus(c *cli.Context) error {
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	d, err := p.database(c)
	if err != nil {
		return err
	}
	s, err := database.Status(c.Context, d)
	if err != nil {
		return err
	}
	return answer(out, versions(d, s), []string{fmt.Sprint(s.Version)}, func(w io.Writer) error {
		return output.Facts(w, [][2]string{
			{"Database", d.String()},
			{"Schema version", fmt.Sprint(s.Version)},
			{"Readable from", fmt.Sprint(s.MinReader)},
			{"Writable from", fmt.Sprint(s.MinWriter)},
			{"This build", fmt.Sprint(s.Build)},
		})
	})
}

func versions(d driver.Database, s store.Schema) map[string]any {
	return identified(d, map[string]any{"version": s.Version, "minReader": s.MinReader, "minWriter": s.MinWriter, "build": s.Build})
}

// identified adds to fields which database they are about.
func identified(d driver.Database, fields map[string]any) map[string]any {
	if d.Embedded() {
		fields["path"] = d.Path
		return fields
	}
	fields["endpoint"], fields["namespace"], fields["database"] = d.Server.Endpoint, d.Server.Namespace, d.Server.Database
	return fields
}

func (p *program) dbCheck(c *cli.Context) error {
	if err := arguments(c, 0, 0); err != nil {
		return err
	}
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	d, err := p.database(c)
	if err != nil {
		return err
	}
	differences, err := database.Check(c.Context, d)
	if err != nil {
		return err
	}
	list := make([]any, len(differences))
	for i, text := range differences {
		list[i] = text
	}
	err = answer(out, identified(d, map[string]any{"differences": list}), differences, func(w io.Writer) error {
		for _, text := range differences {
			if _, err := fmt.Fprintln(w, text); err != nil {
				return err
			}
		}
		if len(differences) > 0 {
			return nil
		}
		_, err := fmt.Fprintf(w, "%s agrees with its events\n", d)
		return err
	})
	if err == nil && len(differences) > 0 {
		err = fmt.Errorf("%s differs from its events", d)
		if d.Embedded() {
			err = fmt.Errorf("%w: mend it with `riversctl db rebuild`", err)
		}
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
	d, err := p.database(c)
	if err != nil {
		return err
	}
	if err := database.Rebuild(c.Context, d); err != nil {
		return err
	}
	return answer(out, identified(d, map[string]any{"rebuilt": true}), []string{d.String()}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s was rebuilt from its events\n", d)
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
	d, err := p.database(c)
	if err != nil {
		return err
	}
	s, err := database.Migrate(c.Context, d, p.logger(c))
	if err != nil {
		return err
	}
	return answer(out, versions(d, s), []string{fmt.Sprint(s.Version)}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s is at schema version %d\n", d, s.Version)
		return err
	})
}

package app

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/database"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
	"rivers.io/runtime/store/transfer"
)

func (p *program) dbCopyCommand() *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "from", Usage: "the source, a `DATABASE`: a file, or ws://HOST:PORT/NAMESPACE/DATABASE"},
		&cli.StringFlag{Name: "to", Usage: "the target, a `DATABASE` likewise; a file that is not there is made"},
		&cli.StringFlag{Name: "location", Usage: "the `NAME` or id of the one location to copy; by default all are"},
		&cli.StringFlag{Name: "to-identity", Usage: "the `ID` that the copy of the location gets; by default it keeps its own"},
		&cli.BoolFlag{Name: "dry-run", Usage: "say what would be copied, and write nothing"},
	}
	for _, side := range []string{"from", "to"} {
		flags = append(flags,
			&cli.StringFlag{Name: side + "-username", Usage: "the `USER` of the database that --" + side + " names; by default " + driver.EnvUsername},
			&cli.StringFlag{Name: side + "-password-file", Usage: "a `FILE` with that user's password; by default it is " + driver.EnvPassword})
	}
	return &cli.Command{
		Name: "copy", Usage: "copy locations to another database, of either kind", Flags: append(flags, outputFlag(formats)),
		Description: "Copies the catalogue, all runs with their events and logs, and what is known about assets and partitions, so that the\n" +
			"target answers as the source does. Values are not copied: let the target's pipeline use the same place for them, or copy that.\n" +
			"The target must not hold the location, but for a copy that was interrupted: repeat the command, and it goes on. At the end both\n" +
			"are compared; a difference is an error, and until there is none the location is not listed in the target. The source may be in\n" +
			"use; runs that are active are named: their copies are released, and what happens to them later is not in the copy.",
		Action: p.dbCopy,
	}
}

func (p *program) dbCopy(c *cli.Context) error {
	if err := arguments(c, 0, 0); err != nil {
		return err
	}
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	from, err := p.side(c, "from")
	if err != nil {
		return err
	}
	to, err := p.side(c, "to")
	if err != nil {
		return err
	}
	o := driver.CopyOptions{
		Location: c.String("location"), Identity: c.String("to-identity"), DryRun: c.Bool("dry-run"),
		Progress: p.copyProgress(), Logger: p.logger(c),
	}
	done, err := database.Copy(c.Context, from, to, o)
	for _, l := range done {
		for _, d := range l.Differences {
			_, _ = fmt.Fprintf(p.env.Err, "location %s: %s\n", l.From, d)
		}
	}
	if err != nil && len(done) > 0 && !o.DryRun && !errors.Is(err, store.ErrExists) {
		err = fmt.Errorf("%w; what was copied is kept, and the same command goes on from there", err)
	}
	if err != nil {
		return err
	}
	names := make([]string, len(done))
	list := make([]any, len(done))
	for i, l := range done {
		names[i], list[i] = l.To, copiedFields(l)
	}
	return answer(out, map[string]any{"from": from.String(), "to": to.String(), "dryRun": o.DryRun, "locations": list}, names, func(w io.Writer) error {
		for _, l := range done {
			if err := writeCopied(w, l, from, to, o.DryRun); err != nil {
				return err
			}
		}
		return nil
	})
}

func copiedFields(l driver.Copied) map[string]any {
	active := make([]any, len(l.Active))
	for i, id := range l.Active {
		active[i] = id
	}
	return map[string]any{
		"name": l.Name, "id": l.From, "copy": l.To, "runs": l.Runs, "assetStreams": l.Streams, "written": l.Copied,
		"events": l.Events, "logLines": l.Lines, "partitions": l.Facts, "active": active, "resumed": l.Resumed,
	}
}

func writeCopied(w io.Writer, l driver.Copied, from, to driver.Database, dry bool) error {
	text := fmt.Sprintf("%s (%s): %d runs and %d streams of assets", l.Name, l.From, l.Runs, l.Streams)
	if dry {
		text += fmt.Sprintf(" would be copied from %s to %s\n", from, to)
	} else {
		text += fmt.Sprintf(" are the same in %s and %s", from, to)
		if l.To != l.From {
			text += fmt.Sprintf(", there as %s", l.To)
		}
		text += fmt.Sprintf("\n%d of them written now, with %d events and %d log lines; %d partitions\n", l.Copied, l.Events, l.Lines, l.Facts)
	}
	if len(l.Active) > 0 {
		text += fmt.Sprintf("%d runs are active, their copies released; who goes on with them there must stop here: %s\n", len(l.Active), strings.Join(l.Active, ", "))
	}
	_, err := io.WriteString(w, text)
	return err
}

// copyProgress tells of a copy on stderr, now and then.
func (p *program) copyProgress() func(string, transfer.Progress) {
	last := p.env.Now()
	return func(location string, at transfer.Progress) {
		now := p.env.Now()
		if now.Sub(last) < 2*time.Second {
			return
		}
		last = now
		_, _ = fmt.Fprintf(p.env.Err, "%s %s: %d of %d runs and streams, %d events, %d log lines\n", at.Doing, location, at.Streams, at.Total, at.Events, at.Lines)
	}
}

// side is the database that a flag of a copy names.
func (p *program) side(c *cli.Context, flag string) (driver.Database, error) {
	text := c.String(flag)
	if text == "" {
		return driver.Database{}, exit.Usagef("copy needs --from and --to (see `%s --help`)", helpName(c))
	}
	line := driver.Source{Whole: true, Values: map[driver.Setting]string{driver.Username: c.String(flag + "-username")}, Names: map[driver.Setting]string{
		driver.Path: "--" + flag, driver.Endpoint: "--" + flag, driver.Namespace: "--" + flag, driver.Name: "--" + flag,
		driver.Username: "--" + flag + "-username", driver.Password: "--" + flag + "-password-file",
	}}
	if err := readSide(flag, text, line.Values); err != nil {
		return driver.Database{}, err
	}
	if path := c.String(flag + "-password-file"); path != "" {
		password, err := driver.ReadPassword(p.abs(path))
		if err != nil {
			return driver.Database{}, exit.Usagef("--%s-password-file: %w", flag, err)
		}
		line.Values[driver.Password] = password
	}
	d, err := driver.Choose("", line, driver.Environment(p.getenv))
	if err != nil {
		return d, exit.Usagef("%w", err)
	}
	if d.Embedded() {
		d.Path = p.abs(d.Path)
	}
	return d, nil
}

// readSide reads what names a database: an address with namespace and database, or
// else a file.
func readSide(flag, text string, values map[driver.Setting]string) error {
	if !strings.Contains(text, "://") {
		values[driver.Path] = text
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return exit.Usagef("--%s is no address", flag) // it may hold a secret, which the error would show
	case u.User != nil:
		return exit.Usagef("--%s holds a login, which other processes can see: set %s and %s, or --%s-username and --%s-password-file",
			flag, driver.EnvUsername, driver.EnvPassword, flag, flag)
	case u.Scheme != "ws" && u.Scheme != "wss" || u.RawQuery != "" || u.Fragment != "":
		return exit.Usagef("--%s %s: write ws://HOST:PORT/NAMESPACE/DATABASE, wss likewise, or the path of a file", flag, text)
	}
	values[driver.Endpoint] = u.Scheme + "://" + u.Host
	path := strings.Trim(u.Path, "/")
	if path == "" {
		return nil
	}
	namespace, name, ok := strings.Cut(path, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return exit.Usagef("--%s %s: write ws://HOST:PORT/NAMESPACE/DATABASE", flag, text)
	}
	values[driver.Namespace], values[driver.Name] = namespace, name
	return nil
}

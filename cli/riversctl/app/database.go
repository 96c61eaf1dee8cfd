package app

import (
	"path/filepath"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/settings"
	"rivers.io/runtime/store/driver"
)

// passwordFlag names the file of a password, which no flag holds itself.
const passwordFlag = "surreal-password-file"

// told are the settings of a database with their flag and their key.
var told = []struct {
	setting   driver.Setting
	flag, key string
}{
	{driver.Path, "storage-path", "storage.path"},
	{driver.Endpoint, "surreal-endpoint", "surreal.endpoint"},
	{driver.Namespace, "surreal-namespace", "surreal.namespace"},
	{driver.Name, "surreal-database", "surreal.database"},
	{driver.Username, "surreal-username", "surreal.username"},
}

// databaseFlags say which database is meant.
func databaseFlags(path string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "storage-path", Usage: path},
		&cli.StringFlag{Name: "surreal-endpoint", Usage: "a SurrealDB instead of a file, as a `URL` ws://HOST:PORT or wss://HOST:PORT"},
		&cli.StringFlag{Name: "surreal-namespace", Usage: "the `NAMESPACE` on the SurrealDB; by default " + driver.DefaultNamespace},
		&cli.StringFlag{Name: "surreal-database", Usage: "the `DATABASE` in the namespace; by default " + driver.DefaultDatabase},
		&cli.StringFlag{Name: "surreal-username", Usage: "the `USER` of the database"},
		&cli.StringFlag{Name: passwordFlag, Usage: "a `FILE` with the user's password; by default it is " + driver.EnvPassword},
	}
}

// chooseDatabase returns the database that the flags, the environment or rivers.toml say.
// When none does, its path is empty.
func (p *program) chooseDatabase(c *cli.Context, set settings.Values) (driver.Database, error) {
	line := driver.Source{Whole: true, Values: map[driver.Setting]string{}, Names: map[driver.Setting]string{}}
	file := driver.Source{Values: map[driver.Setting]string{}, Names: map[driver.Setting]string{}}
	for _, t := range told {
		line.Values[t.setting], line.Names[t.setting] = c.String(t.flag), "--"+t.flag
		file.Names[t.setting] = t.key + " in " + settings.FileName
		if v := set[t.key]; v.InFile {
			file.Values[t.setting] = v.Text
		}
	}
	line.Names[driver.Password] = "--" + passwordFlag
	if path := c.String(passwordFlag); path != "" {
		password, err := driver.ReadPassword(p.abs(path))
		if err != nil {
			return driver.Database{}, exit.Usagef("--%s: %w", passwordFlag, err)
		}
		line.Values[driver.Password] = password
	}
	d, err := driver.Choose("", line, driver.Environment(p.getenv), file)
	if err != nil {
		return d, exit.Usagef("%w", err)
	}
	if d.Path != "" {
		d.Path = p.abs(d.Path)
	}
	return d, nil
}

// database is the one that the flags, the environment, rivers.toml or the project
// say.
func (p *program) database(c *cli.Context) (driver.Database, error) {
	set, err := p.settings()
	if err != nil {
		return driver.Database{}, err
	}
	d, err := p.chooseDatabase(c, set)
	if err != nil || !d.Embedded() || d.Path != "" {
		return d, err
	}
	dir, err := p.stateDir(c, p.env.Dir)
	d.Path = filepath.Join(dir, "rivers.db")
	return d, err
}

// getenv is a variable, or nothing.
func (p *program) getenv(name string) string {
	v, _ := p.env.Lookup(name)
	return v
}

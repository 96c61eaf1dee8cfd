package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

// defaultFile is the embedded database when nobody names one.
const defaultFile = ".rivers/rivers.db"

// The flags that say where the database is.
const (
	pathFlag, endpointFlag     = "storage-path", "surreal-endpoint"
	namespaceFlag, nameFlag    = "surreal-namespace", "surreal-database"
	usernameFlag, passwordFlag = "surreal-username", "surreal-password-file"
	synchronousFlag, valueFlag = "synchronous", "values-url"
)

func databaseFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: pathFlag, Usage: "embedded database file (" + driver.EnvPath + "); default: " + defaultFile},
		&cli.StringFlag{Name: endpointFlag, Usage: "SurrealDB instead of a file, as ws://HOST:PORT or wss://HOST:PORT (" + driver.EnvEndpoint + ")"},
		&cli.StringFlag{Name: namespaceFlag, Usage: "namespace on the SurrealDB (" + driver.EnvNamespace + "); default: " + driver.DefaultNamespace},
		&cli.StringFlag{Name: nameFlag, Usage: "database in the namespace (" + driver.EnvDatabase + "); default: " + driver.DefaultDatabase},
		&cli.StringFlag{Name: usernameFlag, Usage: "user of the database, with the role EDITOR (" + driver.EnvUsername + ")"},
		&cli.StringFlag{Name: passwordFlag, Usage: "file with the user's password; without it, " + driver.EnvPassword},
		&cli.StringFlag{Name: synchronousFlag, Value: "normal", Usage: "normal, or full to survive a loss of power; of an embedded database"},
	}
}

// database returns the database that flags and environment mean.
func (p *program) database(c *cli.Context) (driver.Database, error) {
	line := driver.Source{
		Whole: true, Values: map[driver.Setting]string{}, Names: map[driver.Setting]string{},
	}
	for setting, flag := range map[driver.Setting]string{
		driver.Path: pathFlag, driver.Endpoint: endpointFlag, driver.Namespace: namespaceFlag,
		driver.Name: nameFlag, driver.Username: usernameFlag, driver.Password: passwordFlag,
	} {
		line.Values[setting], line.Names[setting] = c.String(flag), "--"+flag
	}
	if path := c.String(passwordFlag); path != "" {
		password, err := driver.ReadPassword(path)
		if err != nil {
			return driver.Database{}, usage("--%s: %w", passwordFlag, err)
		}
		line.Values[driver.Password] = password
	}
	d, err := driver.Choose(defaultFile, line, driver.Environment(p.getenv))
	if err != nil {
		return d, usage("%w", err)
	}
	switch c.String(synchronousFlag) {
	case "normal":
	case "full":
		d.PowerSafe = true
	default:
		return d, usage("unknown --synchronous %q; it is normal or full", c.String(synchronousFlag))
	}
	if !d.Embedded() && c.IsSet(synchronousFlag) {
		return d, usage("--synchronous is about an embedded database; what %s survives is its own setting", d)
	}
	return d, nil
}

// getenv is a variable, or nothing.
func (p *program) getenv(name string) string {
	v, _ := p.env(name)
	return v
}

// valuesBeside is the store of values when nobody names one: the directory beside
// an embedded database.
func valuesBeside(d driver.Database) (string, error) {
	if !d.Embedded() {
		return "", usage("a database on a server is shared, so its values must be: name their store by --%s or RIVERS_VALUES_URL", valueFlag)
	}
	dir, err := filepath.Abs(filepath.Join(filepath.Dir(d.Path), "values"))
	if err != nil {
		return "", err
	}
	url := "file://" + filepath.ToSlash(dir)
	if d.PowerSafe {
		url += "?sync=true"
	}
	return url, nil
}

// openDatabase opens the database for writing.
func openDatabase(ctx context.Context, d driver.Database, log *slog.Logger) (driver.Store, error) {
	if d.Embedded() {
		if err := os.MkdirAll(filepath.Dir(d.Path), 0o755); err != nil {
			return nil, unreachable(fmt.Errorf("state directory: %w", err))
		}
	}
	db, err := d.Open(ctx, driver.Options{Mode: driver.ReadWrite, Logger: log})
	if errors.Is(err, store.ErrCorrupt) && d.Embedded() {
		err = fmt.Errorf("the database %s is damaged: restore a backup of it, or name another with --%s (%w)", d, pathFlag, err)
	}
	if err != nil {
		return nil, unreachable(err)
	}
	return db, nil
}

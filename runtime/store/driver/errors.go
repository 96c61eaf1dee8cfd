package driver

import (
	"errors"
	"fmt"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// explain adds the way out to an error that does not name it.
func (d Database) explain(err error) error {
	if err == nil || d.Embedded() {
		return err
	}
	var refused *conn.OpenError
	if errors.As(err, &refused) {
		if hint := hints[refused.Reason]; hint != "" {
			return fmt.Errorf("%w; %s", err, hint)
		}
		return err
	}
	if errors.Is(err, store.ErrReadOnly) {
		return fmt.Errorf("%w; name another by %s and %s", err, EnvUsername, EnvPassword)
	}
	return err
}

// hints are what the connection cannot know: how people say where the database is.
var hints = map[conn.Refusal]string{
	conn.Unreachable:    "the endpoint is --surreal-endpoint or " + EnvEndpoint,
	conn.NotSurrealDB:   "the endpoint is --surreal-endpoint or " + EnvEndpoint,
	conn.BadCredentials: "the server says the same of a user that is not defined ON DATABASE, of a wrong password, and of a namespace or database that does not exist: see " + EnvUsername + ", " + EnvPassword + ", " + EnvNamespace + " and " + EnvDatabase,
	conn.NoDatabase:     "the names are --surreal-namespace and --surreal-database, or " + EnvNamespace + " and " + EnvDatabase,
	conn.NotAllowed:     "the user is " + EnvUsername + ", its password " + EnvPassword,
}

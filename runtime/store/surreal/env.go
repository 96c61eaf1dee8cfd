package surreal

import "cmp"

// The database that is used when neither the caller nor the environment says
// another (K-55).
const (
	DefaultEndpoint  = "ws://surrealdb.rivers.svc:8000"
	DefaultNamespace = "rivers"
	DefaultDatabase  = "main"
)

// The variables that WithEnv reads.
const (
	EnvEndpoint  = "RIVERS_SURREAL_ENDPOINT"
	EnvNamespace = "RIVERS_SURREAL_NAMESPACE"
	EnvDatabase  = "RIVERS_SURREAL_DATABASE"
	EnvUsername  = "RIVERS_SURREAL_USERNAME"
	EnvPassword  = "RIVERS_SURREAL_PASSWORD" //nolint:gosec // a name
)

// WithEnv fills in what the configuration leaves open about where the database is
// and who signs in: from the environment, then from the defaults. A variable that
// is empty counts as unset. User and password belong together: when the
// configuration names a user, neither comes from the environment.
func (c Config) WithEnv(getenv func(string) string) Config {
	c.Endpoint = cmp.Or(c.Endpoint, getenv(EnvEndpoint), DefaultEndpoint)
	c.Namespace = cmp.Or(c.Namespace, getenv(EnvNamespace), DefaultNamespace)
	c.Database = cmp.Or(c.Database, getenv(EnvDatabase), DefaultDatabase)
	if c.Credentials.User == "" && c.Credentials.Password == "" {
		c.Credentials.User, c.Credentials.Password = getenv(EnvUsername), getenv(EnvPassword)
	}
	return c
}

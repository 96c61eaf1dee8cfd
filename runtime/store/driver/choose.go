package driver

import "fmt"

// Setting is one thing that may be said about the database that is meant.
type Setting int

// The settings.
const (
	// Path is the file of an embedded database.
	Path Setting = iota
	// Endpoint, Namespace and Name say where on a SurrealDB a database is.
	Endpoint
	Namespace
	Name
	// Username and Password say who signs in there.
	Username
	Password
)

// The variables of the environment that say where a database is (K-55).
const (
	EnvPath      = "RIVERS_STORAGE_PATH"
	EnvEndpoint  = "RIVERS_SURREAL_ENDPOINT"
	EnvNamespace = "RIVERS_SURREAL_NAMESPACE"
	EnvDatabase  = "RIVERS_SURREAL_DATABASE"
	EnvUsername  = "RIVERS_SURREAL_USERNAME"
	EnvPassword  = "RIVERS_SURREAL_PASSWORD" //nolint:gosec // a name
)

// The variables of a second user, who may only read: pages are read as that user,
// so that their process could not write if it wanted to.
const (
	EnvViewerUsername = "RIVERS_SURREAL_VIEWER_USERNAME"
	EnvViewerPassword = "RIVERS_SURREAL_VIEWER_PASSWORD" //nolint:gosec // a name
)

// variables are the names of the settings in the environment.
var variables = map[Setting]string{
	Path: EnvPath, Endpoint: EnvEndpoint, Namespace: EnvNamespace, Name: EnvDatabase, Username: EnvUsername, Password: EnvPassword,
}

// Source is one of the places in which a person may say which database is meant. A
// setting that is empty counts as not said.
type Source struct {
	// Values are the settings.
	Values map[Setting]string
	// Names are what the settings are called there, for messages.
	Names map[Setting]string
	// Whole says that what is said here is meant for this one call: settings of a
	// server are an error when the database is a file.
	Whole bool
}

// Environment is the source of the variables RIVERS_STORAGE_PATH and
// RIVERS_SURREAL_*.
func Environment(getenv func(string) string) Source {
	s := Source{Values: map[Setting]string{}, Names: variables}
	for setting, name := range variables {
		s.Values[setting] = getenv(name)
	}
	return s
}

// Choose returns the database that the sources mean, the first of them having most
// to say. The first that names a file or an endpoint decides which of the two it
// is; the rest of a server is taken from wherever it is said first, then from the
// defaults. When nobody names either, it is the file. Errors are those of whoever
// said it, and name what contradicts what.
func Choose(file string, sources ...Source) (Database, error) {
	for _, s := range sources {
		path, endpoint := s.Values[Path], s.Values[Endpoint]
		switch {
		case path != "" && endpoint != "":
			return Database{}, fmt.Errorf("%s and %s name two databases; leave one out", s.Names[Path], s.Names[Endpoint])
		case path != "":
			return chooseFile(path, sources)
		case endpoint != "":
			return chooseServer(endpoint, sources)
		}
	}
	return chooseFile(file, sources)
}

func chooseFile(path string, sources []Source) (Database, error) {
	for _, s := range sources {
		for _, setting := range []Setting{Namespace, Name, Username, Password} {
			if s.Whole && s.Values[setting] != "" {
				return Database{}, fmt.Errorf("%s says something about a server, and the database is the file %s: name the server by %s",
					s.Names[setting], path, s.Names[Endpoint])
			}
		}
	}
	return Database{Path: path}, nil
}

func chooseServer(endpoint string, sources []Source) (Database, error) {
	s := Server{Endpoint: endpoint, Namespace: DefaultNamespace, Database: DefaultDatabase}
	if v, _ := first(Namespace, sources); v != "" {
		s.Namespace = v
	}
	if v, _ := first(Name, sources); v != "" {
		s.Database = v
	}
	var err error
	s.User, s.Password, err = login(sources)
	return Database{Server: s}, err
}

// first is what the first source that has a setting says, and that source.
func first(setting Setting, sources []Source) (string, Source) {
	for _, s := range sources {
		if v := s.Values[setting]; v != "" {
			return v, s
		}
	}
	return "", Source{}
}

// login returns user and password, which belong together: the password of a source
// that names another user is not taken.
func login(sources []Source) (user, password string, err error) {
	user, named := first(Username, sources)
	password, secret := first(Password, sources)
	switch other := secret.Values[Username]; {
	case user == "" && password == "":
		return "", "", nil
	case user == "":
		return "", "", fmt.Errorf("%s is there but no user: set %s", secret.Names[Password], EnvUsername)
	case password == "":
		return "", "", fmt.Errorf("%s names user %q, whose password is not there: set %s", named.Names[Username], user, EnvPassword)
	case other != "" && other != user:
		return "", "", fmt.Errorf("%s names user %q, and %s is the password of %q (%s)",
			named.Names[Username], user, secret.Names[Password], other, secret.Names[Username])
	}
	return user, password, nil
}

// Viewer is the database as its pages are read: with the viewer's login when the
// environment names one, else with the same.
func (d Database) Viewer(getenv func(string) string) (Database, error) {
	if d.Embedded() {
		return d, nil
	}
	user, password := getenv(EnvViewerUsername), getenv(EnvViewerPassword)
	switch {
	case user == "" && password == "":
		return d, nil
	case user == "" || password == "":
		return d, fmt.Errorf("%s and %s go together; one of them is not there", EnvViewerUsername, EnvViewerPassword)
	}
	d.Server.User, d.Server.Password = user, password
	return d, nil
}

package house

// ImpureImports are the imports that a pure component may not have. A name
// ending in "/..." covers everything at or below it.
var ImpureImports = []string{
	"net/...", "os/...", "syscall", "io/fs", "database/sql/...", "crypto/rand", "testing/...",
}

// ClockCalls are the functions, by package and name, that read or wait for the
// clock; a pure component is told the time.
var ClockCalls = map[string][]string{
	"time":    {"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep"},
	"context": {"WithTimeout", "WithDeadline", "WithTimeoutCause", "WithDeadlineCause"},
}

// A Weight is what a package must not pull in, directly or through others.
type Weight struct {
	// Package is the path relative to the module; "/..." at its end covers all below.
	Package string
	// Never lists import paths; "/..." at the end covers all below.
	Never []string
	// Because is the reason, printed when the rule is broken.
	Because string
}

// Weights keeps user code and pipelines light. (database/sql/driver is a few
// interfaces that many small libraries implement; database/sql is the weight.)
var Weights = []Weight{
	{
		Package: "runtime/rivers",
		Never: append([]string{
			"database/sql", "modernc.org/sqlite/...", "github.com/surrealdb/...",
			"google.golang.org/grpc/...", "google.golang.org/protobuf/...", "k8s.io/...", "sigs.k8s.io/...",
		}, clouds...),
		Because: "a pipeline's packages import it and must compile without storage drivers, gRPC or Kubernetes clients",
	},
	{
		Package: "runtime/riverstest",
		Never:   []string{"database/sql", "modernc.org/sqlite/...", "google.golang.org/grpc/...", "k8s.io/..."},
		Because: "it tests a pipeline without any store",
	},
	{
		Package: "runtime/iohandler",
		Never:   clouds,
		Because: "a pipeline links the driver of its own cloud only (runtime/serve/s3, gcs, azure)",
	},
	{
		Package: "runtime/serve",
		Never:   append([]string{"k8s.io/...", "sigs.k8s.io/..."}, clouds...),
		Because: "a pipeline links the driver of its own cloud only (runtime/serve/s3, gcs, azure)",
	},
	{
		Package: "operator/registry",
		Never:   []string{"k8s.io/...", "sigs.k8s.io/..."},
		Because: "riversctl dev embeds it; a feed of entries is given to it",
	},
	{
		Package: "cli/riversctl",
		Never:   append([]string{"k8s.io/...", "sigs.k8s.io/..."}, clouds...),
		Because: "the command line stays small and starts at once",
	},
}

// A Keeper is where a library of others is dealt with; everybody else talks to the
// keeper.
type Keeper struct {
	// Library lists import paths; "/..." at the end covers all below.
	Library []string
	// Only are the packages that may import it, "/..." as ever.
	Only []string
	// Because is the reason, printed when the rule is broken.
	Because string
}

// Keepers holds libraries where they belong, in tests too.
var Keepers = []Keeper{
	{
		Library: []string{"github.com/surrealdb/...", "github.com/fxamacker/cbor/..."},
		Only:    []string{"runtime/store/surreal/..."},
		Because: "SurrealDB is known to its driver alone",
	},
	{
		Library: []string{"github.com/surrealdb/surrealdb.go/pkg/connection/..."},
		Only:    nil,
		Because: "these connections panic, wedge and lose their sign-in; runtime/store/surreal/conn is the one to use",
	},
	{
		Library: []string{"github.com/gorilla/websocket"},
		Only:    []string{"runtime/store/surreal/conn"},
		Because: "pages use server-sent events; WebSockets are SurrealDB's",
	},
}

// clouds are the drivers of object stores and the libraries below them.
var clouds = []string{
	"gocloud.dev/blob/s3blob", "gocloud.dev/blob/gcsblob", "gocloud.dev/blob/azureblob",
	"github.com/aws/...", "cloud.google.com/...", "github.com/Azure/...",
}

// A Word is a pattern that may not stand in any text file of the tree.
type Word struct {
	// Pattern is a regular expression, written so that it does not match itself.
	Pattern string
	// Because is the reason, printed with each place found.
	Because string
	// Own limits the pattern to text of our own, outside Foreign.
	Own bool
}

// Words is what no file may say.
var Words = []Word{
	{Pattern: `/wor[k]/|/roo[t]/|/User[s]/`, Because: "a path of one machine"},
	{Pattern: `proxy[.]golang[.]org|goproxy[.]`, Because: "a registry host; whoever builds chooses it"},
	{Pattern: `registry[.]npmjs[.]org|deb[.]debian[.]org|files[.]pythonhosted[.]org|repo[.]maven|static[.]crates`, Because: "a registry host; whoever builds chooses it"},
	{Pattern: `\b(TOD[O]|FIXM[E]|XX[X])\b`, Because: "a note to self; finish what it says", Own: true},
	{Pattern: `\bcance[l]l(ed|ing)\b`, Because: "spelled with one l by this house", Own: true},
}

// Foreign are directories with text of others, kept as it came.
var Foreign = []string{"third_party/...", "ui/vendor_js/...", "ui/static/dist/..."}

// A Pin is a module that generates code, or describes what is generated from,
// and is linked too: both must be the same version.
type Pin struct {
	// Module is the module path, File the go.mod of the tools that use it.
	Module, File string
}

// Pins is what has to be raised in two places at once.
var Pins = []Pin{
	{"github.com/a-h/templ", "tools/go.mod"},
	{"google.golang.org/protobuf", "tools/protogen/go.mod"},
	{"google.golang.org/genproto/googleapis/api", "tools/protogen/go.mod"},
	{"google.golang.org/genproto/googleapis/rpc", "tools/protogen/go.mod"},
	{"github.com/grpc-ecosystem/grpc-gateway/v2", "tools/protogen/go.mod"},
	{"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go", "tools/protogen/go.mod"},
}

// NotHermetic are packages, "/..." as ever, whose tests run the go command, or
// another, through the code that they test; Bazel's sandbox has none. Tests that name a
// command themselves are found without a row here.
var NotHermetic = []string{
	"cli/riversctl", "cli/riversctl/dev", "cli/riversctl/gobuild", "docs/...", "examples/...",
	"internal/surrealtest", "internal/parity", "runtime/serve", "runtime/store/driver", "runtime/store/surreal/...", // start SurrealDB by way of a script
}

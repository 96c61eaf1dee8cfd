package house

import "slices"

// Module is the module path that every component's path is relative to.
const Module = "rivers.io"

// A Component is a directory with all below it that is no component of its own.
type Component struct {
	// Path is the directory, relative to the module.
	Path string
	// Imports are the components it may import besides itself. A name ending in
	// "/..." stands for every component at or below that directory; "..." alone
	// for all.
	Imports []string
	// Tests are the components that its tests may import besides Imports: those
	// that use it, or build what it works on. Pure components have none.
	Tests []string
	// Pure components import no network, clock, file system or store.
	Pure bool
	// Open components may be imported by every other that is not open itself;
	// Go's rule for internal directories still narrows that.
	Open bool
}

// Components is the house, bottom to top. A package belongs to the component
// with the longest matching path; a package that matches none fails the test.
var Components = []Component{
	// The contracts, generated.
	{Path: "proto"},

	// Small pure pieces that several parts of the runtime share, each named for
	// what it does.
	{Path: "runtime/internal", Pure: true, Open: true},

	// What people are shown of a value, from user code to the page.
	{Path: "runtime/metadata", Pure: true, Open: true},

	// Shapes of pipelines of any size, for a generated one and for benchmarks.
	{Path: "runtime/synthetic", Pure: true, Open: true},

	// The pure core, downwards only.
	{Path: "runtime/partition", Pure: true},
	{Path: "runtime/event", Pure: true, Imports: []string{
		"runtime/partition",
	}},
	{Path: "runtime/asset", Pure: true, Imports: []string{
		"runtime/partition", "runtime/event",
	}},
	{Path: "runtime/plan", Pure: true, Imports: []string{
		"runtime/partition", "runtime/event", "runtime/asset",
	}},
	{Path: "runtime/run", Pure: true, Imports: []string{
		"runtime/partition", "runtime/event", "runtime/asset", "runtime/plan",
	}},
	{Path: "runtime/automation", Pure: true, Imports: []string{
		"runtime/partition", "runtime/event", "runtime/asset", "runtime/plan", "runtime/run",
	}},

	// The seam to user code, and what stands on the user's side of it.
	{Path: "runtime/host", Imports: []string{
		"runtime/partition",
	}},
	{Path: "runtime/rivers", Imports: []string{
		"runtime/partition", "runtime/asset", "runtime/host",
	}, Tests: []string{"runtime/iohandler", "runtime/riverstest"}},
	{Path: "runtime/iohandler", Imports: []string{
		"runtime/partition", "runtime/host", "runtime/rivers",
	}},
	{Path: "runtime/riverstest", Imports: []string{
		"runtime/partition", "runtime/asset", "runtime/plan", "runtime/host", "runtime/rivers", "runtime/iohandler",
	}},

	// The engine.
	{Path: "runtime/store", Imports: []string{
		"runtime/partition", "runtime/event", "runtime/asset",
	}},
	// Which drivers there are. Programs choose one; the engine is given a store.
	{Path: "runtime/store/driver", Imports: []string{"runtime/store"}},
	{Path: "runtime/staleness", Imports: []string{
		"runtime/partition", "runtime/event", "runtime/asset", "runtime/store",
	}},
	{Path: "runtime/executor", Imports: engine, Tests: pipeline},
	{Path: "runtime/executor/subprocess", Imports: append([]string{"runtime/executor", "proto"}, engine...), Tests: pipeline},
	{Path: "runtime/daemon", Imports: engine, Tests: pipeline},
	{Path: "runtime/server", Imports: slices.Concat([]string{"proto"}, engine, door), Tests: append([]string{"runtime/executor"}, pipeline...)},
	{Path: "runtime/serve", Imports: []string{"runtime/...", "proto"}},

	// The door that every program has: one listener, errors and their status,
	// REST, and reading the store for an API. It knows neither runs nor executors.
	{Path: "gateway/openapi"},
	{Path: "runtime/server/fault", Imports: []string{"proto", "runtime/store", "runtime/partition", "runtime/asset"}},
	{Path: "runtime/server/rest", Imports: []string{"proto", "runtime/server/fault"}},
	{Path: "runtime/server/wire", Imports: []string{"proto", "runtime/store", "runtime/partition", "runtime/event", "runtime/asset", "runtime/staleness"}},
	{Path: "runtime/server/read", Imports: []string{"proto", "runtime/store", "runtime/partition", "runtime/event", "runtime/asset", "runtime/staleness", "runtime/server/fault", "runtime/server/wire"}},
	{Path: "runtime/server/door", Imports: []string{"proto", "gateway/openapi", "runtime/server/fault", "runtime/server/rest"}},

	// The control plane and its doors.
	{Path: "gateway", Imports: append([]string{"proto", "gateway/openapi", "runtime/store", "runtime/asset"}, door...), Tests: []string{"runtime/...", "operator/registry"}},
	{Path: "operator", Imports: []string{"proto"}},
	{Path: "operator/registry", Imports: []string{
		"proto", "runtime/server/fault", "runtime/server/rest", "runtime/server/door",
	}},
	{Path: "ui", Imports: []string{
		"gateway", "proto", "runtime/store", "runtime/partition", "runtime/asset", "runtime/event", "runtime/plan",
		"runtime/staleness",
	}, Tests: []string{"runtime/...", "operator/registry", "internal/chromium"}},
	{Path: "cli", Imports: []string{
		"ui", "gateway", "operator/registry", "proto", "runtime/store", "runtime/store/driver",
	}, Tests: []string{"..."}},

	// What a pipeline may use; a user's module can import no more.
	{Path: "examples", Imports: []string{
		"runtime/rivers", "runtime/riverstest", "runtime/iohandler", "runtime/serve",
	}},

	// Small pieces that programs share, each named for what it does; and, as
	// packages of tests alone, tests of the whole.
	{Path: "internal", Open: true, Tests: []string{"..."}},
	{Path: "internal/house"},
	{Path: "internal/chromium"},
	{Path: "docs", Tests: []string{"..."}},

	// The whole from outside: it knows the programs, the addresses and the pages.
	{Path: "e2e", Tests: []string{"internal/chromium"}},
}

// engine is what the parts that carry out runs may import.
var engine = []string{
	"runtime/partition", "runtime/event", "runtime/asset", "runtime/plan", "runtime/run", "runtime/automation",
	"runtime/host", "runtime/store",
}

// door is what lets a program be talked to over gRPC and REST.
var door = []string{
	"runtime/server/fault", "runtime/server/rest", "runtime/server/wire", "runtime/server/read", "runtime/server/door",
}

// pipeline is what builds a real pipeline for the tests of the engine.
var pipeline = []string{"runtime/rivers", "runtime/iohandler"}

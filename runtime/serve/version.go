package serve

import "runtime/debug"

// module is the path under which rivers is released.
const module = "rivers.io"

// version returns the version of rivers that is linked, or "devel".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	candidates := append([]*debug.Module{&info.Main}, info.Deps...)
	for _, m := range candidates {
		if m.Path == module && m.Version != "" && m.Version != "(devel)" {
			return m.Version
		}
	}
	return "devel"
}

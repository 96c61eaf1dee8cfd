package house

import "strings"

// ComponentOf returns the component of a package path relative to the module.
func ComponentOf(path string) (Component, bool) {
	var best Component
	found := false
	for _, c := range Components {
		if within(path, c.Path) && (!found || len(c.Path) > len(best.Path)) {
			best, found = c, true
		}
	}
	return best, found
}

// MayImport tells whether packages of c may import those of other.
func (c Component) MayImport(other Component) bool {
	if c.Path == other.Path || other.Open && !c.Open {
		return true
	}
	return MatchesAny(other.Path, c.Imports)
}

// TestsMayImport tells whether tests of c may import packages of other.
func (c Component) TestsMayImport(other Component) bool {
	return c.MayImport(other) || MatchesAny(other.Path, c.Tests)
}

// Matches tells whether path is the pattern, or at or below it when the pattern
// ends in "...".
func Matches(path, pattern string) bool {
	if pattern == "..." {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return within(path, base)
	}
	return path == pattern
}

// MatchesAny tells whether path matches one of the patterns.
func MatchesAny(path string, patterns []string) bool {
	for _, p := range patterns {
		if Matches(path, p) {
			return true
		}
	}
	return false
}

// within tells whether path is dir or below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}

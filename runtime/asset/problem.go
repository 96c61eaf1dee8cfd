package asset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// String returns "file:line", or the empty string for an unknown position.
func (s Site) String() string {
	switch {
	case s.File == "":
		return ""
	case s.Line <= 0:
		return s.File
	}
	return s.File + ":" + strconv.Itoa(s.Line)
}

// Problem is one thing that is wrong with a declaration.
type Problem struct {
	// Asset is the declared name; it may itself be invalid.
	Asset string
	// Site is where the asset was declared.
	Site Site
	// Message says what is wrong, without asset and site.
	Message string
}

// String returns "name: message (file:line)".
func (p Problem) String() string {
	name := p.Asset
	if name == "" {
		name = "asset without a name"
	}
	text := clip(name) + ": " + p.Message
	if site := p.Site.String(); site != "" {
		text += " (" + site + ")"
	}
	return text
}

// Problems are all that is wrong with a set of declarations, in declaration
// order; it is the error of Resolve.
type Problems []Problem

// Error returns one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds how many problems one Resolve reports; the last one says
// how many were left out.
const maxProblems = 1_000

// reporter collects the problems of one Resolve.
type reporter struct {
	problems Problems
	// about holds the declaration that each problem is about.
	about   []*Definition
	dropped int
}

func (r *reporter) add(def *Definition, format string, args ...any) {
	if len(r.problems) >= maxProblems {
		r.dropped++
		return
	}
	r.problems = append(r.problems, Problem{Asset: def.Name, Site: def.Site, Message: fmt.Sprintf(format, args...)})
	r.about = append(r.about, def)
}

// addAll reports each part of a joined error as a problem of its own.
func (r *reporter) addAll(def *Definition, prefix string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, part := range joined.Unwrap() {
			r.addAll(def, prefix, part)
		}
		return
	}
	r.add(def, "%s%v", prefix, err)
}

// err returns the problems in the order of defs, where they were found in.
func (r *reporter) err(defs []Definition) error {
	if len(r.problems) == 0 {
		return nil
	}
	position := make(map[*Definition]int, len(defs))
	for i := range defs {
		position[&defs[i]] = i
	}
	order := make([]int, len(r.problems))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return position[r.about[a]] - position[r.about[b]] })
	sorted := make(Problems, 0, len(order)+1)
	for _, at := range order {
		sorted = append(sorted, r.problems[at])
	}
	if r.dropped > 0 {
		sorted = append(sorted, Problem{Asset: "and more", Message: fmt.Sprintf("%d further problems are not listed", r.dropped)})
	}
	return sorted
}

// clip shortens declared text for a message.
func clip(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

package rivers

import (
	"errors"
	"fmt"
	"reflect"

	"rivers.io/runtime/asset"
)

var noFields = reflect.ValueOf(struct{}{})

// Validate reports everything that is wrong with the declarations at once, as
// an asset.Problems: each problem with the asset's name and source line. It
// touches no resource and runs no function.
func (r *Repository) Validate() error {
	_, err := r.Graph()
	return err
}

// Graph returns the validated graph of the declarations, or the error of
// Validate.
func (r *Repository) Graph() (*asset.Graph, error) {
	problems := r.check()
	graph, err := asset.Resolve(r.Definitions())
	if err != nil {
		var more asset.Problems
		if !errors.As(err, &more) {
			more = asset.Problems{{Asset: r.name, Message: err.Error()}}
		}
		problems = append(problems, more...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return graph, nil
}

// check finds what the definitions alone do not show.
func (r *Repository) check() asset.Problems {
	var problems asset.Problems
	if err := asset.CheckName(r.name); err != nil {
		problems = append(problems, asset.Problem{Asset: "repository", Message: err.Error()})
	}
	for _, err := range r.problems {
		problems = append(problems, asset.Problem{Asset: r.name, Message: err.Error()})
	}
	for _, d := range r.assets {
		for _, err := range d.problems {
			problems = append(problems, d.problemf("%w", err))
		}
		problems = append(problems, r.checkInputs(d)...)
		if checker, ok := d.handler.(TypeChecker); ok && d.typ != materializationType {
			if err := checker.CheckType(d.typ); err != nil {
				problems = append(problems, d.problemf("%w", err))
			}
		}
	}
	problems = append(problems, r.checkHandlers()...)
	return append(problems, r.checkResources()...)
}

// problemf places a problem at the asset's declaration.
func (d *declaration) problemf(format string, args ...any) asset.Problem {
	return asset.Problem{Asset: d.def.Name, Site: d.def.Site, Message: fmt.Errorf(format, args...).Error()}
}

// checkInputs finds inputs that name another declaration than the repository
// holds, and inputs that never have a value.
func (r *Repository) checkInputs(d *declaration) asset.Problems {
	var problems asset.Problems
	for _, e := range d.edges {
		held, ok := r.byName[e.up.def.Name]
		switch {
		case ok && held != e.up:
			problems = append(problems, d.problemf("input %q is the asset declared at %s, not the one of that name in the repository",
				e.up.def.Name, e.up.def.Site))
		case e.kind == asset.Data && e.up.typ == materializationType:
			problems = append(problems, d.problemf("input %q never has a value to load: its function returns a Materialization; follow it by After",
				e.up.def.Name))
		}
	}
	return problems
}

// checkHandlers finds handlers without a name and different ones that share
// one.
func (r *Repository) checkHandlers() asset.Problems {
	var problems asset.Problems
	seen := map[string]Handler{}
	for _, d := range r.assets {
		for _, h := range d.handlers() {
			name := h.Name()
			other, taken := seen[name]
			switch {
			case name == "":
				problems = append(problems, d.problemf("a handler has no name"))
			case taken && !sameHandler(other, h):
				problems = append(problems, d.problemf("two handlers are named %q", name))
			}
			seen[name] = h
		}
	}
	return problems
}

// handlers lists the handlers that a declaration names.
func (d *declaration) handlers() []Handler {
	var all []Handler
	if d.handler != nil {
		all = append(all, d.handler)
	}
	for _, e := range d.edges {
		if e.handler != nil {
			all = append(all, e.handler)
		}
	}
	return all
}

// checkResources finds resources that share a name or cannot be set up.
func (r *Repository) checkResources() asset.Problems {
	var problems asset.Problems
	seen := map[string]*anyResource{}
	for _, res := range r.resources() {
		problem := ""
		other, taken := seen[res.name]
		switch {
		case taken:
			problem = "another resource of that name is declared at " + other.site.String()
		case res.setup == nil:
			problem = "the setup function is nil"
		default:
			if err := asset.CheckName(res.name); err != nil {
				problem = err.Error()
			}
		}
		if problem != "" {
			problems = append(problems, asset.Problem{Asset: "resource " + res.name, Site: res.site, Message: problem})
		}
		seen[res.name] = res
	}
	return problems
}

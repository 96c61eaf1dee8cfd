package rivers

import (
	"errors"
	"fmt"
	"reflect"

	"rivers.io/runtime/asset"
)

var noFields = reflect.ValueOf(struct{}{})

// Validate reports everything that is wrong with the declarations at once, each
// problem with the asset's name and source line. It touches no resource and
// runs no function.
func (r *Repository) Validate() error {
	errs := append([]error(nil), r.problems...)
	for _, d := range r.assets {
		for _, problem := range d.problems {
			errs = append(errs, d.errorf(problem))
		}
		errs = append(errs, r.checkInputs(d)...)
		if err := d.checkHandlerType(); err != nil {
			errs = append(errs, d.errorf(err))
		}
	}
	errs = append(errs, r.checkHandlers()...)
	errs = append(errs, r.checkResources()...)
	return errors.Join(errs...)
}

// errorf places a problem at the asset's declaration.
func (d *declaration) errorf(err error) error {
	return fmt.Errorf("%sasset %q: %w", position(d.def.Site), d.def.Name, err)
}

func position(site asset.Site) string {
	if site.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", site.File, site.Line)
}

// checkInputs finds inputs that name another declaration than the repository
// holds, and inputs that never have a value.
func (r *Repository) checkInputs(d *declaration) []error {
	var errs []error
	for _, e := range d.edges {
		held, ok := r.byName[e.up.def.Name]
		switch {
		case ok && held != e.up:
			errs = append(errs, d.errorf(fmt.Errorf(
				"input %q is declared at %sthe repository holds another asset of that name",
				e.up.def.Name, position(e.up.def.Site))))
		case e.kind == asset.Data && e.up.typ == materializationType:
			errs = append(errs, d.errorf(fmt.Errorf(
				"input %q never has a value to load, its function returns a Materialization; follow it by rivers.After",
				e.up.def.Name)))
		}
	}
	return errs
}

func (d *declaration) checkHandlerType() error {
	if checker, ok := d.handler.(TypeChecker); ok && d.typ != materializationType {
		return checker.CheckType(d.typ)
	}
	return nil
}

// checkHandlers finds handlers that share a name.
func (r *Repository) checkHandlers() []error {
	var errs []error
	seen := map[string]Handler{}
	for _, d := range r.assets {
		for _, h := range d.handlers() {
			if other, ok := seen[h.Name()]; ok && other != h {
				errs = append(errs, d.errorf(fmt.Errorf("two handlers are named %q", h.Name())))
			}
			if h.Name() == "" {
				errs = append(errs, d.errorf(errors.New("a handler has no name")))
			}
			seen[h.Name()] = h
		}
	}
	return errs
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
func (r *Repository) checkResources() []error {
	var errs []error
	seen := map[string]*anyResource{}
	for _, res := range r.resources() {
		switch other, ok := seen[res.name]; {
		case ok:
			errs = append(errs, fmt.Errorf("%sresource %q is also declared at %s:%d",
				position(res.site), res.name, other.site.File, other.site.Line))
		case res.setup == nil:
			errs = append(errs, fmt.Errorf("%sresource %q: the setup function is nil", position(res.site), res.name))
		case res.name == "":
			errs = append(errs, fmt.Errorf("%sa resource has no name", position(res.site)))
		}
		seen[res.name] = res
	}
	return errs
}

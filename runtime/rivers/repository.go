package rivers

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"rivers.io/runtime/asset"
)

// Repository is what one pipeline declares.
type Repository struct {
	name     string
	assets   []*declaration
	byName   map[string]*declaration
	problems []error
	retry    *asset.RetryPolicy
}

// Item is part of a Repository; Assets makes one.
type Item interface{ addTo(r *Repository) }

// NewRepository gathers declarations under the name of the code location. It
// never panics; Validate reports what is wrong.
func NewRepository(name string, items ...Item) *Repository {
	r := &Repository{name: name, byName: map[string]*declaration{}}
	for _, item := range items {
		if item == nil {
			r.problems = append(r.problems, errors.New("an item of the repository is nil"))
			continue
		}
		item.addTo(r)
	}
	return r
}

// Assets lists assets in the order in which plans and pages break ties.
func Assets(assets ...Declared) Item { return assetItems(assets) }

// WithUpstreams lists assets and all that they depend on, upstreams first.
func WithUpstreams(assets ...Declared) Item { return upstreamItems(assets) }

type assetItems []Declared

func (items assetItems) addTo(r *Repository) {
	for i, item := range items {
		if d := r.declared(i, item); d != nil {
			r.add(d)
		}
	}
}

type upstreamItems []Declared

func (items upstreamItems) addTo(r *Repository) {
	seen := map[*declaration]bool{}
	for _, d := range r.assets {
		seen[d] = true
	}
	for i, item := range items {
		if d := r.declared(i, item); d != nil {
			r.addWithUpstreams(d, seen)
		}
	}
}

func (r *Repository) addWithUpstreams(d *declaration, seen map[*declaration]bool) {
	if seen[d] || d.def.Name == "" && d.call == nil { // the stand-in for a nil input
		return
	}
	seen[d] = true
	for _, e := range d.edges {
		r.addWithUpstreams(e.up, seen)
	}
	r.add(d)
}

// declared returns the declaration of the i-th item, or nil when there is none.
func (r *Repository) declared(i int, item Declared) *declaration {
	if item == nil || item.declaration() == nil {
		r.problems = append(r.problems, fmt.Errorf("asset %d of the repository is nil", i+1))
		return nil
	}
	return item.declaration()
}

func (r *Repository) add(d *declaration) {
	r.assets = append(r.assets, d)
	if _, taken := r.byName[d.def.Name]; !taken {
		r.byName[d.def.Name] = d
	}
}

// Name returns the name of the code location.
func (r *Repository) Name() string { return r.name }

// Definitions returns what the assets declare, in order.
func (r *Repository) Definitions() []asset.Definition {
	defs := make([]asset.Definition, len(r.assets))
	for i, d := range r.assets {
		defs[i] = d.def
	}
	return defs
}

// resolveConfig gives the settings of an attempt.
func (d *declaration) resolveConfig(overrides json.RawMessage, getenv func(string) (string, bool)) (any, error) {
	if d.config == nil {
		return nil, withAsset(d, setFromJSON(noFields, nil, overrides))
	}
	values, err := d.config.resolve(overrides, getenv)
	return values, withAsset(d, err)
}

func withAsset(d *declaration, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("asset %q: %w", d.def.Name, err)
}

// resources lists the resources that the assets use, in order of first use.
func (r *Repository) resources() []*anyResource {
	var all []*anyResource
	for _, d := range r.assets {
		for _, used := range d.uses {
			if !slices.Contains(all, used) {
				all = append(all, used)
			}
		}
	}
	return all
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

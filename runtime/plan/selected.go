package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
)

// selected is a selection that was found to be sound.
type selected struct {
	graph *asset.Graph
	// assets are in plan order, each once.
	assets []int
	// keys are the selected keys in the definition order of the first
	// partitioned asset; text is their canonical selection.
	keys []partition.Key
	text string
	// steps is the number of steps.
	steps uint64
}

// resolve checks a selection of assets and partitions against each other.
func resolve(g *asset.Graph, assets []int, partitions string, now time.Time) (*selected, error) {
	for _, i := range assets {
		if i < 0 || i >= g.Len() {
			return nil, fmt.Errorf("asset index %d is out of range", i)
		}
	}
	s := &selected{graph: g, assets: slices.Clone(assets)}
	slices.SortFunc(s.assets, func(a, b int) int { return cmp.Compare(g.Rank(a), g.Rank(b)) })
	s.assets = slices.Compact(s.assets)
	if len(s.assets) == 0 {
		return nil, errors.New("no asset is selected")
	}
	var partitioned []int
	for _, i := range s.assets {
		if g.Space(i) != nil {
			partitioned = append(partitioned, i)
		}
	}
	s.steps = uint64(len(s.assets) - len(partitioned))
	if len(partitioned) == 0 {
		return s, s.checkSize()
	}
	keys, err := selectKeys(g, partitioned[0], partitions, now)
	if err != nil {
		return nil, err
	}
	s.steps += uint64(len(partitioned)) * keys.Count()
	if err := s.checkSize(); err != nil {
		return nil, err
	}
	space := g.Space(partitioned[0])
	for at := range keys.Ordinals() {
		key, _ := space.Key(at, now)
		s.keys = append(s.keys, key)
	}
	s.text = partition.FormatSelection(keys, space, now)
	return s, s.checkKeys(partitioned, now)
}

func (s *selected) checkSize() error {
	if s.steps > MaxSteps {
		return &TooLargeError{Steps: s.steps}
	}
	return nil
}

// selectKeys reads the selected keys in the space of one asset.
func selectKeys(g *asset.Graph, i int, partitions string, now time.Time) (partition.Set, error) {
	space, name := g.Space(i), g.At(i).Name
	keys, err := partition.ParseSelection(partitions, space, now)
	if err != nil {
		return keys, fmt.Errorf("asset %s: %w", name, err)
	}
	if !keys.IsEmpty() {
		return keys, nil
	}
	first, some := partition.First(space, now)
	if !some {
		return keys, fmt.Errorf("asset %s is partitioned and has no partitions yet", name)
	}
	example := string(first)
	if last, _ := partition.Last(space, now); last != first {
		example = fmt.Sprintf("%s or the range %s..%s", first, first, last)
	}
	return keys, fmt.Errorf("asset %s is partitioned: name the partitions to materialize, such as %s", name, example)
}

// checkKeys makes sure that every key is valid for every partitioned asset
// (D-115). Assets that share a space are checked once.
func (s *selected) checkKeys(partitioned []int, now time.Time) error {
	checked := map[partition.Space]bool{s.graph.Space(partitioned[0]): true}
	for _, i := range partitioned {
		space := s.graph.Space(i)
		if checked[space] {
			continue
		}
		checked[space] = true
		for _, key := range s.keys {
			if _, err := space.Ordinal(key, now); err != nil {
				return fmt.Errorf("asset %s: %w", s.graph.At(i).Name, err)
			}
		}
	}
	return nil
}

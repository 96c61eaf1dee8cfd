package surreal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// The bounds of one record of definitions: how many, and their bytes unless the
// first has more.
const (
	catalogueDefinitions = 256
	catalogueBytes       = 256 << 10
)

// catalogueWindow is how many records of definitions one statement reads.
const catalogueWindow = 64

// The kinds of records of table catalogue: [loc, kind, number].
const (
	kindDefinitions = "d"
	kindRemoved     = "r"
)

// catalogueChunk is a record of definitions, in declaration order.
type catalogueChunk struct {
	N      int64  `json:"n"`
	Digest string `json:"digest"`
	// Names are the names of the definitions, as JSON.
	Names []byte `json:"names"`
	// Definitions are the definitions, as JSON.
	Definitions []byte `json:"defs"`
}

// catalogueState is what is stored about the catalogue of a location.
type catalogueState struct {
	Name         string `json:"name"`
	Image        string `json:"image"`
	Hash         string `json:"hash"`
	Revision     int64  `json:"revision"`
	RegisteredAt int64  `json:"registered_at"`
	Assets       int    `json:"assets"`
	Digest       string `json:"digest"`

	removed []string
	chunks  []catalogueChunk
}

func (c *catalogueState) info() store.CatalogueInfo {
	return store.CatalogueInfo{
		Name: c.Name, Image: c.Image, Hash: c.Hash, Revision: c.Revision,
		RegisteredAt: instant(c.RegisteredAt), Assets: c.Assets, Removed: c.removed,
	}
}

// draft is a catalogue made ready before the transaction.
type draft struct {
	names  []string
	chunks []catalogueChunk
	digest string
}

func newDraft(c store.Catalogue) (*draft, error) {
	if err := store.CheckName("location name", c.Name); err != nil {
		return nil, err
	}
	d := &draft{}
	seen := make(map[string]bool, len(c.Definitions))
	raws := make([]json.RawMessage, len(c.Definitions))
	for i, def := range c.Definitions {
		if err := store.CheckName("asset name", def.Name); err != nil {
			return nil, err
		}
		if seen[def.Name] {
			return nil, fmt.Errorf("asset %q is declared twice: %w", def.Name, store.ErrInvalid)
		}
		seen[def.Name] = true
		raw, err := json.Marshal(def)
		if err != nil {
			return nil, fmt.Errorf("asset %q: %w: %w", def.Name, store.ErrInvalid, err)
		}
		if len(raw) > event.MaxPayload {
			return nil, fmt.Errorf("asset %q: definition of %d bytes exceeds %d: %w", def.Name, len(raw), event.MaxPayload, store.ErrInvalid)
		}
		d.names, raws[i] = append(d.names, def.Name), raw
	}
	d.digest = digestOf(raws)
	return d, d.cut(raws)
}

// digestOf identifies definitions in their order.
func digestOf(raws []json.RawMessage) string {
	whole := sha256.New()
	for _, raw := range raws {
		_, _ = fmt.Fprintf(whole, "%d:", len(raw))
		_, _ = whole.Write(raw)
	}
	return hex.EncodeToString(whole.Sum(nil))
}

// cut makes the records of the definitions.
func (d *draft) cut(raws []json.RawMessage) error {
	for at := 0; at < len(raws); {
		n, size := 0, 0
		for at+n < len(raws) && n < catalogueDefinitions {
			if size += len(raws[at+n]); size > catalogueBytes && n > 0 {
				break
			}
			n++
		}
		defs, err := json.Marshal(raws[at : at+n])
		if err != nil {
			return fmt.Errorf("%w: %w", store.ErrInvalid, err)
		}
		names, err := json.Marshal(d.names[at : at+n])
		if err != nil {
			return fmt.Errorf("%w: %w", store.ErrInvalid, err)
		}
		sum := sha256.Sum256(defs)
		d.chunks = append(d.chunks, catalogueChunk{
			N: int64(len(d.chunks)), Digest: hex.EncodeToString(sum[:]), Names: names, Definitions: defs,
		})
		at += n
	}
	return nil
}

// Register replaces the declared fields of every asset. Two registrations at
// once both write the record of the location, so that one follows the other.
func (l *location) Register(ctx context.Context, c store.Catalogue) (store.CatalogueInfo, error) {
	d, err := newDraft(c)
	if err != nil {
		return store.CatalogueInfo{}, err
	}
	if err := l.writable(); err != nil {
		return store.CatalogueInfo{}, err
	}
	var info store.CatalogueInfo
	err = l.db.repeat(ctx, "register a catalogue", func(bool) error {
		for range maxMoves {
			if info, err = l.tryRegister(ctx, c, d); !isMoved(err) {
				return err
			}
		}
		return fmt.Errorf("the catalogue changes all the time: %w", store.ErrUnavailable)
	})
	return info, err
}

func (l *location) tryRegister(ctx context.Context, c store.Catalogue, d *draft) (store.CatalogueInfo, error) {
	old, err := l.catalogue(ctx, true)
	if err != nil {
		return store.CatalogueInfo{}, err
	}
	if old.Revision > 0 && old.Name == c.Name && old.Image == c.Image && old.Hash == c.Hash && old.Digest == d.digest {
		return old.info(), nil
	}
	fresh, removed, err := d.compare(old)
	if err != nil {
		return store.CatalogueInfo{}, err
	}
	s := l.change()
	id, revision := s.arg(recordID("location", l.ident)), s.arg(old.Revision)
	s.refuse(moved, id+".revision ?? 0", revision)
	s.do("UPSERT ", id, " SET ident = ", s.arg(l.ident), ", name = ", s.arg(c.Name), ", image = ", s.arg(c.Image), ", hash = ", s.arg(c.Hash),
		", digest = ", s.arg(d.digest), ", assets = ", s.arg(len(d.names)), ", revision = ", revision, " + 1, registered_at = $wall RETURN NONE")
	if err := l.writeCatalogue(s, old, d, fresh, removed); err != nil {
		return store.CatalogueInfo{}, err
	}
	s.do("UPSERT ", s.arg(recordID("pulse", l.ident, pulseCatalogue, "")), " SET loc = ", s.arg(l.ident),
		", what = 'c', ident = '', seq = 0, at = $at, n += 1, catalogue_at = $at, kinds = ['catalogue'], assets = [] RETURN NONE")
	s.answer("RETURN $wall")
	s.do("COMMIT")
	now := catalogueState{Name: c.Name, Image: c.Image, Hash: c.Hash, Revision: old.Revision + 1, Assets: len(d.names), removed: removed}
	err = l.db.send(ctx, s, &now.RegisteredAt)
	return now.info(), err
}

// compare returns the names that were never declared before, and those that are
// declared no more.
func (d *draft) compare(old *catalogueState) (fresh, removed []string, err error) {
	known := map[string]bool{} // to whether it is declared no more
	for _, name := range old.removed {
		known[name] = true
	}
	for _, chunk := range old.chunks {
		var names []string
		if err := json.Unmarshal(chunk.Names, &names); err != nil {
			return nil, nil, fmt.Errorf("stored names of assets: %w: %w", store.ErrCorrupt, err)
		}
		for _, name := range names {
			known[name] = true
		}
	}
	for _, name := range d.names {
		if !known[name] {
			fresh = append(fresh, name)
		}
		known[name] = false
	}
	for name, gone := range known {
		if gone {
			removed = append(removed, name)
		}
	}
	slices.Sort(removed)
	return fresh, removed, nil
}

// writeCatalogue writes the records that differ.
func (l *location) writeCatalogue(s *script, old *catalogueState, d *draft, fresh, removed []string) error {
	var rows []map[string]any
	for i, c := range d.chunks {
		if i < len(old.chunks) && old.chunks[i].Digest == c.Digest {
			continue
		}
		rows = append(rows, map[string]any{
			"id": recordID("catalogue", l.ident, kindDefinitions, c.N), "n": c.N, "digest": c.Digest, "names": c.Names, "defs": c.Definitions,
		})
	}
	if len(rows) > 0 {
		s.do("INSERT INTO catalogue ", s.arg(rows),
			" ON DUPLICATE KEY UPDATE digest = $input.digest, names = $input.names, defs = $input.defs RETURN NONE")
	}
	if len(d.chunks) < len(old.chunks) {
		prefix := s.arg(l.ident) + ", '" + kindDefinitions + "', "
		s.do("DELETE catalogue:[", prefix, s.arg(len(d.chunks)), "]..=[", prefix, "..] RETURN NONE")
	}
	if !slices.Equal(removed, old.removed) {
		raw, err := json.Marshal(removed)
		if err != nil {
			return fmt.Errorf("%w: %w", store.ErrInvalid, err)
		}
		s.do("UPSERT ", s.arg(recordID("catalogue", l.ident, kindRemoved, 0)), " SET names = ", s.arg(raw), " RETURN NONE")
	}
	if len(fresh) == 0 {
		return nil
	}
	marks := make([]map[string]any, len(fresh))
	for i, name := range fresh {
		marks[i] = map[string]any{"id": recordID("asset", l.ident, name)}
	}
	s.createEach(marks, "{}")
	return nil
}

// catalogue reads what is stored about the catalogue; a revision of 0 tells that
// there is none.
func (l *location) catalogue(ctx context.Context, names bool) (*catalogueState, error) {
	s := newScript()
	chunks := "[]"
	if names {
		prefix := s.arg(l.ident) + ", '" + kindDefinitions + "'"
		chunks = "(SELECT n, digest, names FROM catalogue:[" + prefix + "]..=[" + prefix + ", ..])"
	}
	s.answer("RETURN {state: (SELECT name, image, hash, revision, registered_at, assets, digest FROM ONLY ", s.arg(recordID("location", l.ident)),
		"), removed: ", s.arg(recordID("catalogue", l.ident, kindRemoved, 0)), ".names, chunks: ", chunks, "}")
	var got struct {
		State   *catalogueState  `json:"state"`
		Removed []byte           `json:"removed"`
		Chunks  []catalogueChunk `json:"chunks"`
	}
	if err := l.db.send(ctx, s, &got); err != nil {
		return nil, err
	}
	if got.State == nil {
		return &catalogueState{}, nil
	}
	got.State.chunks = got.Chunks
	if len(got.Removed) > 0 {
		if err := json.Unmarshal(got.Removed, &got.State.removed); err != nil {
			return nil, fmt.Errorf("removed assets: %w: %w", store.ErrCorrupt, err)
		}
	}
	if len(got.State.removed) == 0 {
		got.State.removed = nil
	}
	return got.State, nil
}

// CatalogueInfo describes the stored catalogue.
func (l *location) CatalogueInfo(ctx context.Context) (store.CatalogueInfo, error) {
	var info store.CatalogueInfo
	err := l.db.repeat(ctx, "read the catalogue", func(bool) error {
		state, err := l.catalogue(ctx, false)
		if err == nil && state.Revision == 0 {
			err = notFound("location", l.ident)
		}
		if err == nil {
			info = state.info()
		}
		return err
	})
	return info, err
}

// Definitions returns the declared assets in declaration order.
func (l *location) Definitions(ctx context.Context) ([]asset.Definition, error) {
	var list []asset.Definition
	revision, err := l.walkCatalogue(ctx, "defs", func(c *catalogueChunk) error {
		var part []asset.Definition
		if err := json.Unmarshal(c.Definitions, &part); err != nil {
			return fmt.Errorf("a definition: %w: %w", store.ErrCorrupt, err)
		}
		list = append(list, part...)
		return nil
	}, func() { list = nil })
	if err == nil && revision == 0 {
		err = notFound("location", l.ident)
	}
	return list, err
}

// declared returns the declared assets in declaration order, and none before the
// first registration.
func (l *location) declared(ctx context.Context) ([]asset.Definition, error) {
	list, err := l.Definitions(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return list, err
}

// declaredNames returns the names of the declared assets in declaration order.
func (l *location) declaredNames(ctx context.Context) ([]string, error) {
	var list []string
	_, err := l.walkCatalogue(ctx, "names", func(c *catalogueChunk) error {
		var part []string
		if err := json.Unmarshal(c.Names, &part); err != nil {
			return fmt.Errorf("stored names of assets: %w: %w", store.ErrCorrupt, err)
		}
		list = append(list, part...)
		return nil
	}, func() { list = nil })
	return list, err
}

// walkCatalogue visits the records of definitions of one revision, and returns
// that; it starts over when the revision changed on the way.
func (l *location) walkCatalogue(ctx context.Context, fields string, visit func(*catalogueChunk) error, again func()) (int64, error) {
	var got struct {
		Revision int64            `json:"revision"`
		Chunks   []catalogueChunk `json:"chunks"`
	}
	revision, from := int64(-1), 0
	for {
		s := newScript()
		prefix := s.arg(l.ident) + ", '" + kindDefinitions + "', "
		s.answer("RETURN {revision: ", s.arg(recordID("location", l.ident)), ".revision ?? 0, chunks: (SELECT n, ", fields,
			" FROM catalogue:[", prefix, s.arg(from), "]..[", prefix, s.arg(from+catalogueWindow), "])}")
		got.Chunks = nil
		if err := l.db.read(ctx, "read the definitions", s, &got); err != nil {
			return 0, err
		}
		if revision >= 0 && got.Revision != revision {
			revision, from = -1, 0
			again()
			continue
		}
		revision = got.Revision
		for i := range got.Chunks {
			if err := visit(&got.Chunks[i]); err != nil {
				return 0, err
			}
		}
		if len(got.Chunks) < catalogueWindow {
			return revision, nil
		}
		from += catalogueWindow
	}
}

// refuse throws a text unless an expression has a value. The engine reads no
// record inside of the condition of an IF.
func (s *script) refuse(text, expr, value string) {
	s.do("LET $is = ", expr)
	s.do("IF $is != ", value, ` { THROW "`, text, `" }`)
}

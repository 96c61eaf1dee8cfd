package asset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"math"
	"slices"

	"rivers.io/runtime/partition"
)

// digest writes values to a hash so that different sequences of values are
// different sequences of bytes: each text with its length, each list with its
// number of items.
type digest struct {
	hash hash.Hash
	buf  []byte
}

func newDigest(purpose string) *digest {
	d := &digest{hash: sha256.New(), buf: make([]byte, 0, 4096)}
	d.text(purpose)
	return d
}

func (d *digest) text(s string) {
	d.number(uint64(len(s)))
	d.buf = append(d.buf, s...)
	if len(d.buf) >= 4096 {
		d.flush()
	}
}

func (d *digest) number(n uint64) { d.buf = binary.AppendUvarint(d.buf, n) }
func (d *digest) integer(n int64) { d.buf = binary.AppendVarint(d.buf, n) }
func (d *digest) float(f float64) { d.number(math.Float64bits(f)) }
func (d *digest) flush()          { d.hash.Write(d.buf); d.buf = d.buf[:0] }

func (d *digest) flag(set bool) {
	if set {
		d.number(1)
	} else {
		d.number(0)
	}
}

func (d *digest) texts(list []string) {
	d.number(uint64(len(list)))
	for _, s := range list {
		d.text(s)
	}
}

func (d *digest) sum() [sha256.Size]byte {
	d.flush()
	return [sha256.Size]byte(d.hash.Sum(nil))
}

func (d *digest) hex() string {
	sum := d.sum()
	return hex.EncodeToString(sum[:16])
}

// Hash identifies everything that is declared: two graphs with one hash have
// equal definitions in equal order. It is computed once, at the first call.
func (g *Graph) Hash() string { return g.hash() }

func (g *Graph) digest() string {
	d := newDigest("rivers graph 1")
	d.number(uint64(len(g.defs)))
	for i := range g.defs {
		d.declaration(&g.defs[i])
	}
	return d.hex()
}

// WorkHash identifies what decides how the given assets are computed and
// stored: names, code versions, inputs, partitions by fingerprint, retries,
// handlers, executors, resources and config fields. What is for people only
// (descriptions, groups, tags, metadata, sites) does not count, nor does the end
// of a time grid.
func (g *Graph) WorkHash(assets []int) string {
	d := newDigest("rivers work 1")
	d.number(uint64(len(assets)))
	for _, i := range assets {
		def := &g.defs[i]
		d.text(def.Name)
		d.text(def.CodeVersion)
		d.text(def.Handler)
		d.text(def.executor())
		d.flag(g.spaces[i] != nil)
		if g.spaces[i] != nil {
			d.text(g.spaces[i].Fingerprint())
		}
		d.inputs(def.Inputs)
		d.retry(def.Retry)
		d.texts(def.Resources)
		d.number(uint64(len(def.Config)))
		for _, f := range def.Config {
			d.field(f)
		}
	}
	return d.hex()
}

// declaration writes every field of a definition.
func (d *digest) declaration(def *Definition) {
	d.text(def.Name)
	d.text(def.Description)
	d.text(def.Group)
	d.texts(def.Kinds)
	d.texts(def.Tags)
	d.texts(def.Owners)
	d.number(uint64(len(def.Metadata)))
	for _, key := range slices.Sorted(maps.Keys(def.Metadata)) {
		d.text(key)
		d.text(def.Metadata[key])
	}
	d.text(def.CodeVersion)
	d.text(def.Type)
	d.text(def.Handler)
	d.flag(def.Partitions != nil)
	if def.Partitions != nil {
		d.partitions(def.Partitions)
	}
	d.inputs(def.Inputs)
	d.texts(def.Resources)
	d.retry(def.Retry)
	d.flag(def.Compute != nil)
	if c := def.Compute; c != nil {
		d.text(c.CPU)
		d.text(c.Memory)
		d.integer(int64(c.GPU))
	}
	d.config(def.Config)
	d.text(def.Executor)
	d.text(def.Site.File)
	d.integer(int64(def.Site.Line))
}

func (d *digest) inputs(inputs []Input) {
	d.number(uint64(len(inputs)))
	for _, in := range inputs {
		d.text(in.Asset)
		d.text(string(in.Kind))
		d.text(string(in.Mapping.Kind))
		d.integer(int64(in.Mapping.Offset))
		d.flag(in.Complete)
		d.flag(in.Optional)
	}
}

func (d *digest) retry(p *RetryPolicy) {
	d.flag(p != nil)
	if p == nil {
		return
	}
	d.integer(int64(p.MaxRetries))
	d.texts(p.On)
	b := &p.Backoff
	d.text(string(b.Kind))
	d.integer(int64(b.Base))
	d.integer(int64(b.Step))
	d.float(b.Factor)
	d.number(uint64(len(b.List)))
	for _, wait := range b.List {
		d.integer(int64(wait))
	}
	d.integer(int64(b.Max))
	d.float(b.Jitter)
}

func (d *digest) config(fields []ConfigField) {
	d.number(uint64(len(fields)))
	for _, f := range fields {
		d.field(f)
		d.text(f.Description)
	}
}

// field writes what decides the value of a config field.
func (d *digest) field(f ConfigField) {
	d.text(f.Name)
	d.text(f.Type)
	d.text(string(f.Default))
	d.text(f.Env)
	d.flag(f.Secret)
}

func (d *digest) partitions(def *partition.Definition) {
	d.text(string(def.Kind))
	d.texts(def.Keys)
	d.text(def.Start)
	d.text(def.End)
	d.text(def.Timezone)
	d.flag(def.CompletedOnly)
}

func partitionsDigest(def *partition.Definition) [sha256.Size]byte {
	d := newDigest("rivers partitions 1")
	d.partitions(def)
	return d.sum()
}

package asset

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// ExecutorKey is the one reserved metadata key that a declaration may set: it
// overrides where the asset's steps run, as Definition.Executor does (D-4,
// D-145).
const ExecutorKey = "rivers/executor"

// The executors that an asset may ask for.
const (
	ExecutorInProcess  = "inprocess"
	ExecutorSubprocess = "subprocess"
)

// reserved are the prefixes of metadata keys that belong to the system.
var reserved = []string{"rivers/", "delta/"}

// CheckName reports why name is no valid name of an asset or group (D-3).
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the name is empty")
	case len(name) > MaxNameLen:
		return fmt.Errorf("the name has %d bytes; the limit is %d", len(name), MaxNameLen)
	case strings.Contains(name, "__"):
		return fmt.Errorf("the name %q holds \"__\", which is reserved", name)
	}
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		later := c == '.' || c == '-' || c >= '0' && c <= '9'
		if !letter && (i == 0 || !later) {
			return fmt.Errorf("the name %q does not match [A-Za-z_][A-Za-z0-9_.-]*", name)
		}
	}
	return nil
}

// checkLabel reports why text cannot be a kind, tag, owner or the like.
func checkLabel(text string) error {
	switch {
	case text == "":
		return fmt.Errorf("is empty")
	case len(text) > MaxLabelLen:
		return fmt.Errorf("has %d bytes; the limit is %d", len(text), MaxLabelLen)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return fmt.Errorf("%q holds a control or invalid character", clip(text))
	case strings.TrimSpace(text) != text:
		return fmt.Errorf("%q begins or ends with white space", text)
	}
	return nil
}

// validate reports what is wrong with the declaration by itself: all but
// partitions and inputs.
func (r *reporter) validate(def *Definition) {
	if err := CheckName(def.Name); err != nil {
		r.add(def, "%v", err)
	}
	if def.Group != "" {
		if err := CheckName(def.Group); err != nil {
			r.add(def, "group: %v", err)
		}
	}
	if n := len(def.Description); n > MaxDescriptionLen {
		r.add(def, "the description has %d bytes; the limit is %d", n, MaxDescriptionLen)
	}
	r.labels(def, "kind", def.Kinds)
	r.labels(def, "tag", def.Tags)
	r.labels(def, "owner", def.Owners)
	r.labels(def, "resource", def.Resources)
	r.label(def, "code version", def.CodeVersion)
	r.label(def, "handler", def.Handler)
	r.metadata(def)
	r.executor(def)
	if err := def.Retry.Validate(); err != nil {
		r.addAll(def, "retry: ", err)
	}
	if c := def.Compute; c != nil && c.GPU < 0 {
		r.add(def, "compute: %d GPUs", c.GPU)
	}
	r.config(def)
}

// label checks a text that may be left out.
func (r *reporter) label(def *Definition, what, text string) {
	if text == "" {
		return
	}
	if err := checkLabel(text); err != nil {
		r.add(def, "the %s %v", what, err)
	}
}

func (r *reporter) labels(def *Definition, what string, labels []string) {
	if len(labels) > MaxLabels {
		r.add(def, "%d %ss; the limit is %d", len(labels), what, MaxLabels)
		return
	}
	for _, l := range labels {
		if err := checkLabel(l); err != nil {
			r.add(def, "%s %v", what, err)
		}
	}
}

func (r *reporter) metadata(def *Definition) {
	if err := CheckMetadata(def.Metadata); err != nil {
		r.addAll(def, "", err)
	}
}

// CheckMetadata returns why an asset, or an input in its place, may not declare
// the metadata: too much of it, or a key that is none or is reserved (D-4). The
// error joins all problems.
func CheckMetadata(metadata map[string]string) error {
	if n := len(metadata); n > MaxMetadata {
		return fmt.Errorf("%d metadata entries; the limit is %d", n, MaxMetadata)
	}
	var problems []error
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if err := checkLabel(key); err != nil {
			problems = append(problems, fmt.Errorf("a metadata key %w", err))
		}
		if n := len(metadata[key]); n > MaxMetadataLen {
			problems = append(problems, fmt.Errorf("metadata %q has %d bytes; the limit is %d", clip(key), n, MaxMetadataLen))
		}
		for _, prefix := range reserved {
			if strings.HasPrefix(key, prefix) && key != ExecutorKey {
				problems = append(problems, fmt.Errorf("metadata key %q is reserved: keys that begin with %q belong to the system", clip(key), prefix))
			}
		}
	}
	return errors.Join(problems...)
}

func (r *reporter) executor(def *Definition) {
	check := func(what, name string) {
		if name != "" && name != ExecutorInProcess && name != ExecutorSubprocess {
			r.add(def, "%s %q is unknown; known are %s and %s", what, clip(name), ExecutorInProcess, ExecutorSubprocess)
		}
	}
	override, set := def.Metadata[ExecutorKey]
	check("executor", def.Executor)
	check("metadata "+ExecutorKey, override)
	switch {
	case set && override == "":
		r.add(def, "metadata %s is empty", ExecutorKey)
	case set && def.Executor != "" && override != def.Executor:
		r.add(def, "executor %q and metadata %s %q contradict each other", clip(def.Executor), ExecutorKey, clip(override))
	}
}

func (r *reporter) config(def *Definition) {
	if n := len(def.Config); n > MaxLabels {
		r.add(def, "%d config fields; the limit is %d", n, MaxLabels)
		return
	}
	if len(def.Config) == 0 {
		return
	}
	seen := make(map[string]bool, len(def.Config))
	for _, field := range def.Config {
		if err := checkLabel(field.Name); err != nil {
			r.add(def, "the name of a config field %v", err)
			continue
		}
		if seen[field.Name] {
			r.add(def, "config field %q is declared twice", field.Name)
		}
		seen[field.Name] = true
		if len(field.Default) > 0 && !json.Valid(field.Default) {
			r.add(def, "config field %q has a default that is not JSON", field.Name)
		}
	}
}

package ui

import "rivers.io/runtime/store"

// schemaChange is one difference between the schemas of two materializations
// (D-61).
type schemaChange struct {
	Kind   string // added, removed or retyped
	Column string
	From   string
	To     string
}

// schemaDiff compares the newest materialization with the one before it that
// recorded a schema.
func schemaDiff(recent []store.Materialized) []schemaChange {
	if len(recent) < 2 {
		return nil
	}
	now := schemaOf(recent[0])
	if now == nil {
		return nil
	}
	for _, m := range recent[1:] {
		if before := schemaOf(m); before != nil {
			return diff(before, now)
		}
	}
	return nil
}

// schemaOf finds the schema among the metadata.
func schemaOf(m store.Materialized) [][]string {
	for key, raw := range m.Event.Metadata {
		if v := readMetadata(key, raw); v.Tag == "schema" && v.Table != nil {
			return v.Table.Rows
		}
	}
	return nil
}

func diff(before, now [][]string) []schemaChange {
	types := map[string]string{}
	for _, c := range before {
		types[c[0]] = c[1]
	}
	var out []schemaChange
	for _, c := range now {
		old, known := types[c[0]]
		switch {
		case !known:
			out = append(out, schemaChange{"added", c[0], "", c[1]})
		case old != c[1]:
			out = append(out, schemaChange{"retyped", c[0], old, c[1]})
		}
		delete(types, c[0])
	}
	for _, c := range before {
		if old, gone := types[c[0]]; gone {
			out = append(out, schemaChange{"removed", c[0], old, ""})
		}
	}
	return out
}

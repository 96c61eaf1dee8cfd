package sqlite

import (
	"database/sql/driver"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
)

// tiny are the tables that may be read whole, with the reason.
var tiny = map[string]string{
	"sqlite_schema":     "the tables of the schema",
	"schema_migrations": "one row for each migration",
	"locations":         "one row for each location",
	"l":                 "locations, by name",
	"x":                 "the declared assets of one location, found by index",
	"CONSTANT":          "no table at all",
}

// sorted are parts of queries that may sort what an index found.
var sorted = map[string]string{
	"sqlite_autoindex_streams_1": "runs whose ids share a prefix of eight digits began within a minute",
	"log_sources s":              "the lines of the few attempts of one step",
	"FROM locations":             "one row for each location",
}

var control = regexp.MustCompile(`^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA)\b`)

var scan = regexp.MustCompile(`^SCAN (\w+)`)

var values = regexp.MustCompile(`^SCAN \d+-ROW VALUES CLAUSE$`)

// checkPlans looks at the plans of queries: none reads a whole table, and none
// sorts what it read.
func checkPlans(t *testing.T, queries map[string]bool) {
	db, _, _ := openFile(t)
	checked := 0
	for q := range queries {
		if control.MatchString(q) {
			continue
		}
		checked++
		for _, detail := range explain(t, db, q) {
			if values.MatchString(detail) {
				continue // the rows that an INSERT was given, and no table
			}
			if m := scan.FindStringSubmatch(detail); m != nil && tiny[m[1]] == "" {
				t.Errorf("%s\n  %s", q, detail)
			}
			if strings.Contains(detail, "USE TEMP B-TREE") && !excused(q) {
				t.Errorf("%s\n  %s", q, detail)
			}
		}
	}
	if checked < 80 {
		t.Errorf("only %d queries were seen", checked)
	}
}

func excused(query string) bool {
	for part := range sorted {
		if strings.Contains(query, part) {
			return true
		}
	}
	return false
}

func explain(t *testing.T, db *DB, query string) []string {
	t.Helper()
	s, err := db.writer.c.raw.Prepare("EXPLAIN QUERY PLAN " + query)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	args := make([]driver.NamedValue, strings.Count(query, "?"))
	for i := range args {
		args[i].Ordinal = i + 1
	}
	rows, err := s.(rawStmt).QueryContext(t.Context(), args)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var details []string
	for {
		vals := make([]driver.Value, 4)
		if err := rows.Next(vals); errors.Is(err, io.EOF) {
			return details
		} else if err != nil {
			t.Fatal(err)
		}
		details = append(details, vals[3].(string))
	}
}

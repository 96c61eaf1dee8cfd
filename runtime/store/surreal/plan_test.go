package surreal

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/storetest"
	"rivers.io/runtime/store/surreal/conn"
)

// tiny are the tables that may be read whole, with the reason.
var tiny = map[string]string{
	"location": "one record for each location",
}

// spans are the tables that are read by ranges of ids without a limit, with what
// bounds the range.
var spans = map[string]string{
	"batch":            "a window of numbers of one stream",
	"log":              "a window of numbers of one run",
	"catalogue":        "the catalogue of one location, which is wanted whole",
	"chunk":            "the folded sets of one asset, 65,536 keys to a record",
	"run_count":        "16 counters for each status of one location",
	"log_source":       "the streams of the attempts of one run",
	"schema_migration": "one record for each migration",
}

// recorder notes the queries that a connection sends, by their text.
type recorder struct {
	link
	mu   *sync.Mutex
	seen map[string]map[string]any
}

func (r recorder) Query(ctx context.Context, sql string, vars map[string]any) (conn.Results, error) {
	r.mu.Lock()
	r.seen[sql] = vars
	r.mu.Unlock()
	return r.link.Query(ctx, sql, vars)
}

// recorded is a database whose queries are noted.
type recorded struct {
	database
	rec *recorder
}

func (d recorded) Open(ctx context.Context, opt storetest.Options) (store.Store, error) {
	st, err := d.database.Open(ctx, opt)
	if err != nil {
		return nil, err
	}
	db := st.(*DB)
	db.link = recorder{link: db.link, mu: d.rec.mu, seen: d.rec.seen}
	return db, nil
}

// TestPlans lets the engine explain every query that reads a table: none reads a
// table whole, none sorts, and what has a limit is limited where it reads.
func TestPlans(t *testing.T) {
	checked := map[string]bool{}
	storetest.Run(t, storetest.Harness{New: func(t testing.TB) storetest.Database {
		d := recorded{database{t, surrealtest.Shared(t)}, &recorder{mu: new(sync.Mutex), seen: map[string]map[string]any{}}}
		admin, err := Open(t.Context(), config(t, d.db))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			explainAll(t, admin, d.rec.seen, checked)
			if err := admin.Close(); err != nil {
				t.Error(err)
			}
		})
		return d
	}})
	if len(checked) < 25 {
		t.Errorf("only %d queries were seen", len(checked))
	}
}

var (
	// In a LET and in a closure the engine reads all that an index gives, sorts it
	// and then applies the limit, which no explanation of the SELECT alone tells.
	unlimited = regexp.MustCompile(`(LET \$\w+ = |\|[^|]*\| ?\{?[^;]*)\(SELECT[^;]*LIMIT`)
	param     = regexp.MustCompile(`\$p\d+`)
	byID      = regexp.MustCompile(`FROM (ONLY )?(\$p\d+|type::record)\b`)
	table     = regexp.MustCompile(`FROM (\w+)`)
)

// explainAll explains the reads of the queries that were not explained before.
func explainAll(t testing.TB, d *DB, seen map[string]map[string]any, checked map[string]bool) {
	for sql, vars := range seen {
		if unlimited.MatchString(sql) {
			t.Errorf("the engine would not stop at the limit: %s", sql)
		}
		for _, q := range selects(sql) {
			shape := param.ReplaceAllString(q, "$$p")
			if checked[shape] || byID.MatchString(q) || strings.Contains(q, "$x") {
				continue
			}
			checked[shape] = true
			if err := explain(d, q, vars); err != nil {
				t.Errorf("%s: %v", q, err)
			}
		}
	}
}

// selects cuts the SELECT statements out of a query.
func selects(sql string) []string {
	var found []string
	for at := 0; ; {
		i := strings.Index(sql[at:], "SELECT ")
		if i < 0 {
			return found
		}
		at += i
		if strings.HasSuffix(sql[:at], "LIVE ") {
			at++
			continue
		}
		end, depth := at, 0
		for ; end < len(sql); end++ {
			c := sql[end]
			if c == '(' || c == '[' || c == '{' {
				depth++
			}
			if c == ')' || c == ']' || c == '}' {
				depth--
			}
			if depth < 0 || depth == 0 && c == ';' {
				break
			}
		}
		found = append(found, strings.TrimSpace(sql[at:end]))
		at++
	}
}

// operator is a step of a plan.
type operator struct {
	Name       string         `json:"operator"`
	Attributes map[string]any `json:"attributes"`
	Children   []operator     `json:"children"`
}

func explain(d *DB, q string, vars map[string]any) error {
	res, err := d.link.Query(context.Background(), q+" EXPLAIN FULL", vars)
	if err != nil {
		return err
	}
	var plan operator
	if err := res.Decode(0, &plan); err != nil {
		return err
	}
	from := ""
	if m := table.FindStringSubmatch(q); m != nil {
		from = m[1]
	}
	return check(plan, from, strings.Contains(q, "LIMIT"))
}

// check looks at a plan and what is below it.
func check(o operator, from string, limited bool) error {
	switch o.Name {
	case "SelectProject", "Project", "ProjectValue", "Limit", "Compute":
	case "Filter":
		if spans[from] == "" || limited {
			return fmt.Errorf("it filters what it read: %v", o)
		}
	case "IndexScan":
		if _, ok := o.Attributes["limit"]; limited && !ok {
			return fmt.Errorf("its limit is above the index: %v", o)
		}
	case "RecordIdScan":
		if spans[from] == "" {
			return fmt.Errorf("%s is read by a range of ids that nothing bounds: %v", from, o)
		}
	default:
		if tiny[from] == "" {
			return fmt.Errorf("it has a step %s: %v", o.Name, o)
		}
	}
	for _, c := range o.Children {
		if err := check(c, from, limited); err != nil {
			return err
		}
	}
	return nil
}

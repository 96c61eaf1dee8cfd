package islands_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"

	"rivers.io/internal/chromium"
)

// policy is stricter than what the pages are served with.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"

func TestMain(m *testing.M) { chromium.Main(m) }

// page is a tab of the browser and the site that it looks at.
type page struct {
	*chromium.Page
	t testing.TB
}

// open starts a site that serves the body at "/", the bundled islands and the
// given handlers, and opens it in a new tab.
func open(t testing.TB, body string, handlers map[string]http.Handler) *page {
	t.Helper()
	site := httptest.NewServer(siteHandler(t, body, handlers))
	t.Cleanup(site.Close)
	p := &page{chromium.Open(t, site.URL, ""), t}
	p.Go("")
	return p
}

// eval returns what an expression gives; promises are awaited.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	return chromium.Eval[T](p.Page, expression)
}

func siteHandler(t testing.TB, body string, handlers map[string]http.Handler) http.Handler {
	files, err := bundle()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Islands</title><link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/app.css"><script type="module" src="/all.js"></script><body class="bench">%s</body></html>`, body)
	})
	for name, content := range files {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", map[string]string{".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}[filepath.Ext(name)])
			_, _ = w.Write(content)
		})
	}
	for pattern, h := range handlers {
		mux.Handle(pattern, h)
	}
	return mux
}

// bundle builds the islands as the product does, and a page style around them.
var bundle = sync.OnceValues(func() (map[string][]byte, error) {
	result := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: entry, ResolveDir: ".", Sourcefile: "all.ts", Loader: api.LoaderTS},
		Bundle: true, Format: api.FormatESModule, Target: api.ES2022, Outfile: "all.js",
	})
	style := api.Build(api.BuildOptions{EntryPoints: []string{"../style/tokens.css"}, Bundle: true, Outfile: "app.css"})
	if problems := append(result.Errors, style.Errors...); len(problems) > 0 {
		return nil, errors.New(strings.Join(api.FormatMessages(problems, api.FormatMessagesOptions{}), "\n"))
	}
	return map[string][]byte{
		"all.js": result.OutputFiles[0].Contents, "app.css": append(style.OutputFiles[0].Contents, pageStyle...),
		"icon.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
	}, nil
})

const entry = `
import "./graph";
import "./gantt";
import "./partition-map";
import { duration, ticks } from "./shared/time";
import { Model } from "./graph/model";
import { Grid } from "./graph/grid";
import { curve, part, pieces, spans, touches } from "./graph/curve";
import { Camera } from "./graph/camera";
import { linesOf } from "./gantt/chart";
import { Keys, Selection, cellsOf, letterOf } from "./partition-map/keys";
import { arrange } from "./partition-map/arrange";
import { Window } from "./app/window";
Object.assign(globalThis, { duration, ticks, Model, Grid, curve, part, pieces, spans, touches, Camera, linesOf, Keys, Selection, cellsOf, letterOf, arrange, Window });
`

const pageStyle = `
html { font: 13px/1.5 var(--sans); color: var(--ink); background: var(--ground); }
body { margin: 0; block-size: 100vh; }
body > .pad { padding: 24px; }
`

// clickAt presses the mouse at a point of the window.
func clickAt(x, y float64) chromedp.Action[chromedp.Void] { return chromedp.MouseClickXY(x, y) }

// pressKey presses a key on whatever has the focus.
func pressKey(key string) chromedp.Action[chromedp.Void] { return chromedp.KeyEvent(key) }

// events collects what the page is told by events of some types.
func (p *page) events(types string) {
	p.t.Helper()
	_ = eval[bool](p, fmt.Sprintf(`(globalThis.told = [], %q.split(" ").forEach(type => document.addEventListener(type, e => { told.push(type + " " + JSON.stringify(e.detail)); e.preventDefault(); })), true)`, types))
}

// told returns what the page was told since the last call.
func (p *page) told() string {
	p.t.Helper()
	return eval[string](p, `told.splice(0).join("\n")`)
}

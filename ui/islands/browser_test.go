package islands_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"
)

// policy is stricter than what the pages are served with.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"

// browser is one Chromium for all tests of the package.
var browser = sync.OnceValues(startBrowser)

var stopBrowser = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

func startBrowser() (context.Context, error) {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errors.New("no browser: install chromium (apt-get install chromium)")
	}
	profile, err := os.MkdirTemp("", "islands")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1440, 900))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	stopBrowser = func() {
		stop()
		stopAllocator()
		_ = os.RemoveAll(profile) // a temporary directory that stays is no failure of a test
	}
	return ctx, chromedp.Do(ctx)
}

// page is a tab of the browser and the site that it looks at.
type page struct {
	t    testing.TB
	ctx  context.Context
	url  string
	mu   sync.Mutex
	bugs []string
}

// open starts a site that serves the body at "/", the bundled islands and the
// given handlers, and opens it in a new tab. What the page reports as an error,
// breaches of the content security policy included, fails the test.
func open(t testing.TB, body string, handlers map[string]http.Handler) *page {
	t.Helper()
	root, err := browser()
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(siteHandler(t, body, handlers))
	t.Cleanup(site.Close)
	tab, closeTab := chromedp.NewContext(root)
	t.Cleanup(closeTab)
	ctx, stop := context.WithTimeout(tab, 5*time.Minute)
	t.Cleanup(stop)
	p := &page{t: t, ctx: ctx, url: site.URL}
	// The tab lives as long as the context of its first action.
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, p.collect); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, cdplog.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	p.run(chromedp.Navigate(site.URL))
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, bug := range p.bugs {
			t.Error("page:", bug)
		}
	})
	return p
}

func (p *page) collect(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.bugs = append(p.bugs, fmt.Sprint(e.ExceptionDetails.Text, " ", e.ExceptionDetails.Exception.Description))
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError {
			p.bugs = append(p.bugs, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

// forgive drops the reported errors that contain text.
func (p *page) forgive(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var kept []string
	for _, bug := range p.bugs {
		if !strings.Contains(bug, text) {
			kept = append(kept, bug)
		}
	}
	p.bugs = kept
}

func (p *page) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// eval returns what an expression gives; promises are awaited.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	out, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return out
}

// until waits for an expression to be true.
func (p *page) until(expression string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		p.t.Fatalf("%s never came true: %v", expression, err)
	}
}

// scheme sets the color scheme that the reader prefers: light or dark.
func (p *page) scheme(name string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	if err != nil {
		p.t.Fatal(err)
	}
}

// shoot keeps pictures of the page in both themes among the test's artifacts.
func (p *page) shoot(name string) {
	p.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		p.scheme(scheme)
		_ = eval[bool](p, `new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => r(true), 0)))))`)
		png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			p.t.Fatal(err)
		}
		file := filepath.Join(p.t.ArtifactDir(), fmt.Sprintf("%s-%s.png", name, scheme))
		if err := os.WriteFile(file, png, 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
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
import { Camera } from "./graph/camera";
import { linesOf } from "./gantt/chart";
import { Keys, Selection, cellsOf, letterOf } from "./partition-map/keys";
import { arrange } from "./partition-map/arrange";
Object.assign(globalThis, { duration, ticks, Model, Grid, Camera, linesOf, Keys, Selection, cellsOf, letterOf, arrange });
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

// press presses keys one after another.
func (p *page) press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.run(pressKey(key))
	}
}

package browser

import (
	"context"
	"fmt"
	"log/slog"
	"net"
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

	"rivers.io/ui"
	"rivers.io/ui/uitest"
)

// chromium is one browser for all tests of the package.
var chromium = sync.OnceValues(startChromium)

var stopChromium = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	stopChromium()
	os.Exit(code)
}

// executable finds the browser: RIVERS_TEST_CHROMIUM, or one on the path.
func executable() (string, error) {
	names := []string{os.Getenv("RIVERS_TEST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"}
	for _, name := range names {
		if name == "" {
			continue
		}
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("no browser: install chromium, or name one in RIVERS_TEST_CHROMIUM")
}

func startChromium() (context.Context, error) {
	path, err := executable()
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "rivers-browser")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true), chromedp.WindowSize(1440, 900))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	stopChromium = func() {
		stop()
		stopAllocator()
		_ = os.RemoveAll(profile) // a temporary directory that stays is no failure of a test
	}
	return ctx, chromedp.Do(ctx)
}

// site is a filled UI behind a real listener.
type site struct {
	*uitest.Site
	http *httptest.Server
}

func newSite(t *testing.T, o uitest.Options) *site {
	t.Helper()
	o.Dir, o.Now, o.Logger = t.TempDir(), time.Now(), slog.New(slog.DiscardHandler)
	s, err := uitest.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Free()
	server := httptest.NewServer(s.Server)
	t.Cleanup(func() {
		s.Server.Drain()
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &site{s, server}
}

// page is a tab.
type page struct {
	t    *testing.T
	ctx  context.Context
	base string
	mu   sync.Mutex
	bugs []string
}

// open opens a path of the site in a new tab. What the page reports as an error,
// breaches of its policy included, fails the test.
func (s *site) open(t *testing.T, path string) *page {
	t.Helper()
	root, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	tab, closeTab := chromedp.NewContext(root)
	t.Cleanup(closeTab)
	ctx, stop := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(stop)
	p := &page{t: t, ctx: ctx, base: s.http.URL}
	if err := chromedp.Do(tab); err != nil { // the tab lives as long as the context of its first action
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, p.collect); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, cdplog.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	p.goTo(path)
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

// goTo opens a path and waits until the script is at work.
func (p *page) goTo(path string) {
	p.t.Helper()
	p.run(chromedp.Navigate(p.base + path))
	p.until(`document.documentElement.classList.contains("js") && document.readyState === "complete"`)
}

// eval returns what an expression gives; promises are awaited.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	out, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%.200s: %v", expression, err)
	}
	return out
}

// until waits for an expression to be true.
func (p *page) until(expression string) {
	p.t.Helper()
	_, err := chromedp.Run(p.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second)))
	for n := 0; n < 5 && err != nil && (strings.Contains(err.Error(), "navigated") || strings.Contains(err.Error(), "context")); n++ { // the page that was asked is gone; ask the next
		_, err = chromedp.Run(p.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second)))
	}
	if err != nil {
		p.t.Fatalf("%s never came true: %v\n%.600s", expression, err, eval[string](p, `document.querySelector("main").innerText`))
	}
}

// press presses keys one after another on whatever has the focus.
func (p *page) press(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		p.run(chromedp.KeyEvent(k))
	}
}

// click clicks what a selector finds first.
func (p *page) click(selector string) {
	p.t.Helper()
	if !eval[bool](p, fmt.Sprintf(`(e => { e?.click(); return e != null })(document.querySelector(%q))`, selector)) {
		p.t.Fatalf("nothing to click at %s", selector)
	}
}

// scheme sets the color scheme that the reader prefers.
func (p *page) scheme(name string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	if err != nil {
		p.t.Fatal(err)
	}
}

// settle waits until the page has painted.
func (p *page) settle() {
	p.t.Helper()
	_ = eval[bool](p, `new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => r(true), 0))))`)
}

// shoot keeps a picture.
func (p *page) shoot(name string) {
	p.t.Helper()
	p.settle()
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(screenshots(p.t), name+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// screenshots is where pictures go: RIVERS_SCREENSHOTS, or the artifacts of the
// test.
func screenshots(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("RIVERS_SCREENSHOTS")
	if dir == "" {
		return t.ArtifactDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func focus(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Focus(chromedp.CSS(selector))
}

// listen opens a TCP listener.
func listen(address string) (net.Listener, error) { return net.Listen("tcp", address) }

// uiLaunch is a small launch.
func uiLaunch() ui.Launch { return ui.Launch{Selection: "airports", RequestID: "announce"} }

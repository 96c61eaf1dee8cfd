package chromium

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const (
	// lifetime is after how long a tab that hangs fails its test.
	lifetime = 5 * time.Minute
	// patience is how long Until waits unless it is told otherwise.
	patience = 20 * time.Second
)

// Page is a tab that looks at a site. Its methods end the test that opened it when
// they cannot do what they are asked, and are for that test's goroutine.
type Page struct {
	// Patience is how long Until waits, 20 seconds unless it is set.
	Patience time.Duration

	t     testing.TB
	ctx   context.Context
	base  string
	ready string

	mu   sync.Mutex
	bugs []string
}

// Open opens an empty tab for the site at base, an URL without a path; the end of
// the test closes it. The expression ready, when it is not empty, is what Go waits
// for on each page. Errors that a page reports, and that Forgive did not drop,
// fail the test.
func Open(t testing.TB, base, ready string) *Page {
	t.Helper()
	root, err := browser()
	if err != nil {
		t.Fatal(err)
	}
	tab, closeTab := chromedp.NewContext(root)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(tab, lifetime)
	t.Cleanup(cancel)
	p := &Page{Patience: patience, t: t, ctx: ctx, base: base, ready: ready}
	if err := chromedp.Do(tab); err != nil { // the tab lives as long as the context of its first action
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, p.collect); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, cdplog.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.report)
	return p
}

// collect keeps what the page reports as an error.
func (p *Page) collect(event any) {
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

// report fails the test for each error.
func (p *Page) report() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, bug := range p.bugs {
		p.t.Error("page:", bug)
	}
}

// Forgive drops the reported errors that contain text.
func (p *Page) Forgive(text string) {
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

// Context is the tab's, for what chromedp does with one.
func (p *Page) Context() context.Context { return p.ctx }

// Run carries out actions.
func (p *Page) Run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// Go opens a path of the site and waits until the page is ready.
func (p *Page) Go(path string) {
	p.t.Helper()
	p.Run(chromedp.Navigate(p.base + path))
	if p.ready != "" {
		p.Until(p.ready)
	}
}

// Eval returns what an expression gives; promises are awaited.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	out, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%.200s: %v", expression, err)
	}
	return out
}

// Until waits for an expression to be true, on this page or on one that follows
// it. The test ends with the text of the open dialog, or else of the page, when it
// does not become true.
func (p *Page) Until(expression string) {
	p.t.Helper()
	err := p.poll(expression)
	for n := 0; n < 5 && err != nil && gone(err); n++ {
		err = p.poll(expression)
	}
	if err != nil {
		seen := `(document.querySelector("dialog[open]") ?? document.querySelector("main") ?? document.body).innerText`
		p.t.Fatalf("%s never came true: %v\n%.1200s", expression, err, Eval[string](p, seen))
	}
}

func (p *Page) poll(expression string) error {
	_, err := chromedp.Run(p.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(p.Patience)))
	return err
}

// gone says that the page that was asked gave way to another.
func gone(err error) bool {
	return strings.Contains(err.Error(), "navigated") || strings.Contains(err.Error(), "context")
}

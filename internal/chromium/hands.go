package chromium

import (
	"fmt"

	"github.com/chromedp/chromedp"
)

// Press presses keys one after another on whatever has the focus.
func (p *Page) Press(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		p.Run(chromedp.KeyEvent(k))
	}
}

// Click clicks what a selector finds first.
func (p *Page) Click(selector string) {
	p.t.Helper()
	if !Eval[bool](p, fmt.Sprintf(`(e => { e?.click(); return e != null })(document.querySelector(%q))`, selector)) {
		p.t.Fatalf("nothing to click at %s", selector)
	}
}

// Fill replaces the value of the field that a selector finds first, as typing would.
func (p *Page) Fill(selector, value string) {
	p.t.Helper()
	fill := `(e => { if (e == null) return false; e.value = %q; e.dispatchEvent(new Event("input", {bubbles: true})); return true })(document.querySelector(%q))`
	if !Eval[bool](p, fmt.Sprintf(fill, value, selector)) {
		p.t.Fatalf("nothing to fill at %s", selector)
	}
}

// Focus moves the focus to what a selector finds first.
func (p *Page) Focus(selector string) {
	p.t.Helper()
	p.Run(chromedp.Focus(chromedp.CSS(selector)))
}

package browser

import (
	"testing"

	"rivers.io/ui/uitest"
)

// show tells the page that its tab is seen or hidden.
func (p *page) show(seen bool) {
	p.t.Helper()
	script := `(Object.defineProperty(document, "hidden", {configurable: true, value: true}), document.dispatchEvent(new Event("visibilitychange")), true)`
	if seen {
		script = `(delete document.hidden, document.dispatchEvent(new Event("visibilitychange")), true)`
	}
	_ = eval[bool](p, script)
}

// connections counts the streams that are open.
const connections = `fetch("/debug/live").then(r => r.json()).then(c => c.connections)`

// TestHiddenTab holds no connection while its tab is hidden, and fetches anew when
// it is seen again (S-92, S-146).
func TestHiddenTab(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/runs")
	p.Until(`document.querySelector("rivers-live").dataset.state === "live"`)
	if n := eval[int](p, connections); n != 1 {
		t.Errorf("a tab holds %d connections", n)
	}
	_ = eval[bool](p, `(() => { const real = fetch; window.fetches = 0; window.fetch = (u, o) => { if (o?.headers?.["Rivers-Fragments"]) window.fetches++; return real(u, o) }; return true })()`)
	p.show(false)
	p.Until(`fetch("/debug/live").then(r => r.json()).then(c => c.connections === 0)`)
	if n := eval[int](p, `window.fetches`); n != 0 {
		t.Errorf("%d refetches while hidden", n)
	}
	p.show(true)
	p.Until(`document.querySelector("rivers-live").dataset.state === "live" && window.fetches === 1`)
	if n := eval[int](p, connections); n != 1 {
		t.Errorf("seen again, the tab holds %d connections", n)
	}
}

// TestStale tells how old the page is once it was without a connection for a
// minute (S-93).
func TestStale(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home)
	p.Until(`document.querySelector("rivers-live").dataset.state === "live"`)
	s.Server.Drain()
	s.http.Close()
	p.Until(`document.querySelector("rivers-live").dataset.state === "reconnecting"`)
	_ = eval[bool](p, `(() => { const real = Date.now; Date.now = () => real() + 180_000; return true })()`)
	p.Until(`document.querySelector("rivers-live").dataset.state === "stale" && /^Stale · 3\u202fmin$/.test(document.querySelector("rivers-live .word").textContent)`)
	p.Forgive("ERR_CONNECTION_REFUSED")
	p.Forgive("ERR_INCOMPLETE_CHUNKED_ENCODING")
	p.Forgive("ERR_EMPTY_RESPONSE")
}

// TestConfirm asks before what cannot be undone, naming how much of what (S-78).
func TestConfirm(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/runs")
	p.Click("tbody tr:nth-child(4) .pick input")
	p.Click("tbody tr:nth-child(5) .pick input")
	p.Click("button[value=delete]")
	p.Until(`document.querySelector("dialog[open]")?.innerText.includes("Delete 2 runs with events and logs?")`)
	p.accessible()
	_ = eval[bool](p, `(window.same = true)`)
	p.Click("dialog[open] .dialog-foot button")
	p.Until(`document.querySelector("dialog[open]") === null && window.same && document.querySelectorAll("tbody input:checked").length === 2`)
}

// Package chromium drives a real browser in tests: one Chromium for all tests of
// a binary, a tab of its own for each that asks.
//
//	func TestMain(m *testing.M) { chromium.Main(m) }
//
//	p := chromium.Open(t, server.URL, "")
//	p.Go("/runs")
//	p.Until(`document.querySelector("tbody tr") !== null`)
//	p.Shoot("runs")
//
// What a page reports as an error (an exception, a failed request, a breach of its
// content security policy) fails the test that opened it. The browser is the one
// that RIVERS_TEST_CHROMIUM names, or the first Chromium on the path; without one
// the test fails, it is never left out. Pictures go to RIVERS_SCREENSHOTS, or to
// the artifacts of the test.
//
// Nothing but tests may import it, and it must never know what it looks at: it
// imports no other package of the module.
package chromium

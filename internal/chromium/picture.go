package chromium

import (
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Themes are the color schemes that a reader can prefer.
var Themes = []string{"light", "dark"}

// Scheme sets the color scheme that the reader prefers, one of Themes; from then on
// the reader prefers reduced motion too.
func (p *Page) Scheme(name string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	if err != nil {
		p.t.Fatal(err)
	}
}

// Settle waits until the page has painted what it holds.
func (p *Page) Settle() {
	p.t.Helper()
	_ = Eval[bool](p, `new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => r(true), 0)))))`)
}

// Shoot keeps a picture of the window as name.png.
func (p *Page) Shoot(name string) {
	p.t.Helper()
	p.Settle()
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.pictures(), name+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// ShootThemes keeps a picture in each of Themes, as name-light.png and so on.
func (p *Page) ShootThemes(name string) {
	p.t.Helper()
	for _, theme := range Themes {
		p.Scheme(theme)
		p.Shoot(name + "-" + theme)
	}
}

// pictures is where they go: RIVERS_SCREENSHOTS, or the artifacts of the test.
func (p *Page) pictures() string {
	p.t.Helper()
	dir := os.Getenv("RIVERS_SCREENSHOTS")
	if dir == "" {
		return p.t.ArtifactDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	return dir
}

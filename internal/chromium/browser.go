package chromium

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// browser is the one browser of the test binary.
var browser = sync.OnceValues(start)

// stop ends it, once it was started.
var stop = func() {}

// Main runs the tests, ends the browser if one was started, and exits. A package
// that opens tabs calls it from its TestMain.
func Main(m *testing.M) {
	code := m.Run()
	stop()
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
	return "", errors.New("no browser: install chromium, or name one in RIVERS_TEST_CHROMIUM")
}

// start starts the browser with a profile that stop removes.
func start() (context.Context, error) {
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
	ctx, stopBrowser := chromedp.NewContext(allocator)
	stop = func() {
		stopBrowser()
		stopAllocator()
		_ = os.RemoveAll(profile) // a temporary directory that stays is no failure of a test
	}
	return ctx, chromedp.Do(ctx)
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/chromedp/chromedp"
)

// frameSizes are the made-up pipelines whose lineage is looked at.
var frameSizes = []string{"10k", "50k"}

func frameMeasurements() []measurement {
	var all []measurement
	for _, size := range frameSizes {
		all = append(all, measurement{name: "ui/frames, " + size + " assets", run: func(dir string) ([]figure, error) { return measureFrames(dir, size) }})
	}
	return all
}

// measureFrames serves a made-up pipeline by riversctl dev and drives its lineage in
// a real browser.
func measureFrames(dir, size string) ([]figure, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	url, began, stop, err := startSynthetic(ctx, dir, size)
	if err != nil {
		return nil, err
	}
	defer stop()
	figures := []figure{{Name: "riversctl dev, from its start to serving, filled build cache", Value: began.Seconds(), Unit: "s"}}
	base := url + "/locations/local/synthetic-" + size
	served, err := measureDrawing(ctx, base)
	if err != nil {
		return nil, err
	}
	figures = append(figures, served...)
	seen, err := measureBrowser(ctx, dir, base)
	return append(figures, seen...), err
}

// startSynthetic builds riversctl and starts dev on a made-up pipeline; stop ends it.
func startSynthetic(ctx context.Context, dir, size string) (url string, took time.Duration, stop func(), err error) {
	top, err := root()
	if err != nil {
		return "", 0, nil, err
	}
	program := filepath.Join(dir, "riversctl")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cli/riversctl")
	build.Dir = top
	if out, err := build.CombinedOutput(); err != nil {
		return "", 0, nil, fmt.Errorf("%w: %s", err, out)
	}
	cmd := exec.CommandContext(ctx, program, "dev", "--synthetic", size, "--rivers-dir", top, "--no-daemon",
		"--state-dir", filepath.Join(dir, "state"), "--port", "0", "--grpc-port", "0", "--registry-port", "0")
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", 0, nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // what was measured is known by now
	}
	took, err = timed(func() error {
		if err := cmd.Start(); err != nil {
			return err
		}
		url, err = printedURL(out)
		return err
	})
	if err != nil && cmd.Process != nil {
		stop()
	}
	return url, took, stop, err
}

// measureDrawing asks for the drawing as the page does, first when nothing is known
// of it and then again.
func measureDrawing(ctx context.Context, base string) ([]figure, error) {
	first, size, err := fetch(ctx, base+"/graph.json")
	if err != nil {
		return nil, err
	}
	again, _, err := fetch(ctx, base+"/graph.json")
	if err != nil {
		return nil, err
	}
	page, pageSize, err := fetch(ctx, base+"/graph")
	return []figure{
		{Name: "server, first drawing: read, laid out and sent", Value: milliseconds(first), Unit: "ms", Aim: "layout of 50k at most 3 s"},
		{Name: "server, the same again", Value: milliseconds(again), Unit: "ms"},
		{Name: "drawing, compressed", Value: float64(size) / 1024, Unit: "KiB"},
		{Name: "server, page", Value: milliseconds(page), Unit: "ms", Beside: fmt.Sprintf("%.1f KiB compressed", float64(pageSize)/1024)},
	}, err
}

// fetch returns how long an answer takes and how large it is on the wire.
func fetch(ctx context.Context, url string) (took time.Duration, size int64, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, 0, err
	}
	request.Header.Set("Accept-Encoding", "gzip")
	took, err = timed(func() error {
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s", url, answer.Status)
		}
		size, err = io.Copy(io.Discard, answer.Body)
		return err
	})
	return took, size, err
}

// measureBrowser opens the lineage in a browser and moves about in it.
func measureBrowser(ctx context.Context, dir, base string) ([]figure, error) {
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox, chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.WindowSize(1440, 900),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	if path := os.Getenv("RIVERS_TEST_CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(ctx, options...)
	defer stopAllocator()
	tab, stopTab := chromedp.NewContext(allocator)
	defer stopTab()
	if err := chromedp.Do(tab); err != nil {
		return nil, fmt.Errorf("start a browser: %w", err)
	}
	opened, err := timed(func() error {
		if err := chromedp.Do(tab, chromedp.Navigate(base+"/graph")); err != nil {
			return err
		}
		_, err := chromedp.Run(tab, chromedp.Poll[bool](drawnWhole, chromedp.WithPollingTimeout(time.Minute)))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the lineage: %w", err)
	}
	figures := []figure{{Name: "browser, page opened until all is drawn", Value: opened.Seconds(), Unit: "s"}}
	search, err := chromedp.Run(tab, chromedp.Evaluate[float64](searchOnce, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	figures = append(figures, figure{Name: "browser, search until the node is asked into the middle", Value: search, Unit: "ms", Aim: "under 200 ms"})
	raw, err := chromedp.Run(tab, chromedp.Evaluate[string](journey, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, fmt.Errorf("move about: %w", err)
	}
	frames, err := frameFigures(raw)
	return append(figures, frames...), err
}

// leg is a part of the journey with the milliseconds between its frames.
type leg struct {
	Name   string    `json:"name"`
	Scale  float64   `json:"scale"`
	Deltas []float64 `json:"deltas"`
	// Work is what the graph's own script took in each of these frames.
	Work []float64 `json:"work"`
}

// frameFigures tells the median and the 95th percentile of each leg and of all.
func frameFigures(raw string) ([]figure, error) {
	var legs []leg
	if err := json.Unmarshal([]byte(raw), &legs); err != nil {
		return nil, fmt.Errorf("frames %.100s: %w", raw, err)
	}
	var figures []figure
	whole := leg{Name: "all"}
	for _, l := range legs {
		whole.Deltas, whole.Work = append(whole.Deltas, l.Deltas...), append(whole.Work, l.Work...)
	}
	for _, l := range append(legs, whole) {
		if len(l.Deltas) == 0 || len(l.Work) == 0 {
			return nil, errors.New("the browser drew nothing during " + l.Name)
		}
		median, p95 := percentile(l.Deltas, 0.5), percentile(l.Deltas, 0.95)
		figures = append(figures, figure{
			Name: "browser, " + l.Name, Value: 1000 / median, Unit: "frames/s", Aim: "at least 30 frames/s",
			Beside: fmt.Sprintf("a frame: median %.1f ms, p95 %.1f ms, worst %.0f ms; script: median %.1f ms, p95 %.1f ms; %d frames",
				median, p95, slices.Max(l.Deltas), percentile(l.Work, 0.5), percentile(l.Work, 0.95), len(l.Deltas)),
		})
	}
	return figures, nil
}

// percentile returns the smallest value that a share of all do not exceed.
func percentile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}

// drawnWhole is true once the graph stands still with all its nodes drawn.
const drawnWhole = `(() => {
	const g = document.querySelector("rivers-graph");
	return g?.model?.count > 0 && g.frameTimes.length > 0 && g.stage.job === undefined && g.stage.asked === 0;
})()`

// searchOnce types the name of the last node and waits for the frame after it.
const searchOnce = `(async () => {
	const g = document.querySelector("rivers-graph"), began = performance.now();
	g.search(g.model.name(g.model.count - 1), 0);
	await new Promise(requestAnimationFrame);
	const took = performance.now() - began;
	g.clear();
	g.fit(false);
	return took;
})()`

// journey moves through the graph as a hand does, by events on the view: one event
// each frame. It tells the time between frames of each leg.
const journey = `(async () => {
	const g = document.querySelector("rivers-graph"), view = g.shadowRoot.querySelector(".view"), camera = g.stage.camera;
	const box = view.getBoundingClientRect(), mid = [box.left + box.width / 2, box.top + box.height / 2];
	const frame = () => new Promise(requestAnimationFrame);
	const still = async () => { for (let n = 0; n < 600 && (g.stage.asked !== 0 || n < 5); n++) await frame(); };
	const legs = [];
	const leg = async (name, steps, act) => {
		await still();
		const deltas = [], work = [];
		let last = await frame();
		for (let i = 0; i < steps; i++) {
			act(i);
			const now = await frame();
			deltas.push(now - last);
			work.push(g.frameTimes[g.frameTimes.length - 1] ?? 0);
			last = now;
		}
		legs.push({ name, scale: camera.view.scale, deltas, work });
	};
	const wheel = (sign) => () => view.dispatchEvent(new WheelEvent("wheel", { deltaY: sign * 40, clientX: mid[0], clientY: mid[1], bubbles: true, cancelable: true }));
	const pointer = (type, x, y, buttons) => view.dispatchEvent(new PointerEvent(type, { pointerId: 1, pointerType: "mouse", isPrimary: true, button: 0, buttons, clientX: x, clientY: y, bubbles: true }));
	view.setPointerCapture = () => undefined; // there is no such pointer
	const drag = async (name) => {
		let x = mid[0], y = mid[1];
		pointer("pointerdown", x, y, 1);
		await leg(name, 120, (i) => {
			const there = i % 60 < 30 ? 1 : -1;
			x += there * 12;
			y += there * 5;
			pointer("pointermove", x, y, 1);
		});
		pointer("pointerup", x, y, 0);
	};
	const to = async (scale) => { camera.zoom(scale / camera.view.scale, box.width / 2, box.height / 2, false); g.movedByHand(); await still(); };
	g.fit(false);
	await drag("drag, the whole in view");
	await leg("wheel in, from the whole to names", 120, wheel(-1));
	await to(0.2);
	await drag("drag, boxes only");
	await to(0.4);
	await drag("drag, names");
	await to(0.8);
	await drag("drag, names with kinds and status");
	await leg("wheel out, back to the whole", 120, wheel(1));
	return JSON.stringify(legs);
})()`

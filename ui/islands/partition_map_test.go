package islands_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rivers.io/runtime/partition"
	"rivers.io/ui/partitions"
)

// keyed is a site with the partitions of an asset.
func keyed(t *testing.T, definition partition.Definition, now time.Time, state func(o uint64) byte) map[string]http.Handler {
	t.Helper()
	space, err := partition.New(definition)
	if err != nil {
		t.Fatal(err)
	}
	in := partitions.Input{Space: space, Now: now}
	for o := range space.Count(now) {
		switch state(o) {
		case 'm':
			in.Materialized.Add(o)
		case 'f':
			in.Failed.Add(o)
		case 'r':
			in.Running.Add(o)
		}
	}
	return map[string]http.Handler{"GET /partitions.json": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := partitions.Serve(w, r, in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})}
}

// mixed is mostly done, with holes, failures and the last keys in progress.
func mixed(total uint64) func(o uint64) byte {
	return func(o uint64) byte {
		switch x := o * 2654435761 % 97; {
		case o+3 >= total:
			return 'r'
		case o+8 >= total || x == 5 || x > 93 || (o > total/3 && o < total/3+total/40):
			return '-'
		case x == 11:
			return 'f'
		default:
			return 'm'
		}
	}
}

const mapBody = `<div class="pad"><rivers-partition-map src="/partitions.json" asset="flights" href="/keys/{key}"></rivers-partition-map></div>`

func mapOf(t *testing.T, handlers map[string]http.Handler) *page {
	p := open(t, mapBody, handlers)
	p.Until(`document.querySelector("rivers-partition-map").cellCount > 0`)
	return p
}

func daily(days int) (partition.Definition, time.Time) {
	first := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	return partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: first.AddDate(0, 0, days-1).Format(time.DateOnly)}, first.AddDate(10, 0, 0)
}

func TestPartitionMapPictures(t *testing.T) {
	for name, days := range map[string]int{"map-90-days": 90, "map-1461-days": 1461} {
		t.Run(name, func(t *testing.T) {
			definition, now := daily(days)
			mapOf(t, keyed(t, definition, now, mixed(uint64(days)))).ShootThemes(name)
		})
	}
	t.Run("million hours", func(t *testing.T) {
		definition := partition.Definition{Kind: partition.Hourly, Start: "1950-01-01T00:00", End: "2064-01-30T16:00"}
		p := mapOf(t, keyed(t, definition, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), mixed(1_000_000)))
		p.ShootThemes("map-million-hours")
		p.Run(clickAt(24+60, 24+40+40))
		p.ShootThemes("map-million-hours-selected")
		_ = eval[bool](p, `(document.querySelector("rivers-partition-map").shadowRoot.querySelector(".pane").focus(), true)`)
		p.Run(pressKey("\r"))
		p.Until(`document.querySelector("rivers-partition-map").cellCount < 800`)
		p.ShootThemes("map-month-of-hours")
	})
	t.Run("static", func(t *testing.T) {
		definition := partition.Definition{Kind: partition.Static}
		for i := range 300 {
			definition.Keys = append(definition.Keys, string([]byte{'A' + byte(i/26%26), 'A' + byte(i%26), 'X'}))
		}
		mapOf(t, keyed(t, definition, time.Time{}, mixed(300))).ShootThemes("map-static")
	})
}

func TestPartitionMapSelectsRanges(t *testing.T) {
	definition, now := daily(90)
	p := mapOf(t, keyed(t, definition, now, mixed(90)))
	p.Scheme("light")
	p.events("rivers-partitions rivers-materialize")
	_ = eval[bool](p, `(globalThis.map = document.querySelector("rivers-partition-map"), globalThis.root = map.shadowRoot, root.querySelector(".pane").focus(), true)`)
	x := func(day int) float64 {
		return eval[float64](p, fmt.Sprintf(`root.querySelector(".pane").getBoundingClientRect().left + map.place.x[%d] + 5`, day))
	}
	y := func(day int) float64 {
		return eval[float64](p, fmt.Sprintf(`root.querySelector(".pane").getBoundingClientRect().top + map.place.y[%d] + 5`, day))
	}
	p.Run(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x(3), y(3), chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x(20), y(20), chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x(20), y(20), chromedp.ButtonLeft, chromedp.ClickCount(1)))
	if got := p.told(); got != `rivers-partitions {"asset":"flights","partitions":"2001-01-04..2001-01-21","count":18}` {
		t.Errorf("brushed %s", got)
	}
	p.ShootThemes("map-brushed")
	p.Run(chromedp.MouseClickXY(x(40), y(40), func(e *input.DispatchMouseEventParams) { e.Modifiers = int64(chromedp.ModifierCtrl) }))
	p.Run(chromedp.MouseClickXY(x(10), y(10), func(e *input.DispatchMouseEventParams) { e.Modifiers = int64(chromedp.ModifierCtrl) }))
	if got := eval[string](p, `map.partitions`); got != "2001-01-04..2001-01-10,2001-01-12..2001-01-21,2001-02-10" {
		t.Errorf("selected %s", got)
	}
	p.told()
	_ = eval[bool](p, `(root.querySelector("button.primary").click(), true)`)
	if got := p.told(); got != `rivers-materialize {"selection":"flights","partitions":"2001-01-04..2001-01-10,2001-01-12..2001-01-21,2001-02-10"}` {
		t.Errorf("asked for %s", got)
	}
	p.Run(chromedp.Reload())
	p.Until(`document.querySelector("rivers-partition-map")?.partitions === "2001-01-04..2001-01-10,2001-01-12..2001-01-21,2001-02-10"`)
}

func TestPartitionMapIsWalkedByKeys(t *testing.T) {
	definition, now := daily(90)
	p := mapOf(t, keyed(t, definition, now, mixed(90)))
	_ = eval[bool](p, `(globalThis.map = document.querySelector("rivers-partition-map"), globalThis.root = map.shadowRoot, root.querySelector(".pane").focus(), true)`)
	p.Press(kb.Home, kb.ArrowDown, kb.ArrowRight)
	if got := p.spoken(); got != "2001-01-09, missing" && got != "2001-01-09, materialized" {
		t.Errorf("down and right lead to %q", got)
	}
	p.Press(" ")
	if got := eval[string](p, `map.partitions`); got != "2001-01-09" {
		t.Errorf("selected %s", got)
	}
	p.Press(kb.Escape)
	if got := eval[string](p, `map.partitions`); got != "" {
		t.Errorf("still selected: %s", got)
	}
}

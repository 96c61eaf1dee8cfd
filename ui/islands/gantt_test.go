package islands_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/plan"
	"rivers.io/ui/gantt"
)

// story tells the events of a run.
type story struct {
	mu    sync.Mutex
	steps []plan.Step
	now   time.Time
	chart *gantt.Chart
	seq   uint64
}

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func newStory(steps []plan.Step) *story {
	s := &story{steps: steps, chart: gantt.New(steps, nil), now: start}
	s.tell(0, 0, &event.RunCreated{Steps: len(steps)}, -1)
	s.tell(1200, 0, &event.RunStarted{Epoch: 1}, -1)
	return s
}

// tell adds an event at a number of milliseconds after the start.
func (s *story) tell(at int, attempt int, payload event.Payload, step int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	e := event.Event{Seq: s.seq, Time: start.Add(time.Duration(at) * time.Millisecond), Payload: payload}
	if step >= 0 {
		e.Attempt = event.Attempt{Step: s.steps[step].ID, Number: attempt}
	}
	if e.Time.After(s.now) {
		s.now = e.Time
	}
	s.chart.Apply([]event.Event{e})
}

// does tells one attempt that succeeds.
func (s *story) does(step, from, to int) {
	s.tell(from, 1, &event.StepLaunched{}, step)
	s.tell(to, 1, &event.StepSucceeded{}, step)
}

func (s *story) handlers() map[string]http.Handler {
	return map[string]http.Handler{"GET /gantt.json": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		after, err := gantt.After(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		now := s.now
		s.mu.Unlock()
		if err := gantt.Serve(w, r, s.chart.Since(after, now)); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})}
}

func step(name, key string, after ...int32) plan.Step {
	return plan.Step{ID: event.Step{Name: name, Key: partition.Key(key)}, After: after}
}

// flightDay is a run with waits, retries, a failure, a ghost and a long tail.
func flightDay() *story {
	s := newStory([]plan.Step{
		step("flights_raw", "2001-01-01"), step("airports", ""), step("carriers", ""), step("flights", "2001-01-01", 0, 1),
		step("daily_delays", "2001-01-01", 3), step("route_network", "", 3), step("hub_ranking", "", 5, 2), step("monthly_report", "", 4, 6),
	})
	s.does(1, 1300, 2900)
	s.tell(1300, 1, &event.StepLaunched{}, 0)
	s.tell(5100, 1, &event.StepFailed{Error: "GET https://example.org/2001-01-01.csv: 503 Service Unavailable"}, 0)
	s.tell(5100, 1, &event.StepRetryScheduled{NotBefore: start.Add(7100 * time.Millisecond)}, 0)
	s.tell(7300, 2, &event.StepLaunched{}, 0)
	s.tell(9000, 2, &event.StepFailed{Error: "GET https://example.org/2001-01-01.csv: connection reset"}, 0)
	s.tell(9000, 2, &event.StepRetryScheduled{NotBefore: start.Add(13000 * time.Millisecond)}, 0)
	s.tell(13200, 3, &event.StepLaunched{}, 0)
	s.tell(17400, 3, &event.StepSucceeded{}, 0)
	s.does(2, 2950, 4300)
	s.does(3, 17500, 24600)
	s.does(5, 24700, 31200)
	s.tell(27600, 1, &event.StepLaunched{}, 4)
	s.tell(31300, 1, &event.StepLaunched{}, 6)
	s.tell(36000, 1, &event.StepSucceeded{}, 4)
	s.chart.Compare(map[event.Step]time.Duration{
		s.steps[1].ID: 1500 * time.Millisecond, s.steps[3].ID: 5200 * time.Millisecond, s.steps[5].ID: 8900 * time.Millisecond,
		s.steps[0].ID: 3900 * time.Millisecond, s.steps[4].ID: 8300 * time.Millisecond, s.steps[6].ID: 9000 * time.Millisecond,
	})
	s.now = start.Add(38 * time.Second)
	return s
}

// month is a run over all days of a month, each day's steps after each other.
func month(days int) *story {
	var steps []plan.Step
	for _, asset := range []string{"flights_raw", "flights", "daily_delays"} {
		for day := range days {
			s := step(asset, start.AddDate(0, 0, day).Format(time.DateOnly))
			if n := len(steps); n >= days {
				s.After = []int32{int32(n - days)}
			}
			steps = append(steps, s)
		}
	}
	steps = append(steps, step("monthly_report", "", int32(len(steps)-1)))
	s := newStory(steps)
	for day := range days {
		from := 1300 + day/4*900 + day%4*110
		for a := range 3 {
			long := 300 + (day*37+a*91)%420
			if day == 17 && a == 1 {
				s.tell(from, 1, &event.StepLaunched{}, a*days+day)
				s.tell(from+long, 1, &event.StepFailed{Error: "row 481: no such airport", Final: true}, a*days+day)
				s.tell(from+long, 0, &event.StepSkipped{Cause: "flights failed"}, 2*days+day)
				break
			}
			s.does(a*days+day, from, from+long)
			from += long + 20
		}
	}
	return s
}

const ganttBody = `<div class="pad"><rivers-gantt src="/gantt.json" data-logs="/logs"></rivers-gantt></div>`

func chartOf(t *testing.T, s *story) *page {
	p := open(t, ganttBody, s.handlers())
	p.Until(`document.querySelector("rivers-gantt").summary !== ""`)
	return p
}

func TestGanttPictures(t *testing.T) {
	for _, c := range []struct {
		name string
		run  *story
	}{{"gantt-retries", flightDay()}, {"gantt-month", month(31)}, {"gantt-3333-days", month(3333)}} {
		t.Run(c.name, func(t *testing.T) { chartOf(t, c.run).ShootThemes(c.name) })
	}
	t.Run("open", func(t *testing.T) {
		p := chartOf(t, month(31))
		p.Run(clickAt(200, 24+32+30+14+28))
		p.ShootThemes("gantt-month-open")
	})
}

func TestGanttGrowsWithTheRun(t *testing.T) {
	s := newStory([]plan.Step{step("extract", ""), step("load", "", 0)})
	p := chartOf(t, s)
	summary := `document.querySelector("rivers-gantt").summary`
	p.Until(summary + ` === "extract ready\nload waiting"`)
	s.tell(1300, 1, &event.StepLaunched{}, 0)
	_ = eval[bool](p, `document.querySelector("rivers-gantt").refresh().then(() => true)`)
	p.Until(summary + ` === "extract running\nload waiting"`)
	s.tell(1900, 1, &event.StepSucceeded{}, 0)
	s.tell(2000, 1, &event.StepLaunched{}, 1)
	s.tell(2900, 1, &event.StepFailed{Error: "no room", Final: true}, 1)
	s.tell(2900, 0, &event.RunFinished{Outcome: event.Failed}, -1)
	_ = eval[bool](p, `document.querySelector("rivers-gantt").refresh().then(() => true)`)
	p.Until(summary + ` === "extract succeeded\nload failed"`)
	if got := eval[string](p, `document.querySelector("rivers-gantt").shadowRoot.querySelector(".sum").textContent.replaceAll("\u202f", " ")`); got != "2 steps · 1.7 s" {
		t.Error(got)
	}
}

func TestGanttSelectsByMouseAndKeys(t *testing.T) {
	p := chartOf(t, flightDay())
	p.Scheme("light")
	p.events("rivers-step")
	p.Run(clickAt(100, 24+40+30+28*3+14))
	p.Until(`new URL(location).searchParams.get("step") === "flights" && new URL(location).searchParams.get("partition") === "2001-01-01"`)
	p.Press(kb.ArrowDown, kb.ArrowDown, " ")
	p.Until(`new URL(location).searchParams.get("step") === "route_network"`)
	want := "rivers-step {\"step\":\"flights\",\"partition\":\"2001-01-01\"}\nrivers-step {\"step\":\"route_network\",\"partition\":\"\"}"
	if got := p.told(); got != want {
		t.Errorf("told %s", got)
	}
	p.Press(kb.Escape)
	p.Until(`!location.search.includes("step=")`)
	p.Press("+", "+")
	p.Until(`location.search.includes("span=")`)
	p.ShootThemes("gantt-zoomed")
	p.Press("0")
	p.Until(`!location.search.includes("span=")`)
}

func TestGanttHoldsTenThousandStepsInFewElements(t *testing.T) {
	p := chartOf(t, month(3333))
	p.Scheme("light")
	p.Run(clickAt(100, 24+40+30+14))
	p.Until(`location.search.includes("open=flights_raw")`)
	got := eval[[]float64](p, `(r => [r.querySelectorAll("*").length, r.querySelector(".scroll").scrollHeight > 90000])(document.querySelector("rivers-gantt").shadowRoot).map(Number)`)
	if got[0] > 80 || got[1] != 1 {
		t.Errorf("%v elements, scrolls %v", got[0], got[1])
	}
	p.Press(kb.End)
	if spoken := eval[string](p, `document.querySelector("rivers-gantt").shadowRoot.querySelector("[role=status]").textContent`); spoken != "monthly_report, ready, on the critical path" && spoken != "monthly_report, ready" {
		t.Errorf("the last line is %q", spoken)
	}
}

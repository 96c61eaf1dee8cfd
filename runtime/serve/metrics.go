package serve

import (
	"github.com/prometheus/client_golang/prometheus"
)

// executing is what an executor tells of itself.
type executing interface {
	Active() []string
	Abandoned() int64
}

// metrics returns a registry that counts what an executor does; the server serves
// it at /metrics with its own.
func metrics(m executing) (*prometheus.Registry, error) {
	reg := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rivers_active_runs", Help: "Runs that this process carries out now.",
		}, func() float64 { return float64(len(m.Active())) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "rivers_abandoned_functions_total", Help: "Functions that went on after their step was canceled.",
		}, func() float64 { return float64(m.Abandoned()) }),
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return reg, nil
}

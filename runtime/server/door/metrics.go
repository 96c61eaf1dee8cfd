package door

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
)

// counts are the metrics of a door's calls.
type counts struct {
	calls *prometheus.CounterVec
	times *prometheus.HistogramVec
}

func newCounts(reg prometheus.Registerer) (*counts, error) {
	c := &counts{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rivers_grpc_calls_total", Help: "Finished calls by service, method and code.",
		}, []string{"service", "method", "code"}),
		times: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rivers_grpc_call_seconds", Help: "Duration of calls; of streams, until they ended.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 9),
		}, []string{"service", "method"}),
	}
	for _, m := range []prometheus.Collector{c.calls, c.times} {
		if err := reg.Register(m); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// observe counts a call. Only registered methods get here, so labels are
// bounded.
func (c *counts) observe(method string, code codes.Code, d time.Duration) {
	service, name, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	c.calls.WithLabelValues(service, name, code.String()).Inc()
	c.times.WithLabelValues(service, name).Observe(d.Seconds())
}

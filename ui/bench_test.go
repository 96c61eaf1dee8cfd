package ui_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/store"
	"rivers.io/ui/uitest"
)

// BenchmarkPages of a location with 10,000 assets: server time and bytes.
func BenchmarkPages(b *testing.B) {
	s, err := uitest.Open(b.Context(), uitest.Options{Dir: b.TempDir(), Now: present, Empty: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	defs := make([]asset.Definition, 10_000)
	for i := range defs {
		defs[i] = asset.Definition{Name: fmt.Sprintf("asset_%05d", i), Group: fmt.Sprintf("group_%02d", i%40), Kinds: []string{"parquet"}}
		for j := 1; j <= 3 && i >= 10*j; j++ {
			defs[i].Inputs = append(defs[i].Inputs, asset.Input{Asset: defs[i-7*j].Name, Kind: asset.Data})
		}
	}
	if _, err := s.Writer.Location(uitest.Identity).Register(b.Context(), store.Catalogue{Name: "aviation", Hash: "h", Definitions: defs}); err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{"", "/assets", "/assets/asset_05000", "/graph", "/graph/status.json", "/search?q=500", "/materialize?selection=asset_05000"} {
		b.Run("page="+path, func(b *testing.B) {
			for b.Loop() {
				r := request(b.Context(), "GET", home+path, "")
				r.Header.Set("Accept-Encoding", "gzip")
				w := httptest.NewRecorder()
				s.Server.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatalf("status %d", w.Code)
				}
				b.ReportMetric(float64(w.Body.Len()), "bytes/page")
			}
		})
	}
}

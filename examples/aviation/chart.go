package main

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// chart draws one bar a value as an SVG image, in a data URI.
func chart(values []float64) string {
	const width, height, base = 640.0, 160.0, 140.0
	low, high := 0.0, 1.0
	if len(values) > 0 {
		low, high = min(0, slices.Min(values)), max(1, slices.Max(values))
	}
	scale := (base - 20) / (high - low)
	zero := base + low*scale
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="system-ui" font-size="11">`, width, height)
	step := width / max(1, float64(len(values)))
	for i, v := range values {
		y, h := zero-v*scale, v*scale
		if v < 0 {
			y, h = zero, -h
		}
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#3b7dd8"/>`, float64(i)*step, y, step*0.8, h)
	}
	fmt.Fprintf(&b, `<text x="0" y="12" fill="#777">up to %.0f minutes on %d days</text></svg>`, high, len(values))
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(b.String()))
}

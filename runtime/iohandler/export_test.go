package iohandler

import "testing"

// WriteRaw puts any bytes where a value would lie.
func WriteRaw(t testing.TB, b *Blob, path string, raw []byte) {
	t.Helper()
	if err := b.bucket.WriteAll(t.Context(), path, raw, nil); err != nil {
		t.Fatal(err)
	}
}

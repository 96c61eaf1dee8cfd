package main

import "testing"

// TestFresh proves that what is checked in is what the sources give.
func TestFresh(t *testing.T) {
	t.Parallel()
	if err := run("..", true); err != nil {
		t.Error(err)
	}
}

package retention

import (
	"testing"

	"github.com/google/uuid"
)

func TestSketchHoldsWhatWasAdded(t *testing.T) {
	s := newSketch()
	var wrong int
	for range 20_000 {
		id := uuid.New()
		if s.has(id) {
			wrong++
		}
		s.add(id)
		if !s.has(id) {
			t.Fatalf("%s was added and is not there", id)
		}
	}
	if wrong > 5 { // about 20,000 / 10^11 are expected
		t.Errorf("%d of 20000 were there before they were added", wrong)
	}
}

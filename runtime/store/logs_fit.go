package store

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Fit returns the lines to store in place of a line: itself, or, when it is
// longer than MaxLogLine, what fits of it and a marker that tells how many bytes
// are gone. The beginning of the text stays and ends with a note; attributes,
// which cannot be cut, give way to a note when they take more than half.
func (l LogLine) Fit() []LogLine {
	if l.Size() <= MaxLogLine {
		return []LogLine{l}
	}
	gone := 0
	if n := len(l.Attrs); n > MaxLogLine/2 {
		gone += n
		l.Attrs = json.RawMessage(fmt.Sprintf(`{"cut":"%d bytes"}`, n))
	}
	if l.Size() > MaxLogLine {
		text, n := cutText(l.Text, MaxLogLine-len(l.Attrs))
		l.Text, gone = text, gone+n
	}
	marker := LogLine{Time: l.Time, Attempt: l.Attempt, Stream: l.Stream, Dropped: int64(gone)}
	return []LogLine{l, marker}
}

// Size returns how many bytes of MaxLogLine and MaxLogStream a line takes.
func (l LogLine) Size() int { return len(l.Text) + len(l.Attrs) }

// maxNote bounds the note that ends a text that was cut.
const maxNote = len(" … (9223372036854775807 bytes cut)")

// cutText cuts a text between two characters, so that it fits with its note.
func cutText(text string, most int) (string, int) {
	keep := most - maxNote
	for back := 0; back < utf8.UTFMax && keep > 0 && !utf8.RuneStart(text[keep]); back++ {
		keep--
	}
	gone := len(text) - keep
	return fmt.Sprintf("%s … (%d bytes cut)", text[:keep], gone), gone
}

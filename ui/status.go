package ui

import (
	"time"

	"rivers.io/runtime/store"
	"rivers.io/ui/health"
)

// status is a state as people see it: a glyph, a colour and a word, of which the
// glyph and the word suffice.
type status struct {
	// Key names glyph and colour: one of the eight of the style sheet.
	Key string
	// Word is the state in words.
	Word string
	// Why completes the word in a tooltip.
	Why string
}

// The states that are shown in more than one place.
var (
	running   = status{Key: "running", Word: "running"}
	succeeded = status{Key: "materialized", Word: "succeeded"}
	failed    = status{Key: "failed", Word: "failed"}
)

// runStatus is the state of a run in words.
func runStatus(r store.Run, now time.Time) status {
	switch r.Status {
	case store.Queued:
		return status{"queued", "queued", r.BlockReason}
	case store.NotStarted:
		return status{"queued", "starting", "waiting for an executor"}
	case store.Started:
		switch {
		case r.CancelRequested:
			return status{"running", "canceling", "the cancel was asked for and is being carried out"}
		case !r.LeaseEnd.IsZero() && r.LeaseEnd.Before(now):
			return status{"stale", "running", "its executor has not been heard of since " + r.LeaseEnd.UTC().Format(time.TimeOnly) + " UTC"}
		}
		return running
	case store.Succeeded:
		return succeeded
	case store.Failed:
		return status{"failed", "failed", r.Cause}
	case store.Canceled:
		return status{"canceled", "canceled", r.Cause}
	}
	return status{"missing", string(r.Status), ""}
}

// assetStatus is the state of an asset in words; busy is the run that works on
// it, if one does.
func assetStatus(v health.Verdict, busy *store.Run) status {
	if busy != nil {
		if busy.Status == store.Started {
			return status{"running", "running", "a run is working on it"}
		}
		return status{"queued", "queued", "a run that has it is waiting"}
	}
	switch v.State {
	case health.Stale:
		return status{"stale", "stale", causeText(v.Causes)}
	case health.Failed:
		return status{"failed", "failed", "the newest attempt failed"}
	case health.Missing:
		return status{"missing", "missing", "never materialized"}
	}
	return status{"materialized", "up to date", ""}
}

// causeText says the causes of staleness in one sentence.
func causeText(causes []health.Cause) string {
	text := ""
	for i, c := range causes {
		if i > 0 {
			text += "; "
		}
		if c.Upstream != "" {
			text += c.Upstream + " "
		}
		text += c.Text
	}
	return text
}

// took is how long a run has been at work; 0 before it started.
func took(r store.Run, now time.Time) time.Duration {
	switch {
	case r.StartedAt.IsZero():
		return 0
	case r.EndedAt.IsZero():
		return now.Sub(r.StartedAt)
	}
	return r.EndedAt.Sub(r.StartedAt)
}

// Package gantt turns a run's events into the rows of its Gantt chart: for each
// step its attempts, what it waited for, its retries and back-offs, whether it
// lies on the critical path, and how long the previous run took for it.
//
//	chart := gantt.New(plan.Steps, plan.Gates)
//	chart.Apply(events)                     // again for what came since
//	gantt.Serve(w, r, chart.Since(after, now))
//
// The element <rivers-gantt src> asks src for Wire; with after=SEQ it gets only
// the rows that changed since, so that a chart grows live at the cost of what
// happens.
//
// A chart is a function of the events it was given. The package must never reach
// a store or a clock; the present is an argument.
package gantt

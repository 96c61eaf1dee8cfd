package run

import (
	"container/heap"
	"time"
)

// indexHeap gives step indices back in plan order.
type indexHeap struct{ h ints }

func (q *indexHeap) push(i int) { heap.Push(&q.h, i) }
func (q *indexHeap) pop() int   { return heap.Pop(&q.h).(int) }
func (q *indexHeap) len() int   { return len(q.h) }

type ints []int

func (h ints) Len() int           { return len(h) }
func (h ints) Less(a, b int) bool { return h[a] < h[b] }
func (h ints) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }

// Push and Pop are for container/heap only.
func (h *ints) Push(x any) { *h = append(*h, x.(int)) }

// Pop removes the last element.
func (h *ints) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// timeHeap gives step indices back by the instant they wait for.
type timeHeap struct{ h waits }

type wait struct {
	until time.Time
	step  int
}

func (q *timeHeap) push(until time.Time, step int) { heap.Push(&q.h, wait{until, step}) }
func (q *timeHeap) pop() int                       { return heap.Pop(&q.h).(wait).step }
func (q *timeHeap) first() time.Time               { return q.h[0].until }
func (q *timeHeap) len() int                       { return len(q.h) }

type waits []wait

func (h waits) Len() int { return len(h) }
func (h waits) Less(a, b int) bool {
	if h[a].until.Equal(h[b].until) {
		return h[a].step < h[b].step
	}
	return h[a].until.Before(h[b].until)
}
func (h waits) Swap(a, b int) { h[a], h[b] = h[b], h[a] }

// Push and Pop are for container/heap only.
func (h *waits) Push(x any) { *h = append(*h, x.(wait)) }

// Pop removes the last element.
func (h *waits) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

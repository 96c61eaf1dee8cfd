package partition

import "time"

// never is an instant that no grid of a test follows.
var never time.Time

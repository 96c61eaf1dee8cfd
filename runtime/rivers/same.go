package rivers

import "reflect"

// sameHandler reports whether two handlers are one; handlers of types that
// cannot be compared never are.
func sameHandler(a, b Handler) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

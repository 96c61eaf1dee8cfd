// Package browser tests the pages in a real browser: that they show what the
// store says, stay live, can be used by keyboard and by assistive technology,
// and break no policy. It holds tests only, and keeps a picture of every page in
// both themes among their artifacts.
package browser

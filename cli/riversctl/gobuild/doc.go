// Package gobuild finds the Go program of a pipeline, builds it with the person's
// own go command, and lists the directories its build depends on.
//
// It never changes the project: it neither tidies modules nor writes beside the
// sources. What the compiler said is kept word by word.
package gobuild

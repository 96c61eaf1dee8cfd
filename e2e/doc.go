// Package e2e tests the whole from outside, as a new user meets it: riversctl is
// built, a pipeline of one's own is begun with it and developed, and all is used
// through what a user has, the commands, REST and the pages in a real browser. What
// must be slow or break is made so in the user's files and processes, never inside
// of rivers.
//
// It holds tests only, and must never import a package of the module besides
// internal/chromium: what cannot be seen from outside is tested where it lives. A
// picture of every stage is kept among the artifacts of the tests.
package e2e

// Package remote carries out what people order in the web page at the code
// location that owns it, over gRPC.
//
//	page ─▶ ui.Actions, ui.Values ─▶ endpoint of the location ─▶ answer, or ui.Refused
//
// Calls go to the endpoint that the page was given and to no other; one that finds
// nobody there is ui.ErrUnreachable. The package never decides who may act, and
// never logs a token.
package remote

// Package wire translates between what is stored and declared, and the messages
// of the API.
//
// It is arithmetic on values: it must never read a store, nor decide what a
// caller may see, except that an attempt's token and a secret's default never
// leave it.
package wire

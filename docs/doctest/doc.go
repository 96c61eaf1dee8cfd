// Package doctest executes the documentation: every fenced block of README.md and
// docs/ has a language that says what the tests here do with it.
//
//	go whole=PATH       equals the file
//	go from=PATH        stands in the file as these lines, indented as you like
//	go write=PATH       is written there in the page's working directory
//	go                  is a program that compiles
//	console             commands, run in order, and what they print
//	json, toml          parses; with write=PATH it is written too
//	text                nothing: output of programs, drawings, what no test can run
//
// Paths of whole and from are relative to the repository, those of write to the
// page's working directory.
//
// # Sessions
//
// The console blocks of a page are one session: an empty working directory and one
// shell, so that a cd or a variable of one block holds in the next. A line that
// begins with "$ " is a command, lines that begin with "> " continue it, and the
// others are what it must print. "..." in them stands for any text, and for any
// number of lines when it stands alone; ids, times and durations may differ.
// Commands must succeed, unless the next one is `echo $?`.
//
// `riversctl dev` runs in the background until the next one or the end of the page,
// on free ports: the ports of the page are replaced in commands and answers. Paths
// that begin with ./cli or ./examples are those of the repository, and state is then
// kept in the working directory. A page may begin with a comment
//
//	<!-- session: COMMAND -->
//
// whose command is run before the first block; "s3 BUCKET" and "surrealdb" stand for
// real servers of these kinds.
//
// The package holds tests alone and must never be imported.
package doctest

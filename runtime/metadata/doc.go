// Package metadata holds the typed values that describe a materialization: row
// counts, schemas, tables, charts, links.
//
// A value is stored and sent as a tagged JSON object whose "type" is its tag:
//
//	{"type":"int","value":31}
//	{"type":"markdown","value":"# Report"}
//	{"type":"timestamp","value":978307200.5}            seconds since the epoch
//	{"type":"duration","value":1.25}                    seconds
//	{"type":"bytes","value":1048576}
//	{"type":"percentage","value":12.5}                  12.5 of 100
//	{"type":"sql","value":"select 1","dialect":"duckdb"}
//	{"type":"code","value":"fmt.Println()","language":"go"}
//	{"type":"list","value":[{"type":"text","value":"a"}]}
//	{"type":"date_range","start":"2001-01-01T00:00:00Z","end":"2001-02-01T00:00:00Z"}
//	{"type":"schema","columns":[{"name":"day","type":"timestamp","nullable":true}]}
//	{"type":"table","columns":["airport","delay"],"rows":[["ATL",12.5]]}
//	{"type":"null"}
//
// text, path, url, json (as text), image and data_version carry a string in
// "value", int, float and bool a plain JSON value. An object with a tag that
// this build does not know decodes to Unknown and encodes to the same bytes.
//
// The package is pure: it must never import anything else of ours, and must
// never render values for people; pages and commands do that.
package metadata

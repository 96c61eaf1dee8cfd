package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSelectsBecomeLists(t *testing.T) {
	for _, tt := range []struct{ why, in, want string }{
		{
			"a list and a select are one sorted list",
			"go_library(\n    name = \"x\",\n    deps = [\n        \"//c\",\n    ] + select({\n        \"//os:a\": [\n            \"//b\",\n        ],\n        \"//os:b\": [\n            \"//b\",\n            \"//a\",\n        ],\n        \"//conditions:default\": [],\n    }),\n)\n",
			"go_library(\n    name = \"x\",\n    deps = [\n        \"//a\",\n        \"//b\",\n        \"//c\",\n    ],\n)\n",
		},
		{
			"a plain list stays as it is",
			"go_library(\n    name = \"x\",\n    deps = [\"//b\"],\n)\n",
			"go_library(\n    name = \"x\",\n    deps = [\"//b\"],\n)\n",
		},
		{
			"other attributes keep their selects",
			"go_library(\n    name = \"x\",\n    srcs = select({\"//os:a\": [\"a.go\"]}),\n)\n",
			"go_library(\n    name = \"x\",\n    srcs = select({\"//os:a\": [\"a.go\"]}),\n)\n",
		},
	} {
		t.Run(tt.why, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "BUILD.bazel")
			if err := os.WriteFile(path, []byte(tt.in), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := flatten(path); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

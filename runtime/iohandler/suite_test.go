package iohandler_test

import (
	"strings"
	"testing"

	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/iohandler/iohandlertest"
)

func TestMemoryStore(t *testing.T) { iohandlertest.Run(t, "mem://") }

func TestDirectory(t *testing.T) { iohandlertest.Run(t, "file://"+t.TempDir()+"/made/on/opening") }

func TestDirectoryThatOutlivesPower(t *testing.T) {
	iohandlertest.Run(t, "file://"+t.TempDir()+"/values?sync=true")
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for url, want := range map[string]string{
		"s3://bucket":                          `import _ "rivers.io/runtime/serve/s3"`,
		"gs://bucket":                          `import _ "rivers.io/runtime/serve/gcs"`,
		"azblob://container":                   `import _ "rivers.io/runtime/serve/azure"`,
		"ftp://host/dir":                       `unknown scheme "ftp"`,
		"ftp://user:hunter2@host/dir":          `unknown scheme "ftp"`,
		"/just/a/path":                         `unknown scheme ""`,
		"":                                     `unknown scheme ""`,
		"file:///dev/null/x":                   "/dev/null/x",
		"file:///tmp?no_such_option=true":      "no_such_option",
		"file:///tmp/values?prefix=x/":         "has no prefix",
		"file:///tmp/values?sync=1":            "sync is true or false",
		"file://:bad:port/":                    "not a URL",
		"s3://key:hunter2@bucket?prefix=a%zz/": "",
	} {
		_, err := iohandler.OpenBlob(t.Context(), url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells the password: %v", url, err)
		}
	}
}

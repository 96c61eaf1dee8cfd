package iohandler

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"rivers.io/runtime/partition"
)

// unpartitioned is the partition's part of the path of an asset without
// partitions. No key is written so.
const unpartitioned = "_"

// latestName is the object beside the values that names the newest one.
const latestName = "latest"

// maxSegment bounds a part of a path; file systems allow 255 bytes.
const maxSegment = 200

// directory returns where the values of one key of an asset lie, with a slash
// at its end.
func directory(asset string, key partition.Key) string {
	return escape(asset) + "/" + segmentOf(key) + "/"
}

// segmentOf returns the part of a path that stands for a key.
func segmentOf(key partition.Key) string {
	if key == "" {
		return unpartitioned
	}
	segment := escape(string(key))
	if segment == unpartitioned {
		return "%5F"
	}
	return segment
}

// escape makes one path segment of any text: bytes other than ASCII letters,
// digits and -_.=+@ become %XX, and so does a dot that is the first or last byte
// or follows another. A long segment is cut and told apart by a digest.
func escape(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		oddDot := c == '.' && (i == 0 || i == len(text)-1 || text[i-1] == '.')
		if oddDot || !plainByte(c) {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	escaped := b.String()
	if len(escaped) <= maxSegment {
		return escaped
	}
	sum := sha256.Sum256([]byte(text))
	return escaped[:maxSegment-33] + "~" + hex.EncodeToString(sum[:16])
}

func plainByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return strings.IndexByte("-_.=+@", c) >= 0
}

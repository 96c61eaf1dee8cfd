package sqlite

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
)

// migration is one step of the schema. Once released it never changes; what is
// stored names its checksum.
type migration struct {
	script string
	// minReader and minWriter are the versions a build must know to read and
	// to write the schema as of this migration.
	minReader, minWriter int
}

func (m migration) checksum() string {
	sum := sha256.Sum256([]byte(m.script))
	return hex.EncodeToString(sum[:])
}

//go:embed migrations/0001_initial.sql
var initial string

// schema is what this build knows: migration n is at index n-1. Floors never
// fall from one to the next, and minWriter is never below minReader.
var schema = []migration{
	{script: initial, minReader: 1, minWriter: 1},
}

package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
)

// buildID identifies the running code: the image where there is one, else the
// executable by its size and time of change.
func (p *program) buildID() string {
	if image, ok := p.env("RIVERS_CODE_LOCATION_IMAGE"); ok && image != "" {
		return image
	}
	path, err := os.Executable()
	if err != nil {
		return "unknown"
	}
	info, err := os.Stat(path)
	if err != nil {
		return "unknown"
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d", info.Size(), info.ModTime().UnixNano()))
	return "local-" + hex.EncodeToString(sum[:6])
}

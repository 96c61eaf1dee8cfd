package child

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Announcement is what a location writes once it serves.
type Announcement struct {
	// Name is the location's name.
	Name string `json:"name"`
	// Module names the repository inside the binary.
	Module string `json:"module"`
	// GRPC is the address, host:port.
	GRPC string `json:"grpc"`
	// PID is the process that serves.
	PID int `json:"pid"`
	// Build identifies the code that serves.
	Build string `json:"build"`
	// Instance is unique to the process.
	Instance string `json:"instance"`
}

// readAnnouncement reads the file that process pid announces itself in; it is
// false while the file is not there, or is of an earlier process.
func readAnnouncement(path string, pid int) (Announcement, bool, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Announcement{}, false, nil
	}
	if err != nil {
		return Announcement{}, false, err
	}
	var a Announcement
	if err := json.Unmarshal(raw, &a); err != nil {
		return Announcement{}, false, fmt.Errorf("announcement %s: %w", path, err)
	}
	return a, a.PID == pid && a.GRPC != "", nil
}

package serve

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// announcement tells the process that started this one where it serves.
type announcement struct {
	Name     string `json:"name"`
	Module   string `json:"module"`
	GRPC     string `json:"grpc"`
	PID      int    `json:"pid"`
	Build    string `json:"build"`
	Instance string `json:"instance"`
}

// write puts the announcement into the file at once or not at all.
func (a announcement) write(path string) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".announce-*")
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	if _, err = tmp.Write(raw); err == nil {
		err = tmp.Close()
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return nil
}

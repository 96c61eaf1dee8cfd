package driver

import (
	"fmt"
	"os"
	"strings"
)

// ReadPassword reads a file that holds a password and nothing else; a line break at
// its end is none of it.
func ReadPassword(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	password := strings.TrimRight(string(raw), "\r\n")
	if password == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return password, nil
}

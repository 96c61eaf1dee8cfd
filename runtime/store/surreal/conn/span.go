package conn

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Spans are CBOR items as bytes. The envelope of a message is read by them, so
// that the value inside is neither decoded twice nor copied.

var errShort = errors.New("malformed CBOR: it ends too early")

// maxDepth bounds nesting, as the peer chooses it.
const maxDepth = 512

// head reads the head of an item: its major type, its argument, whether its
// length is open, and the rest.
func head(b []byte) (major byte, n uint64, open bool, rest []byte, err error) {
	if len(b) == 0 {
		return 0, 0, false, nil, errShort
	}
	major = b[0] >> 5
	low := b[0] & 31
	b = b[1:]
	if low < 24 {
		return major, uint64(low), false, b, nil
	}
	if low == 31 {
		return major, 0, true, b, nil
	}
	if low > 27 {
		return 0, 0, false, nil, fmt.Errorf("malformed CBOR: additional information %d", low)
	}
	size := 1 << (low - 24)
	if len(b) < size {
		return 0, 0, false, nil, errShort
	}
	switch low {
	case 24:
		n = uint64(b[0])
	case 25:
		n = uint64(binary.BigEndian.Uint16(b))
	case 26:
		n = uint64(binary.BigEndian.Uint32(b))
	case 27:
		n = binary.BigEndian.Uint64(b)
	}
	return major, n, false, b[size:], nil
}

// after returns what follows the first item of b.
func after(b []byte, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, errors.New("malformed CBOR: it is nested too deeply")
	}
	major, n, open, rest, err := head(b)
	if err != nil {
		return nil, err
	}
	switch major {
	case 0, 1, 7:
		return rest, nil
	case 2, 3:
		if !open {
			if n > uint64(len(rest)) {
				return nil, errShort
			}
			return rest[n:], nil
		}
	case 6:
		return after(rest, depth+1)
	case 5:
		n *= 2
	}
	for i := uint64(0); open || i < n; i++ {
		if open && len(rest) > 0 && rest[0] == 0xff {
			return rest[1:], nil
		}
		if rest, err = after(rest, depth+1); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// each calls f with every item of an array or every value of a map with text keys.
func each(b []byte, f func(key string, item []byte) error) error {
	major, n, open, rest, err := head(b)
	if err != nil {
		return err
	}
	if major != 4 && major != 5 {
		return fmt.Errorf("malformed answer: major type %d where an array or a map is expected", major)
	}
	for i := uint64(0); open || i < n; i++ {
		if open && len(rest) > 0 && rest[0] == 0xff {
			return nil
		}
		var key string
		if major == 5 {
			if key, rest, err = text(rest); err != nil {
				return err
			}
		}
		next, err := after(rest, 0)
		if err != nil {
			return err
		}
		if err := f(key, rest[:len(rest)-len(next):len(rest)-len(next)]); err != nil {
			return err
		}
		rest = next
	}
	return nil
}

// text reads a text of known length.
func text(b []byte) (string, []byte, error) {
	major, n, open, rest, err := head(b)
	if err != nil {
		return "", nil, err
	}
	if major != 3 || open {
		return "", nil, fmt.Errorf("malformed answer: major type %d where text is expected", major)
	}
	if n > uint64(len(rest)) {
		return "", nil, errShort
	}
	return string(rest[:n]), rest[n:], nil
}

// isNone tells whether a span is null, undefined or NONE.
func isNone(b []byte) bool {
	return len(b) == 0 || b[0] == 0xf6 || b[0] == 0xf7 || b[0] == 0xc6
}

// appendHead writes the head of an item.
func appendHead(b []byte, major byte, n uint64) []byte {
	m := major << 5
	switch {
	case n < 24:
		return append(b, m|byte(n))
	case n < 1<<8:
		return append(b, m|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, m|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, m|26), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, m|27), n)
	}
}

func appendText(b []byte, s string) []byte {
	return append(appendHead(b, 3, uint64(len(s))), s...)
}

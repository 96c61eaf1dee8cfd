package iohandler

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// The limits of a Parquet file's description of itself. The library trusts the
// sizes that it finds and would ask for as much memory as a damaged file says.
const (
	maxFooter  = 64 << 20
	footerTail = 8
	magic      = "PAR1"
	// maxRatio bounds how much smaller a column may be stored than it is.
	maxRatio = 1 << 14
)

// openParquet opens a file whose description of itself is plausible.
func openParquet(r io.ReaderAt, size int64) (*parquet.File, error) {
	if err := checkFooter(r, size); err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(r, size,
		parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(objectBuffer))
	if err != nil {
		return nil, err
	}
	if err := checkChunks(file, size); err != nil {
		return nil, err
	}
	return file, nil
}

// checkFooter compares the size of the footer with that of the file.
func checkFooter(r io.ReaderAt, size int64) error {
	if size < int64(2*len(magic))+footerTail {
		return errors.New("not a Parquet file: too short")
	}
	var tail [footerTail]byte
	if _, err := r.ReadAt(tail[:], size-footerTail); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(tail[4:]) != magic {
		return errors.New("not a Parquet file: no magic number at its end")
	}
	if footer := int64(binary.LittleEndian.Uint32(tail[:4])); footer > size-footerTail-int64(len(magic)) || footer > maxFooter {
		return fmt.Errorf("damaged Parquet file: its footer claims %d of %d bytes", footer, size)
	}
	return nil
}

// checkChunks compares what the columns claim with the size of the file.
func checkChunks(file *parquet.File, size int64) error {
	for _, group := range file.Metadata().RowGroups {
		if group.NumRows < 0 {
			return errors.New("damaged Parquet file: a negative number of rows")
		}
		for _, column := range group.Columns {
			m := column.MetaData
			stored, whole := m.TotalCompressedSize, m.TotalUncompressedSize
			if stored < 0 || stored > size || whole < 0 || whole/maxRatio > stored || m.DataPageOffset < 0 || m.DataPageOffset > size {
				return errors.New("damaged Parquet file: a column claims more than the file holds")
			}
		}
	}
	return nil
}

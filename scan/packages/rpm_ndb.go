package packages

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// What a database of the form ndb is made of: pages of slots, the first two of which are its head, and blobs that the slots point at.
const (
	ndbSlot  = 16
	ndbPage  = 4096
	ndbBlock = 16
)

func isNDB(r io.ReaderAt, head []byte) bool {
	return readAt(r, head[:8], 0) == nil && string(head[:4]) == "RpmP" && binary.LittleEndian.Uint32(head[4:]) == 0
}

// ndbHeaders reads a database of the form ndb.
func ndbHeaders(r io.ReaderAt, size int64) headers {
	return func(ctx context.Context, yield func([]byte, error) error) error {
		n := make([]byte, 4)
		if err := readAt(r, n, 12); err != nil {
			return yield(nil, err)
		}
		page := make([]byte, ndbPage)
		for i := range int64(binary.LittleEndian.Uint32(n)) {
			if err := readAt(r, page, i*ndbPage); err != nil {
				return yield(nil, fmt.Errorf("page %d of its slots: %w", i, err))
			}
			slots := page
			if i == 0 {
				slots = page[2*ndbSlot:]
			}
			for ; len(slots) > 0; slots = slots[ndbSlot:] {
				header, err := ndbHeader(r, slots[:ndbSlot], size)
				if header == nil && err == nil {
					continue
				}
				if err := yield(header, err); err != nil {
					return err
				}
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
		return nil
	}
}

// ndbHeader returns what a slot points at; nil: it is free.
func ndbHeader(r io.ReaderAt, slot []byte, size int64) ([]byte, error) {
	if string(slot[:4]) != "Slot" {
		return nil, errors.New("a slot of it is none")
	}
	id := slot[4:8]
	if bytes.Equal(id, []byte{0, 0, 0, 0}) {
		return nil, nil
	}
	at := int64(binary.LittleEndian.Uint32(slot[8:])) * ndbBlock
	head := make([]byte, ndbBlock)
	if err := readAt(r, head, at); err != nil {
		return nil, err
	}
	if string(head[:4]) != "BlbS" || !bytes.Equal(head[4:8], id) {
		return nil, fmt.Errorf("at %d there should be package %d, and is not", at, binary.LittleEndian.Uint32(id))
	}
	length := int64(binary.LittleEndian.Uint32(head[12:]))
	if length > maxHeader || length > size-at {
		return nil, fmt.Errorf("package %d has %d bytes, more than there can be", binary.LittleEndian.Uint32(id), length)
	}
	header := make([]byte, length)
	return header, readAt(r, header, at+ndbBlock)
}

package packages

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// What a hash table of BerkeleyDB is made of: pages, each with a head that says of which type it is.
const (
	bdbMagic    = 0x061561
	bdbHead     = 26
	bdbHashMeta = 8
	// A page with keys and values, without and with an order of them.
	bdbUnsorted = 2
	bdbHash     = 13
	// A page with a part of a value that is larger.
	bdbOverflow = 7
	// The types of a value: it is here, or it is on pages of its own.
	bdbHere      = 1
	bdbElsewhere = 3
)

// bdb is a hash table of BerkeleyDB.
type bdb struct {
	r     io.ReaderAt
	order binary.ByteOrder
	page  int64
	pages int64
	// keys is how many it says it has, left how many of them were not met yet.
	keys, left int64
}

// bdbHeaders reads a database of BerkeleyDB.
func bdbHeaders(r io.ReaderAt, size int64) headers {
	return func(ctx context.Context, yield func([]byte, error) error) error {
		db, err := openBDB(r, size)
		if err != nil {
			return yield(nil, err)
		}
		if size%db.page != 0 {
			if err := yield(nil, fmt.Errorf("it ends within a page of %d bytes", db.page)); err != nil {
				return err
			}
		}
		page := make([]byte, db.page)
		for n := int64(1); n < db.pages; n++ {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := readAt(r, page, n*db.page); err != nil {
				return yield(nil, err)
			}
			if page[25] != bdbUnsorted && page[25] != bdbHash {
				continue
			}
			if err := db.values(page, yield); err != nil {
				return err
			}
		}
		if db.left != 0 {
			return yield(nil, fmt.Errorf("it says that it has %d keys, and has %d", db.keys, db.keys-db.left))
		}
		return nil
	}
}

func openBDB(r io.ReaderAt, size int64) (*bdb, error) {
	meta := make([]byte, 92)
	if err := readAt(r, meta, 0); err != nil {
		return nil, fmt.Errorf("it is no database of rpm: %w", err)
	}
	db := &bdb{r: r, order: binary.LittleEndian}
	if binary.BigEndian.Uint32(meta[12:]) == bdbMagic {
		db.order = binary.BigEndian
	}
	db.page = int64(db.order.Uint32(meta[20:]))
	switch {
	case db.order.Uint32(meta[12:]) != bdbMagic || meta[25] != bdbHashMeta:
		return nil, errors.New("it is no database of rpm: neither SQLite, nor ndb, nor a hash of BerkeleyDB")
	case db.page < 512 || db.page > 64<<10 || db.page&(db.page-1) != 0:
		return nil, fmt.Errorf("its pages have %d bytes; powers of two from 512 to 65536 are right", db.page)
	case meta[24] != 0 || meta[26]&1 != 0:
		return nil, errors.New("it is encrypted or has check sums, as none of rpm")
	}
	db.pages, db.keys = size/db.page, int64(db.order.Uint32(meta[88:]))
	db.left = db.keys
	return db, nil
}

// values yields the values of a page that are headers. Offsets of keys and values follow the head of the page in turn; both are put from the page's end
// downwards, so that a value ends where its key begins.
func (db *bdb) values(page []byte, yield func([]byte, error) error) error {
	n := int(db.order.Uint16(page[20:]))
	if n%2 != 0 || bdbHead+2*n > len(page) {
		return yield(nil, fmt.Errorf("a page says that it has %d keys and values", n))
	}
	db.left -= int64(n / 2)
	for i := 0; i < n; i += 2 {
		end, at := int(db.order.Uint16(page[bdbHead+2*i:])), int(db.order.Uint16(page[bdbHead+2*i+2:]))
		header, err := db.value(page, at, end)
		if header == nil && err == nil {
			continue
		}
		if err := yield(header, err); err != nil {
			return err
		}
	}
	return nil
}

// value returns the value that is from at to end; nil: it is no header.
func (db *bdb) value(page []byte, at, end int) ([]byte, error) {
	const pointer = 12
	switch {
	case at >= len(page):
		return nil, fmt.Errorf("a value should be at %d of a page, which has %d bytes", at, len(page))
	case page[at] == bdbElsewhere && at+pointer <= len(page):
		return db.elsewhere(int64(db.order.Uint32(page[at+4:])), int64(db.order.Uint32(page[at+8:])))
	case page[at] == bdbHere && at < end && end <= len(page):
		// The value under key 0 is a number, and no header.
		if here := page[at+1 : end]; len(here) > headerIntro {
			return here, nil
		}
		return nil, nil
	}
	return nil, fmt.Errorf("a value of type %d is none of rpm", page[at])
}

// elsewhere puts together a value that is on pages of its own, each of which says what the next is and brings some of it.
func (db *bdb) elsewhere(first, length int64) ([]byte, error) {
	if length > maxHeader || length > db.pages*db.page {
		return nil, fmt.Errorf("the header of a package has %d bytes, more than there can be", length)
	}
	value, page := make([]byte, 0, length), make([]byte, db.page)
	for n := first; int64(len(value)) < length; n = int64(db.order.Uint32(page[16:])) {
		if n <= 0 || n >= db.pages {
			return nil, fmt.Errorf("the header of a package of %d bytes ends after %d", length, len(value))
		}
		if err := readAt(db.r, page, n*db.page); err != nil {
			return nil, err
		}
		some := int64(db.order.Uint16(page[22:]))
		if page[25] != bdbOverflow || some == 0 || bdbHead+some > db.page || int64(len(value))+some > length {
			return nil, fmt.Errorf("page %d should have a part of a header, and has not", n)
		}
		value = append(value, page[bdbHead:bdbHead+some]...)
	}
	return value, nil
}

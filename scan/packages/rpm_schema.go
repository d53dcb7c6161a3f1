package packages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// maxSchema is how many tables and indexes a database of SQLite may have, that of rpm has less than a hundred; and how many pages for them. SQLite
	// reads all of them before anything else, in no bounded time or memory.
	maxSchema = 500
	// maxStatement is how many bytes the statement may have that makes one of them.
	maxStatement = 16 << 10
)

// What a page of a tree of SQLite is: one that leads to others, or one with rows.
const (
	sqliteBranch = 5
	sqliteLeaf   = 13
)

// checkSchema refuses a database that says it has too many tables and indexes. They are rows in a tree of pages, with the first one as its root.
func checkSchema(r io.ReaderAt) error {
	head := make([]byte, 18)
	if err := readAt(r, head, 0); err != nil {
		return err
	}
	size := int64(binary.BigEndian.Uint16(head[16:]))
	if size == 1 {
		size = 64 << 10
	}
	if size < 512 || size&(size-1) != 0 {
		return fmt.Errorf("its pages have %d bytes; powers of two from 512 to 65536 are right", size)
	}
	rows, page := 0, make([]byte, size)
	for pages, met := []int64{1}, 0; met < len(pages); met++ {
		if err := readAt(r, page, (pages[met]-1)*size); err != nil {
			return err
		}
		content := page
		if pages[met] == 1 {
			content = page[100:]
		}
		n := int(binary.BigEndian.Uint16(content[3:]))
		switch content[0] {
		case sqliteLeaf:
			rows += n
		case sqliteBranch:
			next, err := sqliteChildren(page, content, n)
			if err != nil {
				return err
			}
			pages = append(pages, next...)
		default:
			return errors.New("a page of its schema is none")
		}
		if rows > maxSchema || len(pages) > maxSchema {
			return fmt.Errorf("it has more than %d tables and indexes, as none of rpm", maxSchema)
		}
	}
	return nil
}

// sqliteChildren returns the pages that a page leads to: the last one, and those of its n cells, whose places follow the head of the page.
func sqliteChildren(page, content []byte, n int) ([]int64, error) {
	const head = 12
	if head+2*n > len(content) {
		return nil, errors.New("a page of its schema is none")
	}
	children := []int64{int64(binary.BigEndian.Uint32(content[8:]))}
	for i := range n {
		at := int(binary.BigEndian.Uint16(content[head+2*i:]))
		if at+4 > len(page) {
			return nil, errors.New("a page of its schema is none")
		}
		children = append(children, int64(binary.BigEndian.Uint32(page[at:])))
	}
	return children, nil
}

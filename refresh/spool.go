package refresh

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/reeve-go/reeve/internal/temp"
)

// A spool keeps texts of bytes in the order in which they come: in memory, and in a temporary file once they are
// many.
type spool struct {
	limit int                // how much is kept in memory
	tail  []*strings.Builder // what is not in the file, in blocks; all but the last are full
	begin int64              // where the tail begins
	size  int                // of the tail
	file  *temp.File
	still []byte // once something is in the file, what is still to be written; it is copied when it is read

	block string // what was read last of the file
	from  int64  // where the block begins
	next  int64  // where the next text is, if they are read in their order
	room  []byte // that blocks are read into
}

const (
	lengthOf = 4 // bytes before each text

	// How much is in a block of the tail, and how much of the file is read at once: of texts that are read in their
	// order, and of others.
	blockSize = 64 << 10
	pieceSize = 512
)

// add adds a text and returns where it is.
func (s *spool) add(text []byte) (at int64, err error) {
	if s.size > 0 && s.size+lengthOf+len(text) > s.limit {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	at = s.end()
	var length [lengthOf]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(text))) //nolint:gosec // limited by what a row may be
	if s.file != nil && len(s.tail) == 0 {
		s.still = append(append(s.still, length[:]...), text...)
		if s.size = len(s.still); s.size >= blockSize {
			err = s.spill()
		}
		return at, err
	}
	s.append(length[:])
	s.append(text)
	return at, nil
}

// append adds bytes to the tail. What is there stays where it is, so that it can be given away without a copy. Only the
// first block grows as it has to, for what is little in all.
func (s *spool) append(b []byte) {
	s.size += len(b)
	for len(b) > 0 {
		if n := len(s.tail); n == 0 || s.tail[n-1].Len() == blockSize {
			s.tail = append(s.tail, new(strings.Builder))
			if n > 0 {
				s.tail[n].Grow(blockSize)
			}
		}
		last := s.tail[len(s.tail)-1]
		n := min(len(b), blockSize-last.Len())
		last.Write(b[:n])
		b = b[n:]
	}
}

// spill writes the tail to the file, behind what is there.
func (s *spool) spill() (err error) {
	if s.file == nil {
		if s.file, err = temp.New("", "reeve-*"); err != nil {
			return fmt.Errorf("refresh: no temporary file for what is too much for memory: %w", err)
		}
	}
	_, err = s.file.Seek(s.begin, io.SeekStart) // what failed before may have written some
	if err == nil {
		_, err = s.file.Write(s.still)
	}
	for _, block := range s.tail {
		if err == nil {
			_, err = s.file.WriteString(block.String())
		}
	}
	if err != nil {
		return fmt.Errorf("refresh: what is too much for memory cannot be written: %w", err)
	}
	s.begin, s.size, s.tail, s.still = s.end(), 0, nil, s.still[:0]
	return nil
}

// read returns the text at a place.
func (s *spool) read(at int64) (string, error) {
	if at >= s.begin {
		in := int(at - s.begin)
		n := int(binary.BigEndian.Uint32([]byte(s.kept(in, lengthOf))))
		return s.kept(in+lengthOf, n), nil
	}
	length, err := s.piece(at, lengthOf)
	if err != nil {
		return "", err
	}
	return s.piece(at+lengthOf, int(binary.BigEndian.Uint32([]byte(length))))
}

// kept returns n bytes of the tail. They are not copied, unless they are in several blocks.
func (s *spool) kept(at, n int) string {
	if len(s.tail) == 0 {
		return string(s.still[at:][:n])
	}
	i, in := at/blockSize, at%blockSize
	if n > 0 && in+n <= blockSize {
		return s.tail[i].String()[in:][:n]
	}
	var out strings.Builder
	for ; out.Len() < n; i, in = i+1, 0 {
		block := s.tail[i].String()[in:]
		out.WriteString(block[:min(len(block), n-out.Len())])
	}
	return out.String()
}

// piece returns n bytes of the file: from the block that was read last, or from another one that begins there.
func (s *spool) piece(at int64, n int) (string, error) {
	inOrder := at == s.next
	s.next = at + int64(n)
	if at >= s.from && s.next <= s.from+int64(len(s.block)) {
		return s.block[at-s.from:][:n], nil
	}
	size := pieceSize
	if inOrder {
		size = blockSize
	}
	size = int(min(max(int64(size), int64(n)), s.begin-at))
	if cap(s.room) < size {
		s.room = make([]byte, size)
	}
	if _, err := s.file.ReadAt(s.room[:size], at); err != nil {
		return "", fmt.Errorf("refresh: what was too much for memory cannot be read back: %w", err)
	}
	s.block, s.from = string(s.room[:size]), at
	return s.block[:n], nil
}

// end is where the next text will be.
func (s *spool) end() int64 { return s.begin + int64(s.size) }

// close gives everything back.
func (s *spool) close() error {
	s.tail, s.size, s.still, s.block, s.room = nil, 0, nil, "", nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

package refresh

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
)

// A spool keeps texts of bytes in the order in which they come: in memory, and in a temporary file once they are
// many.
type spool struct {
	limit int    // how much is kept in memory
	tail  []byte // what is not in the file
	begin int64  // where the tail begins
	file  *os.File

	block []byte // what was read last of the file
	from  int64  // where the block begins
	next  int64  // where the next text is, if they are read in their order
}

const (
	lengthOf = 4 // bytes before each text

	// How much of the file is read at once: of texts that are read in their order, and of others.
	blockSize = 64 << 10
	pieceSize = 512
)

// add adds a text and returns where it is.
func (s *spool) add(text []byte) (at int64, err error) {
	if len(s.tail) > 0 && len(s.tail)+lengthOf+len(text) > s.limit {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	at = s.begin + int64(len(s.tail))
	if need := len(s.tail) + lengthOf + len(text); need > cap(s.tail) { // append would grow in smaller steps
		s.tail = slices.Grow(s.tail, max(min(2*cap(s.tail), s.limit), need)-len(s.tail))
	}
	s.tail = binary.BigEndian.AppendUint32(s.tail, uint32(len(text))) //nolint:gosec // limited by what a row may be
	s.tail = append(s.tail, text...)
	return at, nil
}

// spill writes the tail to the file.
func (s *spool) spill() (err error) {
	if s.file == nil {
		if s.file, err = os.CreateTemp("", "reeve-*"); err != nil {
			return fmt.Errorf("refresh: no temporary file for what is too much for memory: %w", err)
		}
	}
	if _, err := s.file.WriteAt(s.tail, s.begin); err != nil {
		return fmt.Errorf("refresh: what is too much for memory cannot be written: %w", err)
	}
	s.begin += int64(len(s.tail))
	s.tail = s.tail[:0]
	return nil
}

// read returns the text at a place.
func (s *spool) read(at int64) (string, error) {
	if at >= s.begin {
		text := s.tail[at-s.begin:]
		n := binary.BigEndian.Uint32(text)
		return string(text[lengthOf:][:n]), nil
	}
	length, err := s.piece(at, lengthOf)
	if err != nil {
		return "", err
	}
	text, err := s.piece(at+lengthOf, int(binary.BigEndian.Uint32(length)))
	return string(text), err
}

// piece returns n bytes of the file: from the block that was read last, or from another one that begins there.
func (s *spool) piece(at int64, n int) ([]byte, error) {
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
	if cap(s.block) < size {
		s.block = make([]byte, size)
	}
	s.block, s.from = s.block[:size], at
	if _, err := s.file.ReadAt(s.block, at); err != nil {
		s.block = nil
		return nil, fmt.Errorf("refresh: what was too much for memory cannot be read back: %w", err)
	}
	return s.block[:n], nil
}

// end is where the next text will be.
func (s *spool) end() int64 { return s.begin + int64(len(s.tail)) }

// close gives everything back.
func (s *spool) close() error {
	s.tail, s.block = nil, nil
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Close(), os.Remove(s.file.Name()))
	s.file = nil
	return err
}

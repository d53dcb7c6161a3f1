package refresh

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// A spool keeps texts of bytes in the order in which they come: in memory, and in a temporary file once they are
// many.
type spool struct {
	limit int    // how much is kept in memory
	tail  []byte // what is not in the file
	begin int64  // where the tail begins
	file  *os.File
}

const lengthOf = 4 // bytes before each text

// add adds a text and returns where it is.
func (s *spool) add(text []byte) (at int64, err error) {
	if len(s.tail) > 0 && len(s.tail)+lengthOf+len(text) > s.limit {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	at = s.begin + int64(len(s.tail))
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

// read returns a copy of the text at a place, in buf if there is room.
func (s *spool) read(at int64, buf []byte) ([]byte, error) {
	if at >= s.begin {
		text := s.tail[at-s.begin:]
		n := binary.BigEndian.Uint32(text)
		return append(buf[:0], text[lengthOf:][:n]...), nil
	}
	var length [lengthOf]byte
	if _, err := s.file.ReadAt(length[:], at); err != nil {
		return nil, readingBack(err)
	}
	n := int(binary.BigEndian.Uint32(length[:]))
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	_, err := s.file.ReadAt(buf, at+lengthOf)
	return buf, readingBack(err)
}

// end is where the next text will be.
func (s *spool) end() int64 { return s.begin + int64(len(s.tail)) }

func readingBack(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("refresh: what was too much for memory cannot be read back: %w", err)
}

// close gives everything back.
func (s *spool) close() error {
	s.tail = nil
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Close(), os.Remove(s.file.Name()))
	s.file = nil
	return err
}

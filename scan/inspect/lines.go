package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/reeve-go/reeve/scan"
)

// The bounds of texts: how long a line may be, and how much is read of a small file, of one that has to be kept in memory, and of one that has not.
const (
	maxLine   = 1 << 20
	maxSmall  = 1 << 20
	maxTable  = 64 << 20
	maxStream = 1 << 40
)

// lines reads text line by line, in bounded memory. Lines that are too long or have NUL bytes in them are noted and left out.
type lines struct {
	r    *bufio.Reader
	note func(error)
	// text is the current line, until the next one, without its end but for a carriage return; n is its number, from 1.
	text []byte
	n    int
	err  error
}

func newLines(r io.Reader, note func(error)) *lines {
	return &lines{r: bufio.NewReaderSize(r, 16<<10), note: note}
}

func (l *lines) next() bool {
	for l.err == nil {
		some, whole := l.read()
		switch {
		case !some:
		case !whole:
			l.notef("is longer than %d bytes", maxLine)
		case bytes.IndexByte(l.text, 0) >= 0:
			l.notef("has NUL bytes")
		default:
			return true
		}
	}
	return false
}

// read reads to the end of a line. some: there was one; whole: it is all in l.text.
func (l *lines) read() (some, whole bool) {
	l.n++
	l.text, whole = l.text[:0], true
	for {
		piece, err := l.r.ReadSlice('\n')
		some = some || len(piece) > 0
		if whole = whole && len(l.text)+len(piece) <= maxLine; whole {
			l.text = append(l.text, piece...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		l.err = err
		l.text = bytes.TrimSuffix(l.text, []byte("\n"))
		return some, whole
	}
}

// notef notes what is wrong with the current line. It must not repeat the line: there may be secrets in it.
func (l *lines) notef(format string, args ...any) {
	l.note(fmt.Errorf("line %d %s", l.n, fmt.Sprintf(format, args...)))
}

// parse has a parser read a text, at most that much of it, and reports whether there is one to read. What cannot be read is noted by the tree;
// what a parser returns is an error of emit.
func parse(t *scan.Tree, name string, most int64, parser func(*lines) error) (found bool, err error) {
	f, err := t.Open(name)
	if err != nil {
		return false, nil // it is not there, or the tree has noted why it cannot be opened
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		t.Note(name, errors.New("is a folder, not a text"))
		return false, nil
	}
	head := &io.LimitedReader{R: f, N: most + 1}
	l := newLines(head, func(err error) { t.Note(name, err) })
	err = parser(l)
	if head.N == 0 {
		t.Note(name, fmt.Errorf("only the first %d bytes were read", most))
	}
	return true, err
}

package scantest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
)

var (
	apple = []byte("an apple\n")
	pear  = []byte("a pear\n")
)

func blobsEmpty(s *blobsScene) {
	s.lists()
	s.lacks(scan.DigestOf(apple))
}

func blobsPut(s *blobsScene) {
	s.put(apple)
	s.holds(apple)
	s.holds(apple) // reading uses nothing up
	s.lists(apple)
	s.put(pear)
	s.holds(pear)
	s.holds(apple)
	s.lists(apple, pear)
}

func blobsTwice(s *blobsScene) {
	s.put(apple)
	s.put(apple)
	s.holds(apple)
	s.lists(apple)
	s.delete(scan.DigestOf(apple))
	s.lacks(scan.DigestOf(apple))
	s.put(apple)
	s.holds(apple)
}

// blobsYoung is what lets a sweep leave alone what was put just now.
func blobsYoung(s *blobsScene) {
	s.put(apple)
	first := s.lists(apple)[0].At
	if first.IsZero() {
		s.Fatalf("List does not say when a blob was put")
	}
	s.pause()
	s.put(apple)
	if again := s.lists(apple)[0].At; !again.After(first) {
		s.Errorf("what was put again is from %v; it was put first at %v, and must be younger now", again, first)
	}
}

func blobsBytes(s *blobsScene) {
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	blobs := [][]byte{{}, {0}, all[:], make([]byte, 1000), []byte("\r\n"), []byte("päßwörd"), {0xff, 0xfe}, []byte("\x1f\x8b\x08")}
	for _, b := range blobs {
		s.put(b)
	}
	for _, b := range blobs {
		s.holds(b)
	}
	s.lists(blobs...)
}

// blobsLarge has bytes that come from nowhere, in pieces of odd sizes.
func blobsLarge(s *blobsScene) {
	seed := [32]byte{7}
	d, n, err := s.blobs.Put(s.ctx, iotest.HalfReader(io.LimitReader(rand.NewChaCha8(seed), s.Large)))
	if err != nil || n != s.Large {
		s.Fatalf("Put of %d bytes returned %d and %v; it must succeed", s.Large, n, err)
	}
	r, err := s.blobs.Open(s.ctx, d)
	if err != nil {
		s.Fatalf("Open of %d bytes: %v; it must succeed", s.Large, err)
	}
	defer r.Close() //nolint:errcheck // it was read to its end
	want, got := make([]byte, 64<<10), make([]byte, 64<<10)
	from := io.LimitReader(rand.NewChaCha8(seed), s.Large)
	for at := int64(0); ; {
		n, end := io.ReadFull(from, want)
		m, err := io.ReadFull(r, got)
		if n != m || !bytes.Equal(want[:n], got[:m]) {
			s.Fatalf("of %d bytes those from the %d-th on are others than were put, or end with %v", s.Large, at, err)
		}
		if at += int64(n); end != nil {
			if !errors.Is(err, end) {
				s.Errorf("at its end the error is %v; it must be %v", err, end)
			}
			return
		}
	}
}

func blobsBroken(s *blobsScene) { s.breaks(errors.New("the source is broken")) }

// blobsBrokenEnd has a source whose error looks like the end to whoever unwraps it, as that of a connection does.
func blobsBrokenEnd(s *blobsScene) { s.breaks(fmt.Errorf("the source is broken: %w", io.EOF)) }

// breaks demands that nothing is kept of a source that ends with an error, and that its reader's error is told.
func (s *blobsScene) breaks(broken error) {
	s.Helper()
	for _, n := range []int{0, 1, 1000, 200_000} {
		part := bytes.Repeat([]byte("x"), n)
		d, _, err := s.blobs.Put(s.ctx, io.MultiReader(bytes.NewReader(part), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			s.Errorf("Put of what breaks after %d bytes returned %q and the error %v; it must be that of the reader", n, d, err)
		}
		s.lacks(scan.DigestOf(part))
	}
	s.lists()
	s.put(apple)
	_, _, _ = s.blobs.Put(s.ctx, io.MultiReader(bytes.NewReader(apple), iotest.ErrReader(broken)))
	s.holds(apple)
	s.lists(apple)
}

func blobsMissing(s *blobsScene) {
	s.put(apple)
	s.lacks(scan.DigestOf(pear))
	s.lacks(scan.DigestOf(nil))
	s.delete(scan.DigestOf(pear))
	s.holds(apple)
}

// blobsNames tries what may come from outside as a digest.
func blobsNames(s *blobsScene) {
	s.put(apple)
	good := string(scan.DigestOf(apple))
	_, digits, _ := strings.Cut(good, ":")
	for _, name := range []string{
		"", "sha256:", digits, "sha256:..", "sha256:../../../../../../../etc/passwd", "sha256:/etc/passwd", "../" + good, good + "/..", good + "\x00",
		"sha512:" + digits, "sha256:" + strings.ToUpper(digits), good[:len(good)-1], good + "0", " " + good, good + "\n", "sha256:" + strings.Repeat("../", 21) + "x",
		"sha256:" + strings.Repeat("*", 64), "sha256:" + strings.Repeat("é", 32),
	} {
		if r, err := s.blobs.Open(s.ctx, scan.Digest(name)); err == nil {
			_ = r.Close()
			s.Errorf("Open of %q succeeds; it is no digest", name)
		}
		_ = s.blobs.Delete(s.ctx, scan.Digest(name))
	}
	s.holds(apple)
	s.lists(apple)
}

func blobsDelete(s *blobsScene) {
	s.put(apple)
	s.put(pear)
	s.delete(scan.DigestOf(apple))
	s.lacks(scan.DigestOf(apple))
	s.holds(pear)
	s.lists(pear)
	s.delete(scan.DigestOf(apple))
	s.lists(pear)
}

func blobsList(s *blobsScene) {
	var all [][]byte
	for i := range 300 { // more than a page of some, and than folders of others
		data := fmt.Appendf(nil, "fruit %d", i)
		s.put(data)
		if i%10 == 0 {
			s.delete(scan.DigestOf(data))
		} else {
			all = append(all, data)
		}
	}
	s.lists(all...)
	s.lists(all...)
}

func blobsListAndDelete(s *blobsScene) {
	for i := range 50 {
		s.put(fmt.Appendf(nil, "fruit %d", i))
	}
	for _, err := range s.blobs.List(s.ctx) {
		if err != nil {
			s.Fatalf("List: %v; it must succeed", err)
		}
		break
	}
	for b, err := range s.blobs.List(s.ctx) {
		if err != nil {
			s.Fatalf("List, while what it yields is deleted: %v; it must succeed", err)
		}
		s.delete(b.Digest)
	}
	s.lists()
}

func blobsReaders(s *blobsScene) {
	data := bytes.Repeat([]byte("0123456789"), 30_000)
	d := s.put(data)
	var readers [3]io.ReadCloser
	for i := range readers {
		r, err := s.blobs.Open(s.ctx, d)
		if err != nil {
			s.Fatalf("Open: %v; it must succeed", err)
		}
		readers[i] = r
		if _, err := io.ReadFull(r, make([]byte, 1000*i+7)); err != nil {
			s.Fatalf("the first bytes cannot be read: %v", err)
		}
	}
	if err := readers[0].Close(); err != nil {
		s.Errorf("a reader that was not read to its end fails to close: %v", err)
	}
	s.delete(d)
	for _, r := range readers[1:] { // it reads what was there, or says that it is gone
		if rest, err := io.ReadAll(r); err == nil && !bytes.HasSuffix(data, rest) {
			s.Errorf("of what was deleted meanwhile %s was read, which nobody has put", shown(rest))
		}
		_ = r.Close()
	}
}

func blobsContenders(s *blobsScene) {
	const contenders, rounds = 6, 15
	data := func(i int) []byte { return bytes.Repeat(fmt.Appendf(nil, "fruit %d, ", i), 3000) }
	var all sync.WaitGroup
	for i := range contenders {
		all.Go(func() {
			for round := range rounds {
				want := data(round % 3)
				_, _, err := s.blobs.Put(s.ctx, bytes.NewReader(want))
				if err == nil && round%contenders == i {
					err = s.blobs.Delete(s.ctx, scan.DigestOf(want))
				}
				got, e := s.read(scan.DigestOf(want))
				if errors.Is(e, scan.ErrNoBlob) { // somebody has just deleted it
					e, got = nil, want
				}
				if err = errors.Join(err, e); err != nil || !bytes.Equal(got, want) {
					s.Errorf("while others put and delete the same: %s was read, with the error %v", shown(got), err)
					return
				}
				for _, err := range s.blobs.List(s.ctx) {
					if err != nil {
						s.Errorf("while others put and delete: List: %v", err)
						return
					}
				}
			}
		})
	}
	all.Wait()
	for i := range 3 {
		s.put(data(i))
	}
	s.lists(data(0), data(1), data(2))
}

// corrupted is the scene with a blob that is not what it was.
func (s *blobsScene) corrupted(data []byte) scan.Digest {
	s.Helper()
	if s.Corrupt == nil {
		s.Skip("nothing can be made corrupt: BlobsOptions.Corrupt is nil")
	}
	d := s.put(data)
	s.Corrupt(s.test, s.blobs, d)
	return d
}

func blobsCorrupt(s *blobsScene) {
	for _, data := range [][]byte{apple, bytes.Repeat(pear, 100_000)} {
		got, err := s.read(s.corrupted(data))
		if !errors.Is(err, scan.ErrCorrupt) {
			s.Errorf("what was put as %s and is corrupt is read as %s, and ends with %v; it must end with ErrCorrupt", shown(data), shown(got), err)
		}
	}
}

func blobsMend(s *blobsScene) {
	s.corrupted(apple)
	s.put(apple)
	s.holds(apple)
	s.lists(apple)
}

func blobsCancel(s *blobsScene) {
	s.put(apple)
	ctx, cancel := context.WithCancel(s.ctx)
	source := &endless{after: 100_000, then: cancel}
	if _, _, err := s.blobs.Put(ctx, source); err == nil {
		s.Errorf("Put of what has no end succeeds, when its context ends; it must fail")
	}
	s.lists(apple)
	for _, err := range s.blobs.List(ctx) {
		if err != nil {
			break
		}
	}
	if r, err := s.blobs.Open(ctx, scan.DigestOf(apple)); err == nil {
		_, _ = io.ReadAll(r)
		_ = r.Close()
	}
	s.holds(apple)
}

// Endless is a source that calls then after some bytes, and goes on.
type endless struct {
	after int
	then  func()
}

func (e *endless) Read(p []byte) (int, error) {
	if e.after -= len(p); e.after < 0 {
		e.then()
	}
	if e.after < -1<<30 {
		return 0, io.EOF
	}
	return len(p), nil
}

func blobsReopen(s *blobsScene) {
	if s.Reopen == nil {
		s.Skip("they cannot be opened again: BlobsOptions.Reopen is nil")
	}
	s.put(apple)
	s.put(pear)
	s.delete(scan.DigestOf(pear))
	again := *s
	again.blobs = s.Reopen(s.test, s.blobs)
	again.holds(apple)
	again.lacks(scan.DigestOf(pear))
	again.lists(apple)
	again.put(pear)
	s.holds(pear)
	s.lists(apple, pear)
}

func blobsRandom(s *blobsScene) {
	rapid.Check(s.test, func(t *rapid.T) {
		b := s.scene(s.test)
		b.TB = t
		model := map[string]bool{}
		drawn := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "b", "c"}), rapid.StringN(0, 50, 200))
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				data := drawn.Draw(t, "data")
				b.put([]byte(data))
				model[data] = true
			},
			"delete": func(t *rapid.T) {
				data := drawn.Draw(t, "data")
				b.delete(scan.DigestOf([]byte(data)))
				delete(model, data)
			},
			"read": func(t *rapid.T) {
				if data := drawn.Draw(t, "data"); model[data] {
					b.holds([]byte(data))
				} else {
					b.lacks(scan.DigestOf([]byte(data)))
				}
			},
			"list": func(*rapid.T) {
				var all [][]byte
				for _, data := range slices.Sorted(maps.Keys(model)) {
					all = append(all, []byte(data))
				}
				b.lists(all...)
			},
		})
	})
}

package refresh

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is added can be read, in any order and while more is added, wherever it is kept.
func TestSpoolKeepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits, lengths := rapid.IntRange(1, 200), rapid.IntRange(0, 90)
		if rapid.Bool().Draw(t, "in several blocks") {
			limits, lengths = rapid.IntRange(1, 5*blockSize), rapid.IntRange(0, 2*blockSize)
		}
		s := spool{limit: limits.Draw(t, "limit")}
		defer func() {
			if err := s.close(); err != nil {
				t.Error(err)
			}
		}()
		var texts []string
		var places []int64
		first := "" // as it was read
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				text := strings.Repeat("x", lengths.Draw(t, "length")) + fmt.Sprint(len(texts))
				at, err := s.add([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				texts, places = append(texts, text), append(places, at)
			},
			"read": func(t *rapid.T) {
				if len(texts) == 0 {
					t.Skip("there is nothing yet")
				}
				n := rapid.IntRange(0, len(texts)-1).Draw(t, "number")
				got, err := s.read(places[n])
				if err != nil || got != texts[n] {
					t.Fatalf("%q, %v is read; %q was added", got, err, texts[n])
				}
			},
			"read all in their order": func(t *rapid.T) {
				for n, at := range places {
					if got, err := s.read(at); err != nil || got != texts[n] {
						t.Fatalf("%q, %v is read; %q was added", got, err, texts[n])
					}
				}
			},
			"read the first, to keep it": func(t *rapid.T) {
				if len(texts) == 0 {
					t.Skip("there is nothing yet")
				}
				var err error
				if first, err = s.read(places[0]); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				if first != "" && first != texts[0] {
					t.Fatalf("%q was read first, and is %q now", texts[0], first)
				}
				if s.size > s.limit && len(texts) > 1 && s.size > len(texts[len(texts)-1])+lengthOf {
					t.Fatalf("%d bytes are in memory; %d is the limit", s.size, s.limit)
				}
			},
		})
	})
}

// A text of nothing can stand where a block ends.
func TestSpoolOfNothing(t *testing.T) {
	t.Parallel()
	s := spool{limit: 2 * blockSize}
	if _, err := s.add(make([]byte, blockSize-2*lengthOf)); err != nil {
		t.Fatal(err)
	}
	at, err := s.add(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.read(at); got != "" || err != nil {
		t.Errorf("%q, %v is read; nothing was added", got, err)
	}
}

func TestSpoolLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	s := spool{limit: 10}
	for range 9 {
		if _, err := s.add([]byte("something")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v, %v is left", left, err)
	}
}

// A full disk is an error.
func TestSpoolWithoutAFile(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere/at/all")
	s := spool{limit: 10}
	if _, err := s.add([]byte("something")); err != nil {
		t.Errorf("what is kept in memory: %v", err)
	}
	if _, err := s.add([]byte("something")); err == nil || !strings.Contains(err.Error(), "temporary file") {
		t.Errorf("no temporary file can be made, and the error is %v", err)
	}
}

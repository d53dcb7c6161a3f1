package scan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// A Change is a fact that is not in two results alike.
type Change struct {
	Kind ChangeKind `json:"kind"`
	Key  string     `json:"key"`
	// Was and Is are its values; nil: it was not, or is not, there.
	Was json.RawMessage `json:"was,omitempty"`
	Is  json.RawMessage `json:"is,omitempty"`
	// Unsure: the result that does not have it is [Partial], so that it may have been there all the time.
	Unsure bool `json:"unsure,omitempty"`
}

// A ChangeKind says what happened to a fact.
type ChangeKind string

// What happens to facts.
const (
	Added   ChangeKind = "added"
	Changed ChangeKind = "changed"
	Removed ChangeKind = "removed"
)

// Diff yields what is not the same in two results of one category, in the order of the keys, with little memory. Results of equal digests are not
// read. The sequence ends with the first error, and is sure only at its end; see [Items]. A result that has failed or was skipped has
// nothing that could be compared, and to ask for it is an error.
func Diff(ctx context.Context, blobs Blobs, was, is Result) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		if was.Category != is.Category {
			yield(Change{}, fmt.Errorf("scan: category %s cannot be compared with category %s; results of one category can", quote(was.Category), quote(is.Category)))
			return
		}
		if was.Digest == is.Digest && was.Outcome.hasItems() && is.Outcome.hasItems() {
			return
		}
		old, err := openSide(ctx, blobs, &was)
		if err != nil {
			yield(Change{}, err)
			return
		}
		defer old.close()
		young, err := openSide(ctx, blobs, &is)
		if err != nil {
			yield(Change{}, err)
			return
		}
		defer young.close()
		for !old.over || !young.over {
			change, is := step(old, young)
			if is && !yield(change, nil) {
				return
			}
			if err := errors.Join(old.forward(), young.forward()); err != nil {
				yield(Change{}, err)
				return
			}
		}
	}
}

// A side is one of two results that are read side by side.
type side struct {
	*resultReader

	// Used: the fact at hand has been compared. Over: there are no more.
	used, over bool
}

// openSide returns a side at its first fact.
func openSide(ctx context.Context, blobs Blobs, r *Result) (*side, error) {
	in, err := openResult(ctx, blobs, r)
	if err != nil {
		return nil, err
	}
	s := &side{resultReader: in, used: true}
	if err := s.forward(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// forward goes to the next fact if the one at hand was used.
func (s *side) forward() error {
	if s.over || !s.used {
		return nil
	}
	err := s.next()
	if s.over = errors.Is(err, errEnd); s.over {
		return nil
	}
	s.used = false
	return err
}

// step compares the facts at hand, of which that with the lesser key comes first, and reports whether there is a change.
func step(was, is *side) (Change, bool) {
	order := bytes.Compare(was.key, is.key)
	switch {
	case was.over:
		order = 1
	case is.over:
		order = -1
	}
	was.used, is.used = order <= 0, order >= 0
	switch {
	case order < 0:
		return Change{Kind: Removed, Key: string(was.key), Was: bytes.Clone(was.value), Unsure: is.result.Outcome == Partial}, true
	case order > 0:
		return Change{Kind: Added, Key: string(is.key), Is: bytes.Clone(is.value), Unsure: was.result.Outcome == Partial}, true
	case bytes.Equal(was.value, is.value):
		return Change{}, false
	}
	return Change{Kind: Changed, Key: string(is.key), Was: bytes.Clone(was.value), Is: bytes.Clone(is.value)}, true
}

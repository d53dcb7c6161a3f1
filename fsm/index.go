package fsm

import (
	"encoding/binary"
	"math/bits"
)

// An index finds the number of a name. A name of up to 16 bytes is exactly its length and its outer
// words, one of up to 32 bytes has inner words besides, and all of these stand in its slot. So
// finding it compares words; only a longer name is compared as a whole.
type index struct {
	slots     []slot
	seed      uint64
	shift     uint8
	deep      bool // what is between the outer words of a long name is hashed too
	displaced int  // how many names found another one in their place
}

// A slot is empty where next is zero. The empty string equals an empty slot, and is never found.
type slot struct {
	lo, hi           uint64
	innerLo, innerHi uint64
	name             string
	next             uint32 // the number after that of the name
}

const (
	maxShort = 16
	maxExact = 32
	golden   = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio: multiples of it spread evenly
)

// newIndex numbers the names in their order. It takes the first of 64 seeds that displaces no more
// than one name in sixteen, so none of a small table, or else the one that displaces fewest. Where
// that leaves many displaced, long names differ only in what is between their words, and then that
// counts too.
func newIndex(names []string) index {
	best := tryIndex(names, 1, false)
	for seed := uint64(3); seed < 128 && best.displaced > len(names)/16; seed += 2 {
		for _, deep := range []bool{false, true} {
			if ix := tryIndex(names, seed, deep); ix.displaced < best.displaced {
				best = ix
			}
		}
	}
	return best
}

func tryIndex(names []string, seed uint64, deep bool) index {
	width := bits.Len(uint(4 * len(names)))
	ix := index{
		slots: make([]slot, 1<<width+len(names)), // beyond the last home there is room for all
		seed:  seed * golden,
		shift: uint8(64 - width), //nolint:gosec // from 0 to 64
		deep:  deep,
	}
	for i, name := range names {
		s := slot{name: name, next: uint32(i + 1)}
		hash := uint64(0)
		s.lo, s.hi = outerWords(name)
		if len(name) > maxShort {
			s.innerLo, s.innerHi = innerWords(name)
			hash = ix.inside(name)
		}
		at := ix.home(s.lo, s.hi, hash, len(name))
		if ix.slots[at].next > 0 {
			ix.displaced++
		}
		for ix.slots[at].next > 0 {
			at++
		}
		ix.slots[at] = s
	}
	return ix
}

// find returns the number of name.
func (ix *index) find(name string) (id uint32, ok bool) {
	if len(name) > maxShort {
		return ix.findLong(name)
	}
	lo, hi := outerWords(name)
	slots := ix.slots
	for at := ix.home(lo, hi, 0, len(name)); at < uint(len(slots)); at++ {
		s := &slots[at]
		if s.lo == lo && s.hi == hi && len(s.name) == len(name) {
			return s.next - 1, s.next > 0
		}
		if s.next == 0 {
			break
		}
	}
	return 0, false
}

// findLong is apart because what it calls would cost find a stack frame.
func (ix *index) findLong(name string) (id uint32, ok bool) {
	lo, hi := outerWords(name)
	slots := ix.slots
	for at := ix.home(lo, hi, ix.inside(name), len(name)); at < uint(len(slots)); at++ {
		s := &slots[at]
		if s.lo == lo && s.hi == hi && len(s.name) == len(name) && s.equalInside(name) {
			return s.next - 1, true
		}
		if s.next == 0 {
			break
		}
	}
	return 0, false
}

// equalInside compares what the outer words do not hold of a long name.
func (s *slot) equalInside(name string) bool {
	if len(name) > maxExact {
		return s.name == name
	}
	lo, hi := innerWords(name)
	return s.innerLo == lo && s.innerHi == hi
}

// home returns where a name stands unless another one was there first.
func (ix *index) home(lo, hi, inside uint64, length int) uint {
	hash := lo ^ bits.RotateLeft64(hi, 29) + inside + uint64(length)*golden //nolint:gosec // a length is positive
	return uint(hash * ix.seed >> (ix.shift & 63))
}

// outerWords returns the first and the last eight bytes of a name, overlapping where there are fewer.
// The conversion copies nothing, and the function is just small enough to be inlined.
func outerWords(name string) (lo, hi uint64) {
	b := []byte(name)
	switch n := len(b); {
	case n >= 8:
		return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(b))<<32 | uint64(binary.LittleEndian.Uint32(b[n-4:])), 0
	case n > 0:
		return uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16, 0
	}
	return 0, 0
}

// innerWords returns the eight bytes next to the outer ones at either end of a long name.
func innerWords(name string) (lo, hi uint64) {
	b := []byte(name)
	return binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[len(b)-16:])
}

// inside returns a hash of what is between the outer words of a long name, where that counts.
func (ix *index) inside(name string) (hash uint64) {
	if !ix.deep {
		return 0
	}
	b := []byte(name)
	hash = binary.LittleEndian.Uint64(b[len(b)-16:])
	for b = b[8:]; len(b) > 16; b = b[8:] {
		hash = hash*golden ^ binary.LittleEndian.Uint64(b)
	}
	return hash * golden
}

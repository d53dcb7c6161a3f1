package refresh

import (
	"hash/maphash"
	"iter"
)

// A keyring numbers keys in the order in which they come, from 0 on. It is not made of pointers, so that a million keys
// are nothing that the garbage collector has to look at.
type keyring struct {
	seed  maphash.Seed
	text  []byte // the keys, each behind the one before
	ends  []int  // of the keys, in the text
	slots []slot // a power of two, of which at least a quarter is free
}

// A slot is where a key is looked for, by its hash.
type slot struct {
	hash   uint32
	number int32 // of the key, counted from 1 on; zero: the slot is free
}

// len returns how many keys there are.
func (k *keyring) len() int { return len(k.ends) }

// at returns a key by its number. It is not to be changed.
func (k *keyring) at(number int32) []byte {
	begin := 0
	if number > 0 {
		begin = k.ends[number-1]
	}
	return k.text[begin:k.ends[number]]
}

// find returns the number of a key, if it is there.
func (k *keyring) find(key []byte) (number int32, there bool) {
	if len(k.slots) == 0 {
		return 0, false
	}
	s := k.slotOf(key, k.hash(key))
	return s.number - 1, s.number > 0
}

// add returns the number of a key, which it has from now on.
func (k *keyring) add(key []byte) (number int32) {
	if 4*(len(k.ends)+1) > 3*len(k.slots) {
		k.grow()
	}
	hash := k.hash(key)
	s := k.slotOf(key, hash)
	if s.number == 0 {
		k.text = append(k.text, key...)
		k.ends = append(k.ends, len(k.text))
		*s = slot{hash, int32(len(k.ends))} //nolint:gosec // limited by memory
	}
	return s.number - 1
}

func (k *keyring) hash(key []byte) uint32 {
	return uint32(maphash.Bytes(k.seed, key)) //nolint:gosec // a part of it
}

// slotOf returns the slot that has a key, or the free one that it belongs in.
func (k *keyring) slotOf(key []byte, hash uint32) *slot {
	last := uint32(len(k.slots) - 1) //nolint:gosec // limited by memory
	for i := hash & last; ; i = (i + 1) & last {
		s := &k.slots[i]
		if s.number == 0 || s.hash == hash && string(k.at(s.number-1)) == string(key) {
			return s
		}
	}
}

// grow doubles the slots.
func (k *keyring) grow() {
	if len(k.slots) == 0 {
		k.seed = maphash.MakeSeed()
	}
	before := k.slots
	k.slots = make([]slot, max(8, 2*len(before)))
	last := uint32(len(k.slots) - 1) //nolint:gosec // limited by memory
	for _, s := range before {
		if s.number == 0 {
			continue
		}
		i := s.hash & last
		for k.slots[i].number != 0 {
			i = (i + 1) & last
		}
		k.slots[i] = s
	}
}

// rowKeys are keys, some of which are those of rows.
type rowKeys struct {
	keyring

	rows []int32 // by the number of the key; there may be less
}

const (
	noRow = -2 // has the key
	twice = -1 // in the place of a row's number: two rows have the key, so it is none
)

// set says which row has a key.
func (k *rowKeys) set(number, row int32) {
	for len(k.rows) <= int(number) {
		k.rows = append(k.rows, noRow)
	}
	k.rows[number] = row
}

// row returns the row that has a key.
func (k *rowKeys) row(key []byte) (row int32, there bool) {
	number, there := k.find(key)
	if !there {
		return 0, false
	}
	return k.rowAt(number)
}

func (k *rowKeys) rowAt(number int32) (row int32, there bool) {
	if int(number) >= len(k.rows) || k.rows[number] == noRow {
		return 0, false
	}
	return k.rows[number], true
}

// all yields the keys of rows, each with its row, in the order in which the keys came.
func (k *rowKeys) all() iter.Seq2[[]byte, int32] {
	return func(yield func([]byte, int32) bool) {
		for number, row := range k.rows {
			if row != noRow && !yield(k.at(int32(number)), row) {
				return
			}
		}
	}
}

// forget takes the keys from rows that come after the first n.
func (k *rowKeys) forget(n int) {
	for number, row := range k.rows {
		if int(row) >= n {
			k.rows[number] = noRow
		}
	}
}

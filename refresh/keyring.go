package refresh

import (
	"hash/maphash"
	"iter"
)

// A keyring numbers keys in the order in which they come, from 0 on. It is not made of pointers, so that a million keys
// are nothing that the garbage collector has to look at.
type keyring struct {
	seed  maphash.Seed
	texts [][]byte     // the keys, each behind the one before, in blocks that do not grow
	ends  list[keyEnd] // of the keys
	slots []slot       // a power of two, of which at least 3 in 16 are free
	last  int32        // the number of the key that was found last
}

// A keyEnd is where a key ends: in which text, and where in it.
type keyEnd struct{ text, at uint32 }

// A slot is where a key is looked for, by its hash.
type slot struct {
	hash   uint32
	number int32 // of the key, counted from 1 on; zero: the slot is free
}

// textSize is how much is in a text, unless a key is larger. The first one grows as it has to.
const textSize = 64 << 10

// len returns how many keys there are.
func (k *keyring) len() int { return k.ends.len() }

// at returns a key by its number. It is not to be changed.
func (k *keyring) at(number int32) []byte {
	to, begin := *k.ends.at(number), uint32(0)
	if number > 0 {
		if before := *k.ends.at(number - 1); before.text == to.text {
			begin = before.at
		}
	}
	return k.texts[to.text][begin:to.at]
}

// find returns the number of a key, if it is there.
func (k *keyring) find(key []byte) (number int32, there bool) {
	if len(k.slots) == 0 {
		return 0, false
	}
	if number, there := k.near(key); there {
		return number, true
	}
	s := k.slotOf(key, k.hash(key))
	if s.number > 0 {
		k.last = s.number - 1
	}
	return s.number - 1, s.number > 0
}

// near looks where a key often is: it is the one that was found last, or the one behind it.
func (k *keyring) near(key []byte) (number int32, there bool) {
	for number := k.last; number < min(k.last+2, int32(k.len())); number++ { //nolint:gosec // limited by memory
		if string(k.at(number)) == string(key) {
			k.last = number
			return number, true
		}
	}
	return 0, false
}

// add returns the number of a key, which it has from now on.
func (k *keyring) add(key []byte) (number int32) {
	if number, there := k.near(key); there {
		return number
	}
	k.room(1)
	hash := k.hash(key)
	s := k.slotOf(key, hash)
	if s.number == 0 {
		k.write(key)
		*s = slot{hash, int32(k.len())} //nolint:gosec // limited by memory
	}
	k.last = s.number - 1
	return k.last
}

// write writes a key behind the others.
func (k *keyring) write(key []byte) {
	last := len(k.texts) - 1
	if last < 0 || len(k.texts[last])+len(key) > max(textSize, cap(k.texts[last])) {
		var room []byte
		if last++; last > 0 {
			room = make([]byte, 0, max(textSize, len(key)))
		}
		k.texts = append(k.texts, room)
	}
	k.texts[last] = append(k.texts[last], key...)
	k.ends.add(keyEnd{uint32(last), uint32(len(k.texts[last]))}) //nolint:gosec // limited by memory
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

// room makes slots for so many keys more.
func (k *keyring) room(n int) {
	if len(k.slots) == 0 {
		k.seed = maphash.MakeSeed()
	}
	size := max(8, len(k.slots))
	for 16*(k.len()+n) > 13*size {
		size *= 2
	}
	if size == len(k.slots) {
		return
	}
	before := k.slots
	k.slots = make([]slot, size)
	last := uint32(size - 1) //nolint:gosec // limited by memory
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

	rows list[int32] // by the number of the key; there may be less
}

const (
	noRow = -2 // has the key
	twice = -1 // in the place of a row's number: two rows have the key, so it is none
)

// set says which row has a key.
func (k *rowKeys) set(number, row int32) {
	*k.rows.reach(number, noRow) = row
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
	if int(number) >= k.rows.len() || *k.rows.at(number) == noRow {
		return 0, false
	}
	return *k.rows.at(number), true
}

// all yields the keys of rows, each with its row, in the order in which the keys came.
func (k *rowKeys) all() iter.Seq2[[]byte, int32] {
	return func(yield func([]byte, int32) bool) {
		for number, row := range k.rows.all() {
			if row != noRow && !yield(k.at(number), row) {
				return
			}
		}
	}
}

// forget takes the keys from rows that come after the first n.
func (k *rowKeys) forget(n int) {
	for number, row := range k.rows.all() {
		if int(row) >= n {
			*k.rows.at(number) = noRow
		}
	}
}

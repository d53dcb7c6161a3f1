package refresh

import "iter"

// A list grows without a copy of what it has, so that a million of something leaves no garbage behind.
type list[T any] struct {
	blocks [][]T // all but the last are full
}

// inBlock is how many are in a block. Only the first one grows as it has to, for what is little in all.
const inBlock = 1 << 12

func (l *list[T]) len() int {
	if len(l.blocks) == 0 {
		return 0
	}
	return (len(l.blocks)-1)*inBlock + len(l.blocks[len(l.blocks)-1])
}

func (l *list[T]) at(i int32) *T { return &l.blocks[i/inBlock][i%inBlock] }

func (l *list[T]) add(v T) {
	last := len(l.blocks) - 1
	if last < 0 || len(l.blocks[last]) == inBlock {
		var room []T
		if last++; last > 0 {
			room = make([]T, 0, inBlock)
		}
		l.blocks = append(l.blocks, room)
	}
	l.blocks[last] = append(l.blocks[last], v)
}

// reach returns the place of that number. Where there was none, those up to it hold v.
func (l *list[T]) reach(i int32, v T) *T {
	for l.len() <= int(i) {
		l.add(v)
	}
	return l.at(i)
}

// cut leaves the first n.
func (l *list[T]) cut(n int) {
	if n >= l.len() {
		return
	}
	l.blocks = l.blocks[:(n+inBlock-1)/inBlock]
	if last := len(l.blocks) - 1; last >= 0 {
		l.blocks[last] = l.blocks[last][:n-last*inBlock]
	}
}

// all yields what is in it, with its number.
func (l *list[T]) all() iter.Seq2[int32, T] {
	return func(yield func(int32, T) bool) {
		n := int32(0)
		for _, block := range l.blocks {
			for _, v := range block {
				if !yield(n, v) {
					return
				}
				n++
			}
		}
	}
}

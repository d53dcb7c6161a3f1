package supervisiontest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"pgregory.net/rapid"
)

// A tape holds the choices of one simulation. Where it is zero the choice is the plainest one: no
// fault, and whoever waited longest goes on. When it has ended nothing goes wrong any more. So what is
// left of a tape that was made as short and as plain as it can be is what the failure needs.
type tape struct {
	mu   sync.Mutex
	next func() uint64
	left int // how many choices are left; negative: it does not end
}

// seeded returns the tape of a seed. It does not end.
func seeded(seed uint64) *tape {
	return &tape{next: rand.New(rand.NewPCG(seed, 0)).Uint64, left: -1}
}

// choices is a tape as rapid draws it: in pieces, which it can leave out.
type choices [][]uint64

// drawn generates tapes that last for about that many steps.
func drawn(steps int) *rapid.Generator[choices] {
	piece := rapid.SliceOfN(rapid.Uint64(), 8, -1) // 16 on average
	pieces := rapid.SliceOfN(piece, steps/16, -1)  // twice as many on average, so two choices a step
	return rapid.Map(pieces, func(v [][]uint64) choices { return v })
}

func (c choices) tape() *tape {
	numbers := slices.Concat(c...)
	for len(numbers) > 0 && numbers[len(numbers)-1] == 0 {
		numbers = numbers[:len(numbers)-1]
	}
	at := -1
	return &tape{left: len(numbers), next: func() uint64 { at++; return scatter(numbers[at]) }}
}

// GoString keeps the numbers out of the output: the trace tells what they mean.
func (c choices) GoString() string { return fmt.Sprint(c.tape().left) }

// hasEnded reports whether only plain choices are left.
func (t *tape) hasEnded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left == 0
}

// scatter spreads numbers, which rapid prefers small, over the whole range; zero stays zero.
func scatter(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// choose returns a number below n.
func (t *tape) choose(n int) int {
	if n < 2 {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left == 0 {
		return 0
	}
	if t.left > 0 {
		t.left--
	}
	return int(t.next() % uint64(n)) //nolint:gosec // n is positive, and the rest less than n
}

// weigh returns an index, each as often as its weight says. The first one is the plainest.
func (t *tape) weigh(weights ...int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	v := t.choose(total)
	for i, w := range weights {
		if v < w {
			return i
		}
		v -= w
	}
	return 0
}

// rarely is true once in so many times.
func (t *tape) rarely(n int) bool { return t.choose(n) == n-1 }

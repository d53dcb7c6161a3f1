package supervision

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// Who is free takes whatever is there; while he writes, the other waits for a full batch.
func TestPileMakesFullBatchesWhileItWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPile[int](3)
		begun, goOn := make(chan []int, 9), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			p.write(func(batch []int) []int {
				begun <- batch
				<-goOn
				return nil
			}, nil)
		})
		expect := func(what string, want ...[]int) {
			t.Helper()
			synctest.Wait()
			for _, w := range want {
				select {
				case got := <-begun:
					if !slices.Equal(got, w) {
						t.Errorf("%s: %v is written, want %v", what, got, w)
					}
				default:
					t.Errorf("%s: nothing is written, want %v", what, w)
				}
			}
			if len(begun) > 0 {
				t.Errorf("%s: %v is written, too", what, <-begun)
			}
		}
		add := func(values ...int) {
			for _, v := range values {
				p.add(v)
			}
		}
		expect("nothing was added")
		add(1)
		expect("one free, one thing", []int{1})
		add(2, 3)
		expect("less than a batch while one writes")
		add(4)
		expect("a full batch while one writes", []int{2, 3, 4})
		add(5, 6, 7, 8)
		expect("both write")
		goOn <- struct{}{}
		goOn <- struct{}{}
		synctest.Wait()
		add(9, 10)
		p.end()
		close(goOn)
		all.Wait()
		close(begun)
		var rest []int
		for batch := range begun {
			if len(batch) > 3 {
				t.Errorf("a batch of %d; 3 is the most", len(batch))
			}
			rest = append(rest, batch...)
		}
		slices.Sort(rest)
		if want := []int{5, 6, 7, 8, 9, 10}; !slices.Equal(rest, want) {
			t.Errorf("in the end %v was written, want %v", rest, want)
		}
	})
}

// Whatever is added is written once, and what could not be the first time, too.
func TestPileLosesNothing(t *testing.T) {
	t.Parallel()
	const adders, each = 8, 500
	p := newPile[int](7)
	var mu sync.Mutex
	written, refused := map[int]int{}, map[int]bool{}
	var adding, writing sync.WaitGroup
	writing.Go(func() {
		p.write(func(batch []int) (again []int) {
			mu.Lock()
			defer mu.Unlock()
			for _, v := range batch {
				if v%10 == 0 && !refused[v] {
					refused[v] = true
					again = append(again, v)
				} else {
					written[v]++
				}
			}
			return again
		}, func(int) { runtime.Gosched() })
	})
	for a := range adders {
		adding.Go(func() {
			for i := range each {
				p.add(a*each + i)
			}
		})
	}
	adding.Wait()
	p.end()
	writing.Wait()
	for v := range adders * each {
		if written[v] != 1 {
			t.Fatalf("%d was written %d times; once is right", v, written[v])
		}
	}
}

package memory

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Options for [New]. Nil is the same as the zero value.
type Options struct {
	// Limits bounds what is accepted.
	Limits storage.Limits
}

// Store is a [storage.Store] and a [storage.Notifier] in memory. It reads the process's clock, so that
// testing/synctest can drive it.
type Store struct {
	limits    storage.Limits
	shards    [shardCount]shard
	seed      maphash.Seed
	seq       atomic.Uint64 // of messages and effects
	effects   effectIndex
	listeners storage.Listeners
}

var (
	_ storage.Store    = (*Store)(nil)
	_ storage.Notifier = (*Store)(nil)
)

const shardCount = 32

// New returns an empty store.
func New(o *Options) *Store {
	s := &Store{seed: maphash.MakeSeed()}
	if o != nil {
		s.limits = o.Limits
	}
	s.effects.byID = map[string]*effect{}
	for i := range s.shards {
		s.shards[i].init()
	}
	return s
}

func now() time.Time { return storage.Time(time.Now()) }

// A shard holds the records of some keys and what belongs to them.
type shard struct {
	mu      sync.Mutex
	records map[storage.Key]*record
	mail    map[storage.Key]*mailbox
	lines   map[storage.Key][]*line
	counts  map[string]map[string]int // records by kind and state

	due  map[string]*queue[*record] // by kind
	work map[string]*queue[*effect] // by name

	ready storage.Hint // what can be handed out that could not be before the shard was locked

	// What has ended, by when.
	endedMessages, deadMessages *queue[*message]
	endedEffects, deadEffects   *queue[*effect]
	oldLines                    *queue[*line]
}

func (s *shard) init() {
	s.records = map[storage.Key]*record{}
	s.mail = map[storage.Key]*mailbox{}
	s.lines = map[storage.Key][]*line{}
	s.counts = map[string]map[string]int{}
	s.due = map[string]*queue[*record]{}
	s.work = map[string]*queue[*effect]{}
	s.endedMessages, s.deadMessages = newQueue(compareMessages), newQueue(compareMessages)
	s.endedEffects, s.deadEffects = newQueue(compareEffects), newQueue(compareEffects)
	s.oldLines = newQueue(compareLines)
}

func (s *Store) shardOf(k storage.Key) *shard { return &s.shards[s.shardNumber(k)] }

func (s *Store) shardNumber(k storage.Key) int {
	return int(maphash.Comparable(s.seed, k) % shardCount)
}

// lock locks the shards of the keys, in their order, and returns the function that unlocks them.
func (s *Store) lock(keys ...storage.Key) (unlock func()) {
	var numbers []int
	for _, k := range keys {
		numbers = append(numbers, s.shardNumber(k))
	}
	slices.Sort(numbers)
	return s.lockShards(slices.Compact(numbers))
}

func (s *Store) lockAll() (unlock func()) {
	numbers := make([]int, shardCount)
	for i := range numbers {
		numbers[i] = i
	}
	return s.lockShards(numbers)
}

// lockShards locks shards. When they are unlocked, a hint is given if something became ready in them.
func (s *Store) lockShards(numbers []int) (unlock func()) {
	for _, n := range numbers {
		s.shards[n].mu.Lock()
	}
	return func() {
		var ready storage.Hint
		for _, n := range numbers {
			shard := &s.shards[n]
			ready |= shard.ready
			shard.ready = 0
			shard.mu.Unlock()
		}
		s.listeners.Hint(ready)
	}
}

// An effectIndex finds an effect by its ID. Its lock is taken after those of shards.
type effectIndex struct {
	mu   sync.Mutex
	byID map[string]*effect
}

func (x *effectIndex) find(id string) *effect {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.byID[id]
}

func (x *effectIndex) add(e *effect) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.byID[e.ID] = e
}

func (x *effectIndex) remove(e *effect) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.byID, e.ID)
}

func getOrMake[K comparable, V any](m map[K]V, k K, make func() V) V {
	v, ok := m[k]
	if !ok {
		v = make()
		m[k] = v
	}
	return v
}

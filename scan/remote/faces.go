package remote

import (
	"slices"
	"sync"
	"time"
)

// Faces are the credentials that were good when they were shown here last. That decides only at whose expense a call comes in, its agent's or all
// strangers': whether a credential is good the books say, each time.
type faces struct {
	lasts time.Duration // a credential

	mu    sync.Mutex
	of    map[string]*face // by names
	swept time.Time
}

type face struct {
	digests []string
	seen    time.Time
}

func newFaces(lasts time.Duration) *faces {
	return &faces{lasts: lasts, of: map[string]*face{}, swept: time.Now()}
}

// knows reports whether a credential is such a one.
func (f *faces) knows(who caller) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	is := f.of[who.name]
	return is != nil && slices.Contains(is.digests, who.digest)
}

// keep remembers a credential that is good.
func (f *faces) keep(who caller) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	f.sweep(now)
	is := f.of[who.name]
	if is == nil {
		is = &face{}
		f.of[who.name] = is
	}
	is.seen = now
	if slices.Contains(is.digests, who.digest) {
		return
	}
	is.digests = append(is.digests, who.digest)
	is.digests = slices.Clone(is.digests[max(0, len(is.digests)-mostSecrets):])
}

// forget forgets a credential that is not good any more.
func (f *faces) forget(who caller) {
	f.mu.Lock()
	defer f.mu.Unlock()
	is := f.of[who.name]
	if is == nil {
		return
	}
	if is.digests = slices.DeleteFunc(is.digests, func(d string) bool { return d == who.digest }); len(is.digests) == 0 {
		delete(f.of, who.name)
	}
}

// sweep forgets agents whose credentials have all ended by now.
func (f *faces) sweep(now time.Time) {
	if now.Sub(f.swept) < time.Minute {
		return
	}
	f.swept = now
	for name, is := range f.of {
		if now.Sub(is.seen) > f.lasts {
			delete(f.of, name)
		}
	}
}

package remote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// Staging has uploads that are not whole yet: a file each, named after the agent and the digest. How far one is is how long its file is, so nothing else
// has to survive a crash; whether it is what it should be is seen at its end.
type staging struct {
	folder     string
	each, most int64

	mu    sync.Mutex
	files map[string]*staged
	used  map[string]usage // by agents
	all   int64
	swept time.Time
}

// Usage is what an agent has there.
type usage struct {
	files int
	bytes int64
}

// A staged upload.
type staged struct {
	turn // whose it is writes, or ends it

	name  string
	agent string
	size  int64
	at    time.Time
	gone  bool
}

func newStaged(name string, size int64, at time.Time) *staged {
	agent, _, _ := strings.Cut(name, "-")
	return &staged{turn: newTurn(), name: name, agent: agent, size: size, at: at}
}

// How long an unfinished upload waits for its next part, and how many of them an agent has.
const (
	stagedFor  = time.Hour
	mostStaged = 32
)

var stagedName = regexp.MustCompile(`^[0-9a-f]{32}-[0-9a-f]{64}$`)

func openStaging(folder string, each, most int64) (*staging, error) {
	g := &staging{folder: folder, each: each, most: most, files: map[string]*staged{}, used: map[string]usage{}, swept: time.Now()}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		info, gone := e.Info()
		if !stagedName.MatchString(e.Name()) || gone != nil || !info.Mode().IsRegular() {
			continue
		}
		f := newStaged(e.Name(), info.Size(), info.ModTime())
		if f.at.After(g.swept) { // of a clock that was ahead
			f.at = g.swept
		}
		g.count(f, f.size)
	}
	return g, err
}

// count counts an upload that is there from now on.
func (g *staging) count(f *staged, size int64) {
	g.files[f.name] = f
	of := g.used[f.agent]
	g.used[f.agent] = usage{of.files + 1, of.bytes + size}
	g.all += size
}

// stagedAs is the name of the file of an agent's upload.
func stagedAs(agent string, d scan.Digest) string {
	sum := sha256.Sum256([]byte(agent))
	return hex.EncodeToString(sum[:16]) + "-" + strings.TrimPrefix(string(d), "sha256:")
}

func (g *staging) path(name string) string { return filepath.Join(g.folder, name) }

// size returns how much of an upload is there.
func (g *staging) size(ctx context.Context, agent string, d scan.Digest) (int64, error) {
	g.mu.Lock()
	f := g.files[stagedAs(agent, d)]
	g.mu.Unlock()
	if f == nil {
		return 0, nil
	}
	if err := f.lock(ctx); err != nil {
		return 0, err
	}
	defer f.unlock()
	if f.gone { // it ended while we waited for it
		return 0, nil
	}
	return f.size, nil
}

// begin returns the upload, locked, and makes it if there is none.
func (g *staging) begin(ctx context.Context, agent string, d scan.Digest) (*staged, error) {
	for {
		f, err := g.find(stagedAs(agent, d))
		if err == nil {
			err = f.lock(ctx)
		}
		if err != nil {
			return nil, err
		}
		if !f.gone {
			return f, nil
		}
		f.unlock() // it ended while we waited for it
	}
}

func (g *staging) find(name string) (*staged, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f := g.files[name]; f != nil {
		return f, nil
	}
	f := newStaged(name, 0, time.Now())
	if n := g.used[f.agent].files; n >= mostStaged {
		return nil, busy(0, "the agent has %d unfinished uploads; it may have no more", n)
	}
	g.count(f, 0)
	return f, nil
}

// leave unlocks an upload. One of which nothing has come is none.
func (g *staging) leave(f *staged) {
	if f.size == 0 && !f.gone {
		g.drop(f)
	}
	f.unlock()
}

// sweep drops uploads that nobody goes on with.
func (g *staging) sweep() {
	now := time.Now()
	g.mu.Lock()
	if now.Sub(g.swept) < time.Minute {
		g.mu.Unlock()
		return
	}
	g.swept = now
	files := maps.Clone(g.files)
	g.mu.Unlock()
	for _, f := range files {
		if f.tryLock() { // else it is being written
			if !f.gone && now.Sub(f.at) > stagedFor {
				g.drop(f)
			}
			f.unlock()
		}
	}
}

package remote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
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
	used  map[string]int64 // by agents
	all   int64
	swept time.Time
}

// A staged upload.
type staged struct {
	turn  chan struct{} // whoever has the place in it writes, or ends it
	name  string
	agent string
	size  int64
	at    time.Time
	gone  bool
}

func newStaged(name string, size int64, at time.Time) *staged {
	agent, _, _ := strings.Cut(name, "-")
	return &staged{turn: make(chan struct{}, 1), name: name, agent: agent, size: size, at: at}
}

// lock waits for its turn.
func (f *staged) lock(ctx context.Context) error {
	select {
	case f.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (f *staged) unlock() { <-f.turn }

// How long an unfinished upload waits for its next part, and how many of them an agent has.
const (
	stagedFor  = time.Hour
	mostStaged = 32
)

var stagedName = regexp.MustCompile(`^[0-9a-f]{32}-[0-9a-f]{64}$`)

func openStaging(folder string, each, most int64) (*staging, error) {
	g := &staging{folder: folder, each: each, most: most, files: map[string]*staged{}, used: map[string]int64{}, swept: time.Now()}
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
		g.files[f.name] = f
		g.used[f.agent] += f.size
		g.all += f.size
	}
	return g, err
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
	f, mine := newStaged(name, 0, time.Now()), 0
	for _, other := range g.files {
		if other.agent == f.agent {
			mine++
		}
	}
	if mine >= mostStaged {
		return nil, refuse(http.StatusTooManyRequests, CodeBusy, "the agent has %d unfinished uploads; it may have no more", mine)
	}
	g.files[name] = f
	return f, nil
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
		select {
		case f.turn <- struct{}{}:
			if !f.gone && now.Sub(f.at) > stagedFor {
				g.drop(f)
			}
			f.unlock()
		default: // it is being written
		}
	}
}

package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// add adds a part to an upload that is locked.
func (g *staging) add(f *staged, part []byte) error {
	if err := g.reserve(f, int64(len(part))); err != nil {
		return err
	}
	file, err := os.OpenFile(g.path(f.name), os.O_WRONLY|os.O_CREATE, 0o600)
	if err == nil {
		if _, err = file.WriteAt(part, f.size); err != nil {
			_ = file.Truncate(f.size) // or its end tells
		}
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		g.release(f, int64(len(part)))
		return fmt.Errorf("remote: an upload cannot be kept: %w", err)
	}
	f.size, f.at = f.size+int64(len(part)), time.Now()
	return nil
}

// reserve takes room for a part. Where there is none, uploads of who has the most of it end for who has less.
func (g *staging) reserve(f *staged, n int64) error {
	for {
		err := g.tryReserve(f, n)
		if err != errNoStaging { //nolint:errorlint // it is just that
			return err
		}
		other := g.lockFor(f, n)
		if other == nil {
			return err
		}
		if !other.gone {
			g.drop(other)
		}
		other.unlock()
	}
}

var errNoStaging error = refuse(http.StatusServiceUnavailable, CodeUnavailable, "there is no room for uploads now; try again")

func (g *staging) tryReserve(f *staged, n int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	of := g.used[f.agent]
	switch {
	case of.bytes+n > g.each:
		return refuse(http.StatusRequestEntityTooLarge, CodeTooLarge, "the agent's unfinished uploads would have more than %d bytes", g.each)
	case g.all+n > g.most:
		return errNoStaging
	}
	g.used[f.agent] = usage{of.files, of.bytes + n}
	g.all += n
	return nil
}

// lockFor locks an upload that is to end for a part of another, if who has it would have more still without room for that, and it is not being written.
func (g *staging) lockFor(f *staged, n int64) *staged {
	g.mu.Lock()
	defer g.mu.Unlock()
	richest := f.agent
	for agent, of := range g.used {
		if of.bytes > g.used[richest].bytes {
			richest = agent
		}
	}
	if g.used[richest].bytes <= g.used[f.agent].bytes+n {
		return nil
	}
	for _, other := range g.files {
		if other.agent == richest && other.tryLock() {
			return other
		}
	}
	return nil
}

func (g *staging) release(f *staged, n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	of := g.used[f.agent]
	g.used[f.agent] = usage{of.files, of.bytes - n}
	g.all -= n
}

// truncate takes the end of an upload, which is locked, away.
func (g *staging) truncate(f *staged, to int64) error {
	if f.size == to {
		return nil
	}
	if err := os.Truncate(g.path(f.name), to); err != nil {
		return err
	}
	g.release(f, f.size-to)
	f.size = to
	return nil
}

// drop ends an upload that is locked.
func (g *staging) drop(f *staged) {
	f.gone = true
	_ = os.Remove(g.path(f.name)) // or the next server finds it
	g.release(f, f.size)
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.files, f.name)
	of := g.used[f.agent]
	if of.files--; of.files == 0 {
		delete(g.used, f.agent)
	} else {
		g.used[f.agent] = of
	}
}

// keep puts an upload, which is locked, into blobs, if it is what it should be.
func (g *staging) keep(ctx context.Context, f *staged, blobs scan.Blobs, d scan.Digest) error {
	file, err := os.Open(g.path(f.name))
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	_, _, err = blobs.Put(ctx, scan.VerifyReader(file, d))
	if errors.Is(err, scan.ErrCorrupt) {
		return errNotIts
	}
	return err
}

var errNotIts = refuse(http.StatusUnprocessableEntity, CodeDigest, "the bytes are not those of the digest; the upload has to begin anew")

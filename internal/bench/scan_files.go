package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// A forest is a tree of small files, and who looks into it.
type forest struct {
	*contest

	dir    *scan.Dir
	path   string
	blobs  string // folders of blobs are below
	rounds int
}

func holdFiles(ctx context.Context, s *setup, c *contest) error {
	f := &forest{contest: c, path: filepath.Join(s.dir, "tree"), blobs: filepath.Join(s.dir, "blobs")}
	if err := plant(f.path, s.size(200, 20), s.size(1000, 50)); err != nil {
		return err
	}
	if err := waitFor(ctx, 3*time.Second); err != nil { // what was just written has no fingerprint yet
		return err
	}
	var err error
	if f.dir, err = scan.OpenDir(f.path, nil); err != nil {
		return err
	}
	s.closeAfter(f.dir)
	if err := f.round(ctx, func(string, float64) {}); err != nil { // so that all is in the system's cache
		return err
	}
	for range s.size(5, 1) {
		if err := f.round(ctx, c.note); err != nil {
			return err
		}
	}
	return nil
}

// waitFor waits for so long.
func waitFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// round has each way look into the tree once.
func (f *forest) round(ctx context.Context, note func(way string, figure float64)) error {
	f.rounds++
	folder, named := lookInto(""), lookInto(fmt.Sprint("content ", f.rounds))
	var peak func() int64
	for _, way := range []struct {
		name string
		do   func() error
	}{
		{"dirfs", func() error { return walkAndDigest(ctx, os.DirFS(f.path)) }},
		{"walk", func() error { return walkAndDigest(ctx, f.dir) }},
		{"scanned", func() error { return f.scan(ctx) }},
		{"discarded", func() error { return f.inspect(ctx, discarding{}, &folder) }},
		{"stored", func() error { return f.store(ctx, "folder", &folder) }},
		{"unchanged folder", func() error { return f.again(ctx, "folder", &folder) }},
		{"discarded named", func() error { return f.inspect(ctx, discarding{}, &named) }},
		{"stored named", func() error { return f.store(ctx, "named", &named) }},
		{"unchanged named", func() error { return f.again(ctx, "named", &named) }},
	} {
		before := heldNow()
		if way.name == "stored" {
			peak = heapPeak()
		}
		began, used := time.Now(), cpuTime()
		err := way.do()
		note(way.name, float64(time.Since(began)))
		note(way.name+" cpu", float64(cpuTime()-used))
		if way.name == "stored" {
			note("memory", float64(peak()-before)/1e6)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
	}
	return os.RemoveAll(f.blobs)
}

// lookInto asks for files and software of the tree.
func lookInto(content string) scan.Inspection {
	return scan.Inspection{Target: "tree", Content: content, Categories: []scan.Category{{Name: "files"}, {Name: "software"}}}
}

// scan has the scanners alone look into the tree.
func (f *forest) scan(ctx context.Context) error {
	for _, s := range scanners() {
		for _, category := range s.Categories() {
			in := scan.Input{Category: category, Tree: scan.NewTree(ctx, f.dir, scan.Limits{})}
			if err := s.Scan(ctx, in, func(string, any) error { return nil }); err != nil {
				return err
			}
		}
	}
	return nil
}

func scanners() []scan.Scanner { return []scan.Scanner{inspect.Files(), inspect.Software()} }

// inspect looks into the tree. What it finds is known afterwards.
func (f *forest) inspect(ctx context.Context, blobs scan.Blobs, in *scan.Inspection) error {
	inspector, err := scan.NewInspector(blobs, scanners(), nil)
	if err != nil {
		return err
	}
	in.Known, err = inspector.Inspect(ctx, f.dir, *in)
	if err != nil {
		return err
	}
	for _, r := range in.Known {
		if r.Outcome != scan.OK || r.Address == "" {
			return fmt.Errorf("a result without an address or not ok: %+v", r)
		}
	}
	return nil
}

// store has the results kept in a folder.
func (f *forest) store(ctx context.Context, name string, in *scan.Inspection) error {
	in.Known = nil
	blobs, err := scan.NewDirBlobs(filepath.Join(f.blobs, name), nil)
	if err != nil {
		return err
	}
	return f.inspect(ctx, blobs, in)
}

// again looks into the tree when nothing has changed since its results were stored.
func (f *forest) again(ctx context.Context, name string, in *scan.Inspection) error {
	blobs, err := scan.NewDirBlobs(filepath.Join(f.blobs, name), nil)
	if err != nil {
		return err
	}
	if err := f.inspect(ctx, blobs, in); err != nil {
		return err
	}
	for _, r := range in.Known {
		if !r.Reused {
			return errors.New("category " + r.Category + " was scanned again")
		}
	}
	return nil
}

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
)

// plant makes a tree: so many folders with so many files each. Programs among them are none, and the status of dpkg is one of the files.
func plant(path string, folders, files int) error {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range folders {
		g.Go(func() error {
			folder := filepath.Join(path, "srv", fmt.Sprintf("%03d", i))
			switch i {
			case 0:
				folder = filepath.Join(path, "usr/bin")
			case 1:
				folder = filepath.Join(path, "var/lib/dpkg")
			}
			return plantFolder(folder, files, rand.New(rand.NewPCG(1, uint64(i)))) //nolint:gosec // the same tree each time
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(path, "var/lib/dpkg/status"), packages(500), 0o600)
}

// plantFolder makes files of 100 to 3,000 bytes.
func plantFolder(folder string, files int, random *rand.Rand) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	var text strings.Builder
	for range 1000 {
		_, _ = fmt.Fprintf(&text, "%x\n", random.Uint64())
	}
	for i := range files {
		from := random.IntN(text.Len() - 3000)
		content := text.String()[from : from+100+random.IntN(2901)]
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("file-%04d.txt", i)), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// packages returns a status of dpkg.
func packages(n int) []byte {
	var text []byte
	for i := range n {
		text = fmt.Appendf(text, "Package: lib%d\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.%d-1\nMaintainer: Somebody <somebody@example.org>\n\n", i, i)
	}
	return text
}

package inspect

import (
	"io/fs"

	"github.com/reeve-go/reeve/scan"
)

// walk calls f for what is meant and not left out, in the order of fs.WalkDir. It goes only into folders in which something may be meant, and
// follows no links. A folder that is left out is so with all that is in it.
func walk(t *scan.Tree, meant, leftOut globSet, f func(name string, e fs.DirEntry) error) error {
	return t.Walk(".", func(name string, e fs.DirEntry) error {
		if name == "." {
			return nil
		}
		if out, _ := leftOut.match(name); out {
			return skip(e)
		}
		is, below := meant.match(name)
		if is {
			if err := f(name, e); err != nil {
				return err
			}
		}
		if !below {
			return skip(e)
		}
		return nil
	})
}

// skip is what to answer for what is not to be gone into.
func skip(e fs.DirEntry) error {
	if e.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// eachFile calls f for the names of the regular files and the links of a folder, in their order. A folder that is not there has none.
func eachFile(t *scan.Tree, folder string, f func(name string, e fs.DirEntry) error) error {
	entries, _ := fs.ReadDir(t, folder) // the tree has noted what cannot be read
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if err := f(e.Name(), e); err != nil {
			return err
		}
	}
	return nil
}

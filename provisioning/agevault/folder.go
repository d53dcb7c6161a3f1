package agevault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	staged = ".new" // ends the names of files that are being written
	// staleAfter is when nobody can be writing a file any more. Who is, all the same, gets an error, and loses nothing.
	staleAfter = time.Hour
)

// openFolder makes the folder if there is none, and sees that nobody else can look into it.
func openFolder(dir string) (*os.Root, error) {
	switch err := os.Mkdir(dir, 0o700); {
	case err == nil:
		if err := syncAndClose(os.Open(filepath.Dir(dir))); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	folder, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(checkFolder(folder), sweep(folder)); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return folder, nil
}

func checkFolder(folder *os.Root) error {
	info, err := folder.Stat(".")
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("the folder %s has the mode %v, which lets others in; %v is right", folder.Name(), mode, fs.FileMode(0o700))
	}
	return nil
}

// sweep removes what was left half written.
func sweep(folder *os.Root) error {
	names, err := list(folder)
	for _, name := range names {
		if !strings.HasSuffix(name, staged) {
			continue
		}
		info, gone := folder.Stat(name)
		if gone != nil || time.Since(info.ModTime()) < staleAfter {
			continue
		}
		if e := folder.Remove(name); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

func list(folder *os.Root) ([]string, error) {
	f, err := folder.Open(".")
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	return names, errors.Join(err, f.Close())
}

// entries yields the names of the entries' files. What it cannot do is its last error.
func (v *Vault) entries(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		names, err := list(v.folder)
		for _, name := range names {
			if !isEntry(name) {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield("", err)
				return
			}
			if !yield(name, nil) {
				return
			}
		}
		if err != nil {
			yield("", err)
		}
	}
}

// write puts a new file in the place of the old one, at once. With was, only if that one is still there: else errChanged.
func (v *Vault) write(ctx context.Context, name string, text []byte, was *os.File) error {
	temporary := rand.Text() + staged
	defer v.folder.Remove(temporary) //nolint:errcheck // it is not there any more if all went well
	if err := v.stage(temporary, text); err != nil {
		return err
	}
	return v.change(ctx, func() error {
		if was != nil {
			if err := v.unchanged(name, was); err != nil {
				return err
			}
		}
		return v.folder.Rename(temporary, name)
	})
}

// stage writes a file, and waits until it is on the disk.
func (v *Vault) stage(name string, text []byte) error {
	f, err := v.folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// unchanged returns errChanged if another file has the name by now. While the old one is open none can look like it.
func (v *Vault) unchanged(name string, was *os.File) error {
	old, err := was.Stat()
	if err != nil {
		return err
	}
	now, err := v.folder.Stat(name)
	if err != nil {
		return err
	}
	if !os.SameFile(old, now) {
		return errChanged
	}
	return nil
}

// change does something to the folder that no other does anything to, and waits until it is on the disk.
func (v *Vault) change(ctx context.Context, do func() error) error {
	unlock, err := lock(ctx, v.folder)
	if err != nil {
		return err
	}
	if err := errors.Join(do(), unlock()); err != nil {
		return err
	}
	return syncAndClose(v.folder.Open("."))
}

func syncAndClose(f *os.File, err error) error {
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

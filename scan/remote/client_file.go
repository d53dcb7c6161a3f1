package remote

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// load reads what an agent of the same file had, if there is one.
func (c *Client) load() error {
	if c.o.File == "" {
		return nil
	}
	err := c.identity.read(c.o.File)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the file of the credential: %w", err)
	}
	return nil
}

// mostIdentity is how many bytes such a file has at most.
const mostIdentity = 64 << 10

func (id *identity) read(name string) error {
	if info, err := os.Stat(name); err != nil {
		return err
	} else if !info.Mode().IsRegular() { // to open one could wait without end
		return errors.New("it is no regular file")
	}
	f, err := os.Open(name) //nolint:gosec // the host says where it is
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" { // which has other rights
		return fmt.Errorf("others can read it, as its mode is %v; 0600 is right", mode)
	}
	data, err := io.ReadAll(io.LimitReader(f, mostIdentity))
	if err == nil && (json.Unmarshal(data, id) != nil || len(id.Key) != ed25519.PrivateKeySize) {
		err = errors.New("it is no such file; remove it, and enrol the agent anew")
	}
	return err
}

// save keeps the identity, if there is a file for it: all of it, or what was there before.
func (c *Client) save() error {
	if c.o.File == "" {
		return nil
	}
	if err := c.identity.write(c.o.File); err != nil {
		return fmt.Errorf("the file of the credential: %w", err)
	}
	return nil
}

func (id *identity) write(name string) error {
	data, err := json.Marshal(id)
	if err != nil {
		return err
	}
	fresh := name + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) { // of who was killed here before
		return err
	}
	f, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the host says where it is
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(fresh, name)
	}
	if err != nil {
		_ = os.Remove(fresh) // or the next one does
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// syncFolder has the names in a folder survive, where that can be asked for.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(name) //nolint:gosec // the host says where it is
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

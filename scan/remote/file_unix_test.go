//go:build unix

package remote_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan/remote"
)

// A file in which there is something else, or which cannot be read to an end, is refused at once.
func TestNoFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	pipe, large := filepath.Join(folder, "pipe"), filepath.Join(folder, "large")
	r := &rig{tester: t}
	r.ok(syscall.Mkfifo(pipe, 0o600))
	r.ok(os.WriteFile(large, nil, 0o600))
	r.ok(os.Truncate(large, 1<<40))
	for _, file := range []string{pipe, large, folder} {
		if _, err := remote.Dial(t.Context(), "https://127.0.0.1:1", "eA.secret", &remote.DialOptions{File: file}); err == nil || !strings.Contains(err.Error(), "file") {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
}

// However often an agent is begun and killed while it keeps its credential, one file is left, which nobody else can read; and a client that is printed
// tells nothing of it.
func TestOneFile(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		folder := t.TempDir()
		file := filepath.Join(folder, "credential")
		r.ok(os.WriteFile(file+".new", []byte("half"), 0o644))
		o := (&remote.DialOptions{Plain: true, File: file, Logger: quiet()}).DialWith(r.net.Dial)
		c := r.agentWith(r.Server, "http://127.0.0.1", "far", o)
		time.Sleep(time.Second)
		entries, err := os.ReadDir(folder)
		r.ok(err)
		info, err := os.Stat(file)
		r.ok(err)
		if len(entries) != 1 || info.Mode() != 0o600 {
			t.Errorf("there are %v, the file with mode %v", entries, info.Mode())
		}
		if got := fmt.Sprintf("%v %+v %s", c, c, c); got != strings.TrimSpace(strings.Repeat(`agent "far" at 127.0.0.1 `, 3)) {
			t.Errorf("it is printed as %s", got)
		}
	})
}

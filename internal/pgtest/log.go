//go:build unix

package pgtest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// log is the file of what the programs of a sandbox say.
func (box *sandbox) log() string { return filepath.Join(box.path, "log") }

// tail returns the end of the log, of what was said after the offset.
func (box *sandbox) tail(offset int64) []byte {
	const enough = 8 << 10
	text, err := os.ReadFile(box.log())
	if err != nil {
		return []byte(err.Error())
	}
	text = text[min(int(offset), len(text)):]
	if cut := len(text) - enough; cut > 0 {
		text = text[cut:]
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	return text
}

// showLog shows what is said from now on, if the test fails.
func (box *sandbox) showLog(t testing.TB) {
	t.Helper()
	var offset int64
	if info, err := os.Stat(box.log()); err == nil {
		offset = info.Size()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log since this test began:\n%s", box.tail(offset))
		}
	})
}

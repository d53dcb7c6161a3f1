package inspect

import (
	"encoding/json"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
)

// TestWrittenFile: a file is written as JSON would write it itself.
func TestWrittenFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := &File{
			Type: rapid.SampledFrom([]FileType{RegularFile, Folder, Link}).Draw(t, "type"), Mode: rapid.StringMatching(`[0-7]{4}`).Draw(t, "mode"),
			Size: rapid.Int64Min(0).Draw(t, "size"), Target: rapid.String().Draw(t, "target"),
			Digest: scan.Digest(rapid.String().Draw(t, "digest")), Changed: rapid.Bool().Draw(t, "changed"),
			ModTime: time.Unix(rapid.Int64Range(-1<<36, 1<<37).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")),
		}
		if rapid.Bool().Draw(t, "zero") {
			f.ModTime = time.Time{}
		}
		if rapid.Bool().Draw(t, "owned") {
			f.Owner = &Owner{UID: rapid.Uint32().Draw(t, "uid"), GID: rapid.Uint32().Draw(t, "gid")}
		}
		info, err := fs.Stat(fstest.MapFS{"x": {ModTime: f.ModTime}}, "x")
		if err != nil {
			t.Fatal(err)
		}
		f.ModTime = newFile(info).ModTime
		itself, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if written, err := json.Marshal(f.written()); err != nil || string(written) != string(itself) {
			t.Fatalf("%v: %s; itself it is %s", err, written, itself)
		}
	})
}

// TestYearOfAFile: a time that JSON has no words for is none.
func TestYearOfAFile(t *testing.T) {
	t.Parallel()
	for year, want := range map[int]bool{-1: false, 0: true, 2020: true, 9999: true, 10_000: false} {
		info, err := fs.Stat(fstest.MapFS{"x": {ModTime: time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)}}, "x")
		if err != nil {
			t.Fatal(err)
		}
		if has := !newFile(info).ModTime.IsZero(); has != want {
			t.Errorf("a file of the year %d has a time: %v", year, has)
		}
	}
}

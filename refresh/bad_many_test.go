package refresh_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/refresh"
)

// An answer of a million rows is held by its keys, in less than 300 bytes each, and the rest is in a file that goes away.
func TestManyRows(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	rows, size := 1_000_000, 100
	if testing.Short() {
		rows = 100_000
	}
	_, p := badRowsWith(t, &refresh.PersisterOptions{Memory: 1 << 20})
	r, err := p.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", size)
	before := heap()
	at := time.Unix(0, 0)
	for i := range rows {
		r.Inventory.Rows.Build(badRow{Ref: fmt.Sprint("row ", i), Text: text, At: at})
	}
	held := (heap() - before) / float64(rows)
	t.Logf("%.0f bytes a row are held", held)
	if most := 300.0; held > most {
		t.Errorf("%.0f bytes a row are held, of which %d are text; want at most %.0f", held, size, most)
	}
	plan, err := r.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := plan.Collections[0].Inserts; n != rows {
		t.Errorf("the plan creates %d rows; want %d", n, rows)
	}
	planned := (heap() - before) / float64(rows)
	t.Logf("%.0f bytes a row are held with a plan", planned)
	if most := 300.0; planned > most {
		t.Errorf("%.0f bytes a row are held with a plan; want at most %.0f", planned, most)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	n := 0
	for c, err := range plan.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; len(c.Columns) < 3 {
			t.Fatalf("change %d is %s", n, c)
		}
	}
	if n != rows {
		t.Errorf("the plan has %d changes; want %d", n, rows)
	}
	if err := plan.Close(); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("files %q are left in %s, and the error is %v", left, os.TempDir(), err)
	}
}

// A plan of many rows is written and read elsewhere without being held.
//
//nolint:paralleltest // it measures the heap
func TestManyRowsAreReplayed(t *testing.T) {
	const rows = 100_000
	_, p := badRowsWith(t, &refresh.PersisterOptions{Memory: 1 << 20})
	r, err := p.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		r.Inventory.Rows.Build(badRow{Ref: fmt.Sprint("row ", i), Text: "text", At: time.Unix(0, 0)})
	}
	plan, err := r.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	from, to := io.Pipe()
	go func() { _ = to.CloseWithError(plan.WriteJSON(to)) }()
	read, err := refresh.ReadPlan(from, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if held, most := heap()-before, float64(4<<20); held > most {
		t.Errorf("a plan of %d rows that was read holds %.0f bytes; want at most %.0f", rows, held, most)
	}
	if n := read.Collections[0].Inserts; n != rows {
		t.Errorf("the plan creates %d rows; want %d", n, rows)
	}
	if err := errors.Join(read.Close(), plan.Close(), r.Close()); err != nil {
		t.Error(err)
	}
}

// heap returns how many bytes are in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

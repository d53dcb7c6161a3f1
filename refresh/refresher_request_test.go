package refresh_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A sink is a store that takes every message and keeps none.
type sink struct{ storage.Store }

func (sink) Deliver(_ context.Context, messages []storage.Message) ([]error, error) {
	return make([]error, len(messages)), nil
}

// requests returns a refresher that asks nobody, and the names of its rows.
func requests(t testing.TB) (*refresh.Refresher[*view, *estate], *estate) {
	t.Helper()
	p := persister(t, nil)
	r, err := refresh.NewRefresher(sink{memory.New(nil)}, newCloud(), p, parsers, &refresh.RefresherOptions{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return r, names(t, p)
}

func BenchmarkRequest(b *testing.B) {
	r, inv := requests(b)
	var vm, disks refresh.Targets
	if err := inv.VMs.Target(&vm, VM{Ref: "i-1"}); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"i-1", "i-2", "i-3", "i-4", "i-5", "i-6", "i-7", "i-8"} {
		if err := inv.Disks.Target(&disks, Disk{VM: inv.VMs.LazyFind(name), Device: "sda"}); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		t    *refresh.Targets
	}{{"everything", nil}, {"a vm", &vm}, {"8 disks", &disks}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := r.Request(b.Context(), "east", c.t); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

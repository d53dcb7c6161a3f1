package remote_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
	"github.com/reeve-go/reeve/scan/scantest"
)

// A halfway queue is sent to where the manager is, and received from afar.
type halfway struct {
	*scan.StoreQueue

	from scan.Queue
}

func (h halfway) Receive(ctx context.Context, max int, lease time.Duration) ([]scan.Delivery, error) {
	return h.from.Receive(ctx, max, lease)
}

// Received from afar a queue does all that it does where it is.
func TestQueue(t *testing.T) {
	t.Parallel()
	scantest.TestQueue(t, func(t testing.TB) scantest.Queues {
		r := newRig(t)
		s := r.server()
		n := r.serveInMemory(s)
		far := func(name string) scan.Queue {
			return halfway{r.requests, r.agent(s, n, name).Workplace(nil, nil).Requests}
		}
		return scantest.Queues{Queue: far("a"), Other: far("b")}
	}, &scantest.QueueOptions{Virtual: true})
}

// Halfway blobs are put and read from afar, and listed and deleted where they are.
type halfwayBlobs struct {
	scan.Blobs

	far    scan.Blobs
	folder string
}

func (h halfwayBlobs) Put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	return h.far.Put(ctx, r)
}

func (h halfwayBlobs) Open(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
	return h.far.Open(ctx, d)
}

// Put and read from afar blobs do all that they do where they are.
func TestBlobs(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	open := func(t testing.TB) scan.Blobs {
		r, folder := newRig(t), t.TempDir()
		var err error
		r.blobs, err = scan.NewDirBlobs(folder, nil)
		r.ok(err)
		s := r.site(a, "")
		far := r.agentWith(s.Server, s.url(), "a", a.dialing(t)).Workplace(nil, nil)
		r.ask("j", 1)
		r.take(far.Requests) // it gives room for results
		t.Cleanup(func() {
			if n, bytes := s.StagedNow(); n+int(bytes) > 0 {
				t.Errorf("%d uploads with %d bytes are left", n, bytes)
			}
		})
		return halfwayBlobs{r.blobs, far.Blobs, folder}
	}
	scantest.TestBlobs(t, open, &scantest.BlobsOptions{
		Large: 3*remote.PartSize + 7,
		Corrupt: func(t testing.TB, b scan.Blobs, d scan.Digest) {
			name := filepath.Join(b.(halfwayBlobs).folder, string(d[len("sha256:"):][:2]), string(d[len("sha256:"):]))
			data, err := os.ReadFile(name)
			if err == nil {
				data[len(data)/2] ^= 1
				err = os.WriteFile(name, data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	})
}

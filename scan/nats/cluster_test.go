package nats_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
	"github.com/reeve-go/reeve/scan/scantest"
)

// What a queue and blobs can do they can do on three servers, of which one at a time may be shut down.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := serveCluster(t)
	t.Run("all three", func(t *testing.T) {
		if os.Getenv("REEVE_TEST_CLUSTER") != "" { // they take half a minute
			t.Run("queue", c.keepsQueueLaws)
			t.Run("blobs", c.keepsBlobsLaws)
		}
		t.Run("same key", c.keepsSameKey)
	})
	t.Run("one fails", c.losesLeader)
}

func (c *cluster) keepsQueueLaws(t *testing.T) {
	t.Parallel()
	keepsLaws(t, c.connect, nats.Options{Wait: 100 * time.Millisecond, Replicas: 3})
}

func (c *cluster) keepsBlobsLaws(t *testing.T) {
	t.Parallel()
	scantest.TestBlobs(t, func(t testing.TB) scan.Blobs {
		return blobs(t, c.connect(t), fresh(), nats.BlobsOptions{Replicas: 3})
	}, &scantest.BlobsOptions{Large: 1 << 20})
}

// A message of which Send says that it is kept is kept, also if another program is just sending the same, of which nobody knows yet whether it will be.
func (c *cluster) keepsSameKey(t *testing.T) {
	t.Parallel()
	name := fresh()
	o := nats.Options{Wait: moment, Replicas: 3}
	programs := []*nats.Queue{queue(t, c.connect(t), name, o), queue(t, c.connect(t), name, o), queue(t, c.connect(t), name, o)}
	s, err := c.connect(t).Stream(t.Context(), name)
	ok(t, err)
	const n = 50
	for i := range n {
		key := fmt.Sprint("key-", i)
		var all sync.WaitGroup
		for _, q := range programs {
			all.Go(func() {
				if err := q.Send(t.Context(), scan.Message{Key: key}); err != nil {
					t.Error(err)
				}
				if _, err := s.GetLastMsgForSubject(t.Context(), name+".todo."+nats.Token(key)); err != nil {
					t.Errorf("%s was sent, and is not there: %v", key, err)
				}
			})
		}
		all.Wait()
	}
	has(t, programs[0], scan.QueueStats{Ready: n})
}

// When the server that leads is shut down in the middle, nothing that was accepted is lost, and each message is settled once.
func (c *cluster) losesLeader(t *testing.T) {
	name := fresh()
	o := nats.Options{Wait: 100 * time.Millisecond, Hidden: time.Second, Replicas: 3}
	traffic(t, []*nats.Queue{queue(t, c.connect(t), name, o), queue(t, c.connect(t), name, o), queue(t, c.connect(t), name, o)}, func(more func()) {
		i := c.leads(name)
		more()
		c.stop(i)
		more()
		c.start(t, i)
		more()
	})
}

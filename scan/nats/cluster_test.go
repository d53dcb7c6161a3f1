package nats_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
	"github.com/reeve-go/reeve/scan/scantest"
)

// A cluster is three servers in the process.
type cluster struct {
	options [3]*server.Options
	servers [3]*server.Server
	urls    string
}

// serveCluster runs a cluster until the test ends.
func serveCluster(t testing.TB) *cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("a cluster takes a while")
	}
	c := &cluster{}
	var routes []*url.URL
	var urls []string
	for i := range c.options {
		c.options[i] = &server.Options{
			ServerName: fmt.Sprint("server-", i), Host: "127.0.0.1", Port: port(t), JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
			Cluster: server.ClusterOpts{Name: "three", Host: "127.0.0.1", Port: port(t)},
		}
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprint("127.0.0.1:", c.options[i].Cluster.Port)})
		urls = append(urls, fmt.Sprint("nats://127.0.0.1:", c.options[i].Port))
	}
	c.urls = strings.Join(urls, ",")
	for i := range c.options {
		c.options[i].Routes = routes
		c.start(t, i)
	}
	t.Cleanup(func() {
		for i := range c.servers {
			c.stop(i)
		}
	})
	eventually(t, "the servers are a cluster", func() bool {
		for _, s := range c.servers {
			if s.JetStreamIsLeader() {
				return len(s.JetStreamClusterPeers()) == len(c.servers)
			}
		}
		return false
	})
	return c
}

// port returns a port that was free a moment ago.
func port(t testing.TB) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	ok(t, err)
	defer l.Close() //nolint:errcheck // nothing was done with it
	return l.Addr().(*net.TCPAddr).Port
}

func (c *cluster) start(t testing.TB, i int) {
	t.Helper()
	s, err := server.NewServer(c.options[i].Clone())
	ok(t, err)
	c.servers[i] = s
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("a server is not ready")
	}
}

func (c *cluster) stop(i int) {
	c.servers[i].Shutdown()
	c.servers[i].WaitForShutdown()
}

func (c *cluster) connect(t testing.TB) jetstream.JetStream {
	t.Helper()
	conn, err := natsio.Connect(c.urls, natsio.MaxReconnects(-1), natsio.ReconnectWait(10*time.Millisecond),
		natsio.ErrorHandler(func(*natsio.Conn, *natsio.Subscription, error) {}))
	ok(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	ok(t, err)
	return js
}

// leads returns the number of the server that leads a stream, or -1.
func (c *cluster) leads(name string) int {
	for i, s := range c.servers {
		if s.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, name) {
			return i
		}
	}
	return -1
}

// What a queue and blobs can do they can do on three servers, of which one at a time may be shut down.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := serveCluster(t)
	t.Run("all three", func(t *testing.T) {
		if os.Getenv("REEVE_TEST_CLUSTER") != "" { // it takes a minute
			t.Run("queue", c.keepsQueueLaws)
			t.Run("blobs", c.keepsBlobsLaws)
		}
		t.Run("same key", c.keepsSameKey)
	})
	t.Run("one fails", c.losesLeader)
}

func (c *cluster) keepsQueueLaws(t *testing.T) {
	t.Parallel()
	const lease = 3 * time.Second
	scantest.TestQueue(t, func(t testing.TB) scantest.Queues {
		o, name := nats.Options{Wait: lease / 20, Replicas: 3}, fresh()
		return scantest.Queues{Queue: queue(t, c.connect(t), name, o), Other: queue(t, c.connect(t), name, o)}
	}, &scantest.QueueOptions{Lease: lease, Cannot: []scantest.Ability{scantest.Count}})
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

package nats_test

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
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

package nats_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A place is where a server runs, in the process. It listens nowhere: connections go through memory.
type place struct {
	folder string
	mu     sync.Mutex
	server *server.Server
}

// serve runs a server with JetStream until the test ends.
func serve(t testing.TB, folder string) *place {
	t.Helper()
	p := &place{folder: folder}
	p.start(t)
	t.Cleanup(p.stop)
	return p
}

func (p *place) start(t testing.TB) {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		ServerName: "in-process", JetStream: true, StoreDir: p.folder, DontListen: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	p.mu.Lock()
	p.server = s
	p.mu.Unlock()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
}

func (p *place) stop() {
	s := p.now()
	s.Shutdown()
	s.WaitForShutdown()
}

// restart restarts the server, and waits until a connection to it is back.
func (p *place) restart(t testing.TB, js jetstream.JetStream, meanwhile func()) {
	t.Helper()
	before := js.Conn().Stats().Reconnects
	p.stop()
	meanwhile()
	p.start(t)
	eventually(t, "the connection is back", func() bool { return js.Conn().Stats().Reconnects > before && js.Conn().IsConnected() })
}

func (p *place) now() *server.Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.server
}

// InProcessConn is what connections are made with, again when one was lost.
func (p *place) InProcessConn() (net.Conn, error) { return p.now().InProcessConn() }

// connect returns a connection of its own to a server.
func connect(t testing.TB, p natsio.InProcessConnProvider) jetstream.JetStream {
	t.Helper()
	conn, err := natsio.Connect("", natsio.InProcessServer(p), natsio.MaxReconnects(-1), natsio.ReconnectWait(10*time.Millisecond),
		natsio.ErrorHandler(func(*natsio.Conn, *natsio.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

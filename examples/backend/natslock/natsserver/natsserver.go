// Package natsserver runs a NATS server with JetStream inside the process, for programs and tests that
// are to need nothing else. It listens nowhere: connections go through memory.
package natsserver

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// patience is how long it may take until a server is there, on the slowest of machines.
const patience = time.Minute

// A Server is a server inside the process. It is safe for concurrent use.
type Server struct{ server *server.Server }

// Start starts a server that keeps its files in a folder.
func Start(folder string) (*Server, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "in-process", JetStream: true, StoreDir: folder, DontListen: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		return nil, fmt.Errorf("natsserver: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		s.Shutdown()
		return nil, fmt.Errorf("natsserver: the server was not ready after %v", patience)
	}
	return &Server{s}, nil
}

// Connect returns a connection that is tried again whenever it is lost. What cannot be sent then is an
// error, and is not sent later.
func (s *Server) Connect() (*nats.Conn, error) {
	return nats.Connect("", nats.InProcessServer(s.server), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1), nats.Timeout(patience))
}

// Stop stops the server and waits until it has ended.
func (s *Server) Stop() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}

// Bucket returns a key-value bucket in the server's memory, on a connection; it makes one that there is
// not yet.
func Bucket(ctx context.Context, conn *nats.Conn, name string) (jetstream.KeyValue, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("natsserver: %w", err)
	}
	bucket, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: name, Storage: jetstream.MemoryStorage})
	if err != nil {
		return nil, fmt.Errorf("natsserver: bucket %q: %w", name, err)
	}
	return bucket, nil
}

// Forget makes a bucket's content be forgotten, as a server does that loses its memory.
func Forget(ctx context.Context, conn *nats.Conn, name string) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("natsserver: %w", err)
	}
	if err := js.DeleteKeyValue(ctx, name); err != nil {
		return fmt.Errorf("natsserver: bucket %q: %w", name, err)
	}
	_, err = Bucket(ctx, conn, name)
	return err
}

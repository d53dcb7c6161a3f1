package main

import (
	"crypto/rand"
	"errors"
	"time"

	natsd "github.com/nats-io/nats-server/v2/server"
	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// serveNATS runs a server with JetStream in this process, for whoever knows the secret.
func serveNATS(s *setup, folder string) (url, secret string, err error) {
	secret = rand.Text()
	nats, err := natsd.NewServer(&natsd.Options{
		ServerName: "bench", Host: "127.0.0.1", Port: natsd.RANDOM_PORT, Authorization: secret, JetStream: true, StoreDir: folder, NoSigs: true, NoLog: true,
	})
	if err != nil {
		return "", "", err
	}
	nats.Start()
	s.closeAfter(closer(func() error {
		nats.Shutdown()
		nats.WaitForShutdown()
		return nil
	}))
	if !nats.ReadyForConnections(10 * time.Second) {
		return "", "", errors.New("the server of JetStream does not answer")
	}
	return nats.ClientURL(), secret, nil
}

// jetStream connects to the yard's server of JetStream.
func (p *yard) jetStream(s *setup) (jetstream.JetStream, error) {
	conn, err := natsio.Connect(p.NATS, natsio.Token(p.Secret), natsio.MaxReconnects(-1))
	if err != nil {
		return nil, err
	}
	s.closeAfter(closer(func() error { conn.Close(); return nil }))
	return jetstream.New(conn)
}

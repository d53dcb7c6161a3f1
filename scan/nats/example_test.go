package nats_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// inProcess runs a server in the process and returns a connection to it.
func inProcess() (js jetstream.JetStream, stop func(), err error) {
	folder, err := os.MkdirTemp("", "nats-")
	if err != nil {
		return nil, nil, err
	}
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: folder, DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		return nil, nil, err
	}
	s.Start()
	conn, err := natsio.Connect("", natsio.InProcessServer(s), natsio.MaxReconnects(-1))
	if err != nil {
		return nil, nil, err
	}
	js, err = jetstream.New(conn)
	return js, func() {
		conn.Close()
		s.Shutdown()
		s.WaitForShutdown()
		_ = os.RemoveAll(folder)
	}, err
}

// Who has lost a message cannot remove it under who has it by now.
func ExampleQueue() {
	ctx := context.Background()
	js, stop, err := inProcess()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	q, err := nats.NewQueue(ctx, js, "requests", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := q.Send(ctx, scan.Message{Key: "job-7/1", Body: []byte("look into vm-3")}); err != nil {
		fmt.Println(err)
		return
	}
	slow, err := q.Receive(ctx, 1, 10*time.Millisecond)
	if err != nil {
		fmt.Println(err)
		return
	}
	live, err := q.Receive(ctx, 1, time.Minute) // waits until that lease has ended
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slow[0].Ack(ctx))
	fmt.Printf("%s, attempt %d: %v\n", live[0].Message().Body, live[0].Attempt(), live[0].Ack(ctx))
	// Output:
	// nats: queue "requests": ack message "job-7/1": the lease on the message is lost
	// look into vm-3, attempt 2: <nil>
}

func ExampleBlobs() {
	ctx := context.Background()
	js, stop, err := inProcess()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	blobs, err := nats.NewBlobs(ctx, js, "results", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	digest, size, err := blobs.Put(ctx, strings.NewReader("alice\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := blobs.Open(ctx, digest)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close() //nolint:errcheck // it is read to its end
	data, err := io.ReadAll(r)
	fmt.Printf("%d bytes, %.14s…, %q %v\n", size, digest, data, err)
	// Output: 6 bytes, sha256:f87165e…, "alice\n" <nil>
}

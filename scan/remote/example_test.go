package remote_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage/memory"
)

// A server before the manager's queues, and an agent that reaches nothing but the server.
func Example() {
	ctx := context.Background()
	store, blobs := memory.New(nil), &scantest.MemoryBlobs{}
	requests, _ := scan.NewStoreQueue(store, "requests", nil) // its errors are about names and options
	replies, _ := scan.NewStoreQueue(store, "replies", nil)
	manager, err := scan.NewManager(store, requests, replies, blobs, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	staging, err := os.MkdirTemp("", "staging")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(staging) //nolint:errcheck // it is a temporary folder
	server, err := remote.NewServer(remote.Office{
		Requests: requests, Replies: replies, Blobs: blobs, Desk: manager, Records: store, Staging: staging,
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	// A program would have server.HTTP(config).ListenAndServeTLS("", "").
	site := httptest.NewUnstartedServer(server)
	site.StartTLS()
	defer site.Close()

	token, err := server.Enrol(ctx, "agent-7", time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(site.Certificate())
	client, err := remote.Dial(ctx, site.URL, token, &remote.DialOptions{TLS: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS13}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	agent, err := scan.NewAgent(client.Name(), client.Workplace(nowhere{}, []scan.Scanner{teller{}}), nil)
	fmt.Println(client.Name(), agent != nil, err)

	_, err = remote.Dial(ctx, site.URL, token, &remote.DialOptions{TLS: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS13}})
	fmt.Println(errors.Is(err, remote.ErrRefused))
	// Output:
	// agent-7 true <nil>
	// true
}

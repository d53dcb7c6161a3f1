package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/reeve-go/reeve/examples/amazon/account"
)

// listen answers on loopback for all of Amazon's services, and returns the account that asks there.
func listen(ctx context.Context, answers http.Handler) (from *account.Account, stop func() error, err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	const patience = 10 * time.Second
	server := &http.Server{Handler: answers, ReadHeaderTimeout: patience}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	stop = func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}
	return newAccount("http://"+l.Addr().String(), http.DefaultClient), stop, nil
}

// newAccount returns the account at an endpoint.
func newAccount(endpoint string, client *http.Client) *account.Account {
	const (
		attempts = 10
		backoff  = time.Second
	)
	return account.New(account.Options{Region: "us-east-1", Endpoint: endpoint, Client: client, Attempts: attempts, Backoff: backoff})
}

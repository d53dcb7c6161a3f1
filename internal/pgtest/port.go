//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// onFreePort calls start with a port of the loopback interface that nobody uses, and with another one
// if that fails: between the look and the start somebody else may have taken it.
func onFreePort(start func(port int) error) error {
	const tries = 3
	var err error
	for range tries {
		port, found := freePort()
		if found != nil {
			return found
		}
		if err = start(port); err == nil {
			return nil
		}
	}
	return err
}

// freePort looks beneath the ports that systems give to connections, so that a server that starts
// again finds its own still free.
func freePort() (int, error) {
	const from, to, tries = 20_000, 32_768, 100
	var err error
	for range tries {
		port := from + rand.IntN(to-from)
		var l net.Listener
		l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("pgtest: %d ports from %d to %d were tried, none is free: %w", tries, from, to-1, err)
}

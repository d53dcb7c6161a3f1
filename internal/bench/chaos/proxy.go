package chaos

import (
	"context"
	"io"
	"net"
	"sync"
)

// A proxy passes connections on to a server until they are cut.
type proxy struct {
	address string
	conns   *connections // of the clients
}

// newProxy returns a proxy on the loopback interface, which is there until ctx ends.
func newProxy(ctx context.Context, server string) (*proxy, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{address: listener.Addr().String(), conns: newConnections()}
	context.AfterFunc(ctx, func() {
		_ = listener.Close()
		p.conns.cut()
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.pass(ctx, client, server)
		}
	}()
	return p, nil
}

// pass passes bytes in both directions until one side has ended.
func (p *proxy) pass(ctx context.Context, client net.Conn, server string) {
	p.conns.add(client)
	defer p.conns.close(client)
	behind, err := new(net.Dialer).DialContext(ctx, "tcp", server)
	if err != nil {
		return // it is not there now
	}
	var passing sync.WaitGroup
	passing.Go(func() {
		_, _ = io.Copy(behind, client)
		_ = behind.Close()
	})
	_, _ = io.Copy(client, behind)
	_ = client.Close()
	passing.Wait()
}

package chaos

import (
	"net"
	"sync"
)

// Connections are those that are open, so that they can be cut. It is safe for concurrent use.
type connections struct {
	mu   sync.Mutex
	open map[net.Conn]bool
}

func newConnections() *connections { return &connections{open: map[net.Conn]bool{}} }

func (c *connections) add(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn] = true
}

func (c *connections) close(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, conn)
	_ = conn.Close() // it may have been cut
}

// cut ends all of them at once, whatever is under way on them, and returns how many there were.
func (c *connections) cut() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // no polite farewell
		}
		_ = conn.Close()
	}
	n := len(c.open)
	clear(c.open)
	return n
}

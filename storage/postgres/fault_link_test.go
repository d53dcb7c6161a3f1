package postgres_test

import (
	"net"
	"sync"
)

// A link is a client's connection and that to the server which belongs to it.
type link struct {
	ends [2]net.Conn // by the direction of what is written to them

	mu   sync.Mutex
	hung *sync.Cond
	held bool    // what comes waits
	lost [2]bool // what goes in a direction never arrives
	deaf bool    // neither end learns that the other has gone
	over bool
}

func newLink(client, server net.Conn) *link {
	l := &link{ends: [2]net.Conn{toServer: server, toClient: client}}
	l.hung = sync.NewCond(&l.mu)
	return l
}

// write passes bytes on in a direction, once the link is not held.
func (l *link) write(to direction, b []byte) {
	l.mu.Lock()
	for l.held && !l.over {
		l.hung.Wait()
	}
	lost := l.lost[to] || l.over
	l.mu.Unlock()
	if !lost && len(b) > 0 {
		_, _ = l.ends[to].Write(b)
	}
}

// leave ends a direction: who sends in it has gone, and the other end is told.
func (l *link) leave(to direction) {
	l.mu.Lock()
	deaf := l.deaf && !l.over
	l.mu.Unlock()
	if !deaf {
		_ = l.ends[to].Close()
	}
}

// cut ends the link, as a program does that ends.
func (l *link) cut() {
	l.set(func() { l.over = true })
	_ = l.ends[toServer].Close()
	_ = l.ends[toClient].Close()
}

// reset ends it as a machine does that has forgotten it: what is under way is lost.
func (l *link) reset() {
	for _, end := range l.ends {
		if tcp, ok := end.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
	l.cut()
}

// swallow loses what the server answers from now on: it goes on, and the client waits. Neither learns of
// the other's end.
func (l *link) swallow() { l.set(func() { l.lost[toClient], l.deaf = true, true }) }

// forsake ends the client's connection, and the server does not learn of it.
func (l *link) forsake() {
	l.part()
	_ = l.ends[toClient].Close()
}

// part loses what goes in either direction.
func (l *link) part() { l.set(func() { l.lost, l.deaf = [2]bool{true, true}, true }) }

// hold lets what comes wait, until it is let go.
func (l *link) hold() { l.set(func() { l.held = true }) }

func (l *link) letGo() { l.set(func() { l.held = false }) }

func (l *link) set(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fn()
	l.hung.Broadcast()
}

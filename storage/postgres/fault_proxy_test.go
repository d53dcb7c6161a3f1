package postgres_test

import (
	"context"
	"net"
	"net/url"
	"sync"
	"testing"
)

// A proxy stands between a pool and its server. It passes on what comes, until it is told to break
// something.
type proxy struct {
	url      string // of the server, by way of the proxy
	server   string // the server's address
	listener net.Listener

	mu       sync.Mutex
	links    map[*link]bool
	refusing bool
	fault    *fault   // the next one; nil: none
	flights  []flight // what went since the last listen
}

// A direction is an end of a link: that which bytes go to.
type direction int

const (
	toServer direction = iota
	toClient
)

// A flight is bytes in one direction between two in the other.
type flight struct {
	to    direction
	bytes int
}

// A fault happens once: to the link on which the bytes of a direction, counted over all links since the
// proxy listens, become so many. Zero: as the first comes, which is not passed on.
type fault struct {
	to       direction
	after    int
	what     func(*link)
	happened chan struct{}
}

// newProxy returns a proxy in front of the server of a URL. It ends with the test.
func newProxy(t testing.TB, server string) *proxy {
	t.Helper()
	at, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, server: at.Host, links: map[*link]bool{}}
	at.Host = listener.Addr().String()
	p.url = at.String()
	var running sync.WaitGroup
	running.Go(func() { p.accept(&running) })
	t.Cleanup(func() {
		_ = listener.Close()
		p.refuse(true)
		p.all((*link).cut)
		running.Wait()
	})
	return p
}

// accept makes a link of each connection.
func (p *proxy) accept(running *sync.WaitGroup) {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		l, ok := p.link(client)
		if !ok {
			_ = client.Close()
			continue
		}
		running.Go(func() { p.carry(l) })
	}
}

// link joins a client to the server, unless the proxy refuses or the server does.
func (p *proxy) link(client net.Conn) (*link, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refusing {
		return nil, false
	}
	var dialer net.Dialer
	server, err := dialer.DialContext(context.Background(), "tcp", p.server)
	if err != nil {
		return nil, false
	}
	l := newLink(client, server)
	p.links[l] = true
	return l, true
}

// carry passes on what comes over a link, until both ends have gone.
func (p *proxy) carry(l *link) {
	var both sync.WaitGroup
	both.Go(func() { p.pump(l, toServer) })
	both.Go(func() { p.pump(l, toClient) })
	both.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// pump passes on what goes in a direction.
func (p *proxy) pump(l *link, to direction) {
	defer l.leave(to)
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.ends[1-to].Read(buffer)
		if err != nil {
			return
		}
		pass, f := p.count(to, n)
		l.write(to, buffer[:pass])
		if f != nil {
			f.what(l)
			close(f.happened)
			l.write(to, buffer[pass:n])
		}
	}
}

// count notes that bytes came, and returns how many pass before the fault, if it happens now.
func (p *proxy) count(to direction, n int) (pass int, f *fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := len(p.flights) - 1; last >= 0 && p.flights[last].to == to {
		p.flights[last].bytes += n
	} else {
		p.flights = append(p.flights, flight{to, n})
	}
	over := p.bytes(to) - n // what went before
	if f = p.fault; f == nil || f.to != to || over+n < f.after {
		return n, nil
	}
	p.fault = nil
	return max(f.after-over, 0), f
}

func (p *proxy) bytes(to direction) (n int) {
	for _, f := range p.flights {
		if f.to == to {
			n += f.bytes
		}
	}
	return n
}

// listen begins to count.
func (p *proxy) listen() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flights, p.fault = nil, nil
}

// heard returns what went since the proxy listens.
func (p *proxy) heard() []flight {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flights
}

// on begins to count, and lets a fault happen. The channel is closed when it has.
func (p *proxy) on(to direction, after int, what func(*link)) (happened chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flights, p.fault = nil, &fault{to: to, after: after, what: what, happened: make(chan struct{})}
	return p.fault.happened
}

// takeBack takes back the fault, and is false if that happens already.
func (p *proxy) takeBack() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	waits := p.fault != nil
	p.fault = nil
	return waits
}

// refuse says whether new connections are refused.
func (p *proxy) refuse(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusing = on
}

// all does something to all links.
func (p *proxy) all(what func(*link)) {
	p.mu.Lock()
	links := make([]*link, 0, len(p.links))
	for l := range p.links {
		links = append(links, l)
	}
	p.mu.Unlock()
	for _, l := range links {
		what(l)
	}
}

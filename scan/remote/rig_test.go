package remote_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A tester is a test of the package testing, or of the package rapid.
type tester interface {
	Helper()
	Context() context.Context
	Cleanup(f func())
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// A rig has all that servers are made of. Those of one rig serve the same agents.
type rig struct {
	tester

	store    storage.Store
	requests *scan.StoreQueue
	replies  *scan.StoreQueue
	blobs    scan.Blobs
	desk     scan.Desk
	staging  string
	temp     string
	options  remote.Options
	// wrap, if it is not nil, is put around servers.
	wrap func(h http.Handler) http.Handler
}

func newRig(t testing.TB) *rig {
	t.Helper()
	return newRigIn(t, t.TempDir(), t.TempDir())
}

func newRigIn(t tester, staging, temp string) *rig {
	t.Helper()
	r := &rig{tester: t, store: memory.New(nil), blobs: &scantest.MemoryBlobs{}, desk: &listener{}, staging: staging, temp: temp}
	r.requests, r.replies = r.queue("requests"), r.queue("replies")
	r.options = remote.Options{Logger: quiet(), Rate: 1e6, Replies: 1e6}
	return r
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (r *rig) queue(name string) *scan.StoreQueue {
	r.Helper()
	q, err := scan.NewStoreQueue(r.store, name, &scan.StoreQueueOptions{Wait: 3 * time.Second, Poll: 100 * time.Millisecond})
	r.ok(err)
	return q
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// server returns another server of the rig.
func (r *rig) server() *remote.Server {
	r.Helper()
	s, err := remote.NewServer(remote.Office{
		Requests: r.requests, Replies: r.replies, Blobs: r.blobs, Desk: r.desk, Records: r.store, Staging: r.staging,
	}, &r.options)
	r.ok(err)
	return s
}

// ask sends the request of a job's epoch, as the manager does, and names results that are known.
func (r *rig) ask(job string, epoch int, known ...scan.Result) {
	r.Helper()
	body, err := scan.EncodeRequest(scan.Request{
		Job: job, Epoch: epoch, Target: scan.Target{ID: "t-" + job, Content: "c"}, Categories: []scan.Category{{Name: "facts"}}, Known: known,
	})
	r.ok(err)
	r.ok(r.requests.Send(r.Context(), scan.Message{Key: fmt.Sprintf("%s/%d", job, epoch), Body: body}))
}

// take receives a request.
func (r *rig) take(from scan.Queue) scan.Delivery {
	r.Helper()
	for range 20 {
		got, err := from.Receive(r.Context(), 1, 5*time.Minute)
		r.ok(err)
		if len(got) == 1 {
			return got[0]
		}
	}
	r.Fatal("no request comes")
	return nil
}

// A listener is a desk that says to go on, and remembers what it was told.
type listener struct {
	mu       sync.Mutex
	progress []scan.Progress
	beats    []scan.Beat
}

func (l *listener) Report(_ context.Context, progress []scan.Progress) ([]scan.Directive, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress = append(l.progress, progress...)
	out := make([]scan.Directive, len(progress))
	for i := range out {
		out[i].Do = scan.Continue
	}
	return out, nil
}

func (l *listener) Beat(_ context.Context, b scan.Beat) (scan.Order, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.beats = append(l.beats, b)
	return scan.Work, nil
}

func (l *listener) counts() (progress, beats int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.progress), len(l.beats)
}

// A memoryNet is a network in memory, for virtual time.
type memoryNet struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once

	mu    sync.Mutex
	deaf  bool
	seen  string // the credential that was shown last
	left  int    // calls of method until then
	until string
	then  func()
	heard func(status int)
	ours  []net.Conn
}

// cut cuts all connections.
func (n *memoryNet) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.ours {
		_ = c.Close()
	}
}

// hear has a function told of each answer.
func (n *memoryNet) hear(f func(status int)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = f
}

// A spoken answer knows its status.
type spoken struct {
	http.ResponseWriter

	status int
}

func (s *spoken) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *spoken) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// deafen has whoever dials hear nothing, until what it returns is called.
func (n *memoryNet) deafen() (whole func()) {
	set := func(deaf bool) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.deaf = deaf
	}
	set(true)
	return func() { set(false) }
}

// after does something when so many calls of a method were answered.
func (n *memoryNet) after(method string, calls int, then func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.until, n.left, n.then = method, calls, then
}

// credential is the one that was shown last.
func (n *memoryNet) credential() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.seen
}

func (n *memoryNet) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if is, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			n.mu.Lock()
			n.seen = is
			n.mu.Unlock()
		}
		said := &spoken{w, http.StatusOK}
		h.ServeHTTP(said, r)
		n.mu.Lock()
		if n.heard != nil {
			n.heard(said.status)
		}
		then := func() {}
		if r.Method == n.until {
			if n.left--; n.left == 0 {
				then = n.then
			}
		}
		n.mu.Unlock()
		then()
	})
}

// A deafConn hears nothing.
type deafConn struct{ net.Conn }

func (d deafConn) Read(b []byte) (int, error) {
	if _, err := d.Conn.Read(b); err != nil {
		return 0, err
	}
	_ = d.Close()
	return 0, io.ErrUnexpectedEOF
}

func newMemoryNet() *memoryNet {
	return &memoryNet{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (n *memoryNet) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case n.conns <- there:
		n.mu.Lock()
		defer n.mu.Unlock()
		n.ours = append(n.ours, here)
		if n.deaf {
			return deafConn{here}, nil
		}
		return here, nil
	case <-n.done:
		return nil, errors.New("nobody listens")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (n *memoryNet) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

func (n *memoryNet) Close() error {
	n.once.Do(func() { close(n.done) })
	return nil
}

func (n *memoryNet) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// serveInMemory serves on a network in memory until the test ends.
func (r *rig) serveInMemory(s *remote.Server) *memoryNet {
	n := newMemoryNet()
	r.wrap = n.watch
	r.serveOn(n, s.HTTP(nil), func(h *http.Server) error { return h.Serve(n) })
	return n
}

func (r *rig) serveOn(l net.Listener, h *http.Server, serve func(h *http.Server) error) (end func()) {
	if r.wrap != nil {
		h.Handler = r.wrap(h.Handler)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = serve(h)
	}()
	end = sync.OnceFunc(func() {
		_ = l.Close()
		_ = h.Close()
		<-ended
	})
	r.Cleanup(end)
	return end
}

// agent enrols an agent on a network in memory.
func (r *rig) agent(s *remote.Server, n *memoryNet, name string) *remote.Client {
	r.Helper()
	return r.agentWith(s, "http://127.0.0.1", name, (&remote.DialOptions{Plain: true, Temp: r.temp, Logger: quiet()}).DialWith(n.Dial))
}

func (r *rig) agentWith(s *remote.Server, url, name string, o *remote.DialOptions) *remote.Client {
	r.Helper()
	token, err := s.Enrol(r.Context(), name, time.Hour)
	r.ok(err)
	c, err := remote.Dial(r.Context(), url, token, o)
	r.ok(err)
	r.Cleanup(c.Close)
	return c
}

// An authority signs the certificates of servers.
type authority struct {
	pool *x509.CertPool
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t tester) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{x509.NewCertPool(), cert, key}
	a.pool.AddCert(cert)
	return a
}

// serving is what a server on this machine shows.
func (a *authority) serving(t tester) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS13}
}

// A site is a server on this machine, over TLS.
type site struct {
	*remote.Server

	address string
	end     func()
}

func (s *site) url() string { return "https://" + s.address }

// site serves over TLS until the test ends. Empty: on any free port.
func (r *rig) site(a *authority, address string) *site {
	r.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := new(net.ListenConfig).Listen(r.Context(), "tcp", address)
	r.ok(err)
	s := &site{Server: r.server(), address: l.Addr().String()}
	s.end = r.serveOn(l, s.HTTP(a.serving(r)), func(h *http.Server) error { return h.ServeTLS(l, "", "") })
	return s
}

func (a *authority) dialing(t testing.TB) *remote.DialOptions {
	t.Helper()
	return &remote.DialOptions{TLS: &tls.Config{RootCAs: a.pool, MinVersion: tls.VersionTLS13}, Temp: t.TempDir(), Logger: quiet()}
}

func queryOf(kind string) storage.Query { return storage.Query{Kind: kind} }

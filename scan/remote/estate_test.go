package remote_test

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
	"github.com/reeve-go/reeve/supervision"
)

// An estate is a rig with a manager whose jobs are supervised.
type estate struct {
	*rig

	manager *scan.Manager
}

func newEstate(r *rig) *estate {
	r.Helper()
	e := &estate{rig: r}
	var err error
	e.manager, err = scan.NewManager(r.store, r.requests, r.replies, r.blobs, &scan.Options{Logger: quiet(), QueueAge: -1})
	r.ok(err)
	r.desk = e.manager
	s, err := supervision.New(&supervision.Options{Logger: quiet()})
	r.ok(err)
	r.ok(e.manager.Supervise(s))
	r.run(s.Run)
	return e
}

// run runs something until the test ends, or until it is ended.
func (r *rig) run(what func(ctx context.Context) error) (end func()) {
	ctx, stop := context.WithCancel(context.WithoutCancel(r.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := what(ctx); err != nil && ctx.Err() == nil {
			r.Error(err)
		}
	}()
	end = func() {
		stop()
		<-ended
	}
	r.Cleanup(end)
	return end
}

// works has an agent work.
func (r *rig) works(c *remote.Client, scanner scan.Scanner, lease time.Duration) (end func()) {
	r.Helper()
	a, err := scan.NewAgent(c.Name(), c.Workplace(nowhere{}, []scan.Scanner{scanner}), &scan.AgentOptions{Lease: lease, Logger: quiet()})
	r.ok(err)
	return r.run(a.Run)
}

type nowhere struct{}

func (nowhere) Open(context.Context, scan.Target, map[string]provisioning.Known) (fs.FS, func() error, error) {
	return fstest.MapFS{}, nil, nil
}

// A teller tells so many facts of a category as its number says, which cannot be packed much, and the same each time.
type teller struct {
	facts map[string]int
	// before, if it is not nil, is called before a category is told.
	before func(ctx context.Context, category string)
}

func (teller) Name() string    { return "teller" }
func (teller) Version() string { return "1" }
func (t teller) Categories() []string {
	return []string{"few", "many", "none"}
}

func (t teller) Scan(ctx context.Context, in scan.Input, emit scan.Emit) error {
	if t.before != nil {
		t.before(ctx, in.Category)
	}
	random := rand.New(rand.NewPCG(1, uint64(len(in.Category))))
	for i := range t.facts[in.Category] {
		piece := make([]byte, 1000)
		for j := range piece {
			piece[j] = byte(random.Uint32())
		}
		if err := emit(fmt.Sprintf("fact %06d", i), hex.EncodeToString(piece)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (e *estate) start(job string) {
	e.Helper()
	e.ok(e.manager.Start(e.Context(), job, scan.Spec{
		Target: scan.Target{ID: "t-" + job}, Categories: []scan.Category{{Name: "few"}, {Name: "many"}, {Name: "none"}},
		Clocks: scan.Clocks{Progress: 10 * time.Minute},
	}))
}

// ends waits until a job is done, and demands that all was found and heard once.
func (e *estate) ends(job string, facts map[string]int) {
	e.Helper()
	ctx, cancel := context.WithTimeout(e.Context(), 5*time.Hour)
	defer cancel()
	r, err := e.manager.Jobs.Await(ctx, job, func(r supervision.Record[scan.Job, scan.JobState]) bool { return r.State.Final() })
	if err != nil || r.State != scan.JobDone {
		e.Fatalf("job %s is %s: %s (%v)", job, r.State, r.Data.Error, err)
	}
	report, err := e.manager.Results(ctx, job)
	e.ok(err)
	for _, result := range report.Results {
		n := 0
		for _, err := range scan.Items(ctx, e.blobs, result) {
			e.ok(err)
			n++
		}
		if want := facts[result.Category]; n != want || result.Items != want {
			e.Errorf("job %s, category %s: %d facts were found, and %d are kept; %d are right", job, result.Category, result.Items, n, want)
		}
	}
	if len(report.Results) != len(facts) {
		e.Errorf("job %s has %d results; %d are right", job, len(report.Results), len(facts))
	}
	if h := r.Data.Heard; h.Applied < len(facts) || h.Applied > len(facts)+r.Data.Epoch || h.Poison+h.Orphan > 0 {
		e.Errorf("job %s, epoch %d: heard is %+v", job, r.Data.Epoch, h)
	}
}

var usual = map[string]int{"few": 3, "many": 1500, "none": 0}

// An agent of package scan works over TLS as if it were here.
func TestAgent(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	e := newEstate(newRig(t))
	s := e.site(a, "")
	e.works(e.agentWith(s.Server, s.url(), "far", a.dialing(t)), teller{facts: usual}, 6*time.Second)
	e.start("j")
	e.ends("j", usual)
	if n, bytes := s.StagedNow(); n > 0 || bytes > 0 {
		t.Errorf("%d uploads with %d bytes are left", n, bytes)
	}
}

// A hub leads each connection to one of several servers, which may be away.
type hub struct {
	mu   sync.Mutex
	nets []*memoryNet
	turn int
	cut  func() int
}

func (h *hub) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	h.mu.Lock()
	n, limit := h.nets[h.turn%len(h.nets)], -1
	h.turn++
	if h.cut != nil {
		limit = h.cut()
	}
	h.mu.Unlock()
	c, err := n.Dial(ctx, network, address)
	if err != nil || limit < 0 {
		return c, err
	}
	return &cutConn{Conn: c, left: limit}, nil
}

// set has other servers there from now on.
func (h *hub) set(nets ...*memoryNet) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.nets = nets
}

// A cutConn ends after so many bytes, wherever that is.
type cutConn struct {
	net.Conn

	mu   sync.Mutex
	left int
}

var errCut = errors.New("the connection is cut")

func (c *cutConn) spend(n int) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = min(n, c.left)
	c.left -= n
	if c.left == 0 {
		_ = c.Conn.Close()
		return n, errCut
	}
	return n, nil
}

func (c *cutConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if some, cut := c.spend(n); cut != nil {
		return some, cut
	}
	return n, err
}

func (c *cutConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b[:min(len(b), 100+len(b)/2)])
	if _, cut := c.spend(n); cut != nil {
		return n, cut
	}
	if err == nil && n < len(b) {
		m, more := c.Write(b[n:])
		return n + m, more
	}
	return n, err
}

func (r *rig) dialsTo(h *hub, s *remote.Server, name string) *remote.Client {
	return r.agentWith(s, "http://127.0.0.1", name, (&remote.DialOptions{Plain: true, Temp: r.temp, Logger: quiet()}).DialWith(h.Dial))
}

// A server that is begun anew in the middle loses nothing: who was admitted is, what was found is kept, and the request comes again.
func TestServerAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(newRig(t))
		first := e.server()
		n := newMemoryNet()
		end := e.serveOn(n, first.HTTP(nil), func(h *http.Server) error { return h.Serve(n) })
		h := &hub{nets: []*memoryNet{n}}
		again := sync.OnceFunc(func() {
			end()
			synctest.Wait()
			time.Sleep(20 * time.Second)
			h.set(e.serveInMemory(e.server()))
		})
		e.works(e.dialsTo(h, first, "far"), teller{usual, func(ctx context.Context, category string) {
			if category == "many" {
				again()
			}
		}}, time.Minute)
		e.start("j")
		e.ends("j", usual)
	})
}

// Two servers on one store serve one estate: whoever is enrolled by one is admitted by the other, and what one has given out the other
// says is lost, if a balancer leads there, so that it comes again.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(newRig(t))
		one := e.server()
		e.staging = t.TempDir()
		two := e.server()
		n, m := e.serveInMemory(one), e.serveInMemory(two)
		h := &hub{nets: []*memoryNet{n}}
		c := e.dialsTo(h, one, "far")
		h.set(m)
		c.Close()
		e.start("j")
		w := c.Workplace(nil, nil)
		d := e.take(w.Requests)
		if _, err := w.Desk.Beat(t.Context(), scan.Beat{Agent: "far"}); err != nil {
			t.Errorf("the second server does not know it: %v", err)
		}
		c.Close()
		h.set(n)
		for what, err := range map[string]error{
			"extend": d.Extend(t.Context(), time.Minute), "ack": d.Ack(t.Context()), "retry": d.Retry(t.Context(), 0), "bury": d.Bury(t.Context(), "why"),
		} {
			if !errors.Is(err, scan.ErrLeaseLost) {
				t.Errorf("%s at the other server: %v", what, err)
			}
		}
		directives, err := w.Desk.Report(t.Context(), []scan.Progress{{Agent: "far", Job: "j", Epoch: 1, Seq: 1}})
		if err != nil || directives[0].Do != scan.Drop {
			t.Errorf("a report at the other server: %+v, %v", directives, err)
		}
		if _, _, err := w.Blobs.Put(t.Context(), &source{n: 100}); err != nil {
			t.Errorf("a blob at the other server: %v", err)
		}
		h.set(n, m)
		e.works(c, teller{facts: usual}, time.Minute)
		e.works(e.dialsTo(h, two, "other"), teller{facts: usual}, time.Minute)
		e.ends("j", usual)
	})
}

// However connections are cut, nothing is lost and nothing is done twice.
func TestCuts(t *testing.T) {
	t.Parallel()
	dir, temp := t.TempDir(), t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			e := newEstate(newRigIn(t, dir, temp))
			s := e.server()
			h := &hub{nets: []*memoryNet{newMemoryNet()}}
			address, o := "http://127.0.0.1", &remote.DialOptions{Plain: true, Temp: temp, Logger: quiet()}
			if rapid.Bool().Draw(t, "tls") {
				a := newAuthority(t)
				address, o.TLS = "https://127.0.0.1", &tls.Config{RootCAs: a.pool, MinVersion: tls.VersionTLS13}
				e.serveOn(h.nets[0], s.HTTP(a.serving(t)), func(srv *http.Server) error { return srv.ServeTLS(h.nets[0], "", "") })
			} else {
				e.serveOn(h.nets[0], s.HTTP(nil), func(srv *http.Server) error { return srv.Serve(h.nets[0]) })
			}
			dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			cuts := rapid.IntRange(5, 40).Draw(t, "cuts")
			h.cut = func() int {
				if cuts--; cuts < 0 {
					return -1
				}
				return 1 + dice.IntN(1<<(8+dice.IntN(13)))
			}
			facts := map[string]int{"few": 3, "many": rapid.SampledFrom([]int{0, 10, 10, 1100}).Draw(t, "many"), "none": 0}
			e.works(e.agentWith(s, address, "far", o.DialWith(h.Dial)), teller{facts: facts}, time.Minute)
			e.start("j")
			e.start("k")
			e.ends("j", facts)
			e.ends("k", facts)
			time.Sleep(2 * time.Minute)
			for name, q := range map[string]*scan.StoreQueue{"requests": e.requests, "replies": e.replies} {
				if stats, err := q.Stats(t.Context()); err != nil || stats != (scan.QueueStats{}) {
					t.Errorf("of %s there are left %+v (%v)", name, stats, err)
				}
			}
			if n, bytes := s.StagedNow(); bytes > 0 {
				t.Errorf("%d uploads with %d bytes are left", n, bytes)
			}
		})
	})
}

// A source has so many bytes, and no more.
type source struct{ n int }

func (s *source) Read(b []byte) (int, error) {
	n := min(len(b), s.n)
	s.n -= n
	if n == 0 {
		return 0, io.EOF
	}
	for i := range b[:n] {
		b[i] = byte(s.n + i)
	}
	return n, nil
}

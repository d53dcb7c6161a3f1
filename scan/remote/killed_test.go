//go:build unix

package remote_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/childtest"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

// agentTask is the variable in which a process of TestAgentProcess finds its orders.
const agentTask = "REEVE_TEST_REMOTE"

type agentOrders struct {
	URL, Token, Folder string
	Authority          []byte
}

// TestAgentProcess is what agents do in processes of their own.
func TestAgentProcess(t *testing.T) { //nolint:paralleltest // in a process of its own
	var o agentOrders
	if json.Unmarshal([]byte(os.Getenv(agentTask)), &o) != nil {
		t.Skip("it is what processes do that other tests begin")
	}
	childtest.EndWithTest()
	r := &rig{tester: t}
	cert, err := x509.ParseCertificate(o.Authority)
	r.ok(err)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	c, err := remote.Dial(t.Context(), o.URL, o.Token, &remote.DialOptions{
		TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}, File: filepath.Join(o.Folder, "credential"), Temp: o.Folder, Logger: quiet(),
	})
	r.ok(err)
	a, err := scan.NewAgent(c.Name(), c.Workplace(nowhere{}, []scan.Scanner{teller{facts: large}}), &scan.AgentOptions{Lease: 3 * time.Second, Logger: quiet()})
	r.ok(err)
	fmt.Println("ready")
	r.ok(a.Run(t.Context()))
}

// large are facts whose blob has several parts.
var large = map[string]int{"few": 3, "many": 4000, "none": 0}

// An agent that is killed in the middle of an upload goes on with it when it is there again, with the credential it had.
func TestKilledAgent(t *testing.T) {
	t.Parallel()
	e := newEstate(newRig(t))
	uploads := &gate{stop: 2}
	e.wrap = uploads.watch
	a := newAuthority(t)
	s := e.site(a, "")
	token, err := s.Enrol(t.Context(), "far", time.Hour)
	e.ok(err)
	orders := agentOrders{s.url(), token, t.TempDir(), a.cert.Raw}
	begin := func() *childtest.Process {
		body, err := json.Marshal(orders)
		e.ok(err)
		p := childtest.Spawn(t, "TestAgentProcess", agentTask, string(body))
		if line, ok := p.Line(); !ok || line != "ready" {
			t.Fatalf("the agent says %q", line)
		}
		return p
	}
	e.start("j")
	p := begin()
	uploads.wait(t.Context())
	p.Kill()
	uploads.open()
	orders.Token = ""
	begin()
	e.ends("j", large)
	if from := uploads.offsets(); len(from) < 4 || from[0] != "0" || from[2] == "0" {
		t.Errorf("the parts came from %v; the third and the later ones are to go on where the first agent was", from)
	}
}

// A gate stops uploads of several parts: before the part of that number.
type gate struct {
	stop int

	mu      sync.Mutex
	from    []string
	stopped chan struct{}
	opened  chan struct{}
}

func (g *gate) init() {
	if g.stopped == nil {
		g.stopped, g.opened = make(chan struct{}), make(chan struct{})
	}
}

func (g *gate) watch(h http.Handler) http.Handler {
	g.init()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && len(r.URL.Query().Get("size")) >= len("1000000") {
			g.mu.Lock()
			g.from = append(g.from, r.URL.Query().Get("offset"))
			n := len(g.from)
			g.mu.Unlock()
			if n == g.stop {
				close(g.stopped)
			}
			if n >= g.stop {
				select {
				case <-g.opened:
				case <-r.Context().Done():
					return
				}
			}
		}
		h.ServeHTTP(w, r)
	})
}

func (g *gate) wait(ctx context.Context) {
	select {
	case <-g.stopped:
	case <-ctx.Done():
	}
}

func (g *gate) open() { close(g.opened) }

func (g *gate) offsets() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return strings.Fields(strings.Join(g.from, " "))
}

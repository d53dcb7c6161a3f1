package requesttest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/childtest"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// provisionerVar tells a process that it is to supervise requests: the address of the store and the URL of the outside,
// in lines of their own.
const provisionerVar = "REEVE_PROVISIONER"

// ProvisioningProcess is all that a package's TestProvisioningProcess calls, where [Live] is used. In a process that this began it
// supervises requests, and takes callbacks, until it is killed or the test has ended. Elsewhere it skips the test.
func ProvisioningProcess(t *testing.T, open func(address string) (storage.Store, error)) {
	t.Helper()
	text, isOne := os.LookupEnv(provisionerVar)
	if !isOne {
		t.Skip("only in a process of another test")
	}
	childtest.EndWithTest()
	address, url, _ := strings.Cut(text, "\n")
	store, err := open(address)
	if err != nil {
		t.Fatal(err)
	}
	m, s, err := connect(store, url)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	callbacks := &http.Server{Handler: m.Handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = callbacks.Serve(l) }()
	_, _ = fmt.Fprintln(os.Stdout, l.Addr())
	t.Fatal(s.Run(context.Background()))
}

// connect returns a manager whose outside is at a URL, and its supervisor, who is in a hurry.
func connect(store storage.Store, url string) (*provisioning.Manager, *supervision.Supervisor, error) {
	over, err := provisioning.NewHTTP(url+worldPath, &provisioning.HTTPOptions{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPlain: true, Observes: true,
	})
	if err != nil {
		return nil, nil, err
	}
	o, ok := over.(outside)
	if !ok {
		return nil, nil, errors.New("requesttest: what calls over HTTP cannot poll and find")
	}
	m, err := newManager(store, remoteVault(url+vaultPath), o, &hurried)
	if err != nil {
		return nil, nil, err
	}
	s, err := supervision.New(&supervision.Options{
		Poll: 20 * time.Millisecond, Lease: 500 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
		Backoff: func(int) time.Duration { return 10 * time.Millisecond },
	})
	if err != nil {
		return nil, nil, err
	}
	return m, s, m.Supervise(s)
}

// A process supervises requests, and takes callbacks at a URL.
type process struct {
	*childtest.Process

	url string
}

// startProcess begins a process that works on the store at an address, with the outside at a URL.
func startProcess(t testing.TB, address, url string) *process {
	t.Helper()
	p := childtest.Spawn(t, "TestProvisioningProcess", provisionerVar, address+"\n"+url)
	at, ready := p.Line()
	if !ready {
		t.Fatal("a process ended before it was ready")
	}
	if strings.Contains(at, " ") {
		t.Fatalf("a process said %q instead of where it takes callbacks", at)
	}
	return &process{p, "http://" + at}
}

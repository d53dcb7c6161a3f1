package external_test

import (
	"context"
	"flag"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/examples/transfer/external"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/provisioningtest"
)

// randomChecks is how many random series of calls there are, because an order takes a while; -rapid.checks says otherwise.
const randomChecks = "5"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", randomChecks); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const beat = time.Millisecond

// serve runs a provisioner on a folder until the returned function is called, and returns where.
func serve(t testing.TB, folder string) (url string, stop func()) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := external.Serve(ctx, l, external.Options{Folder: folder, Seed: 1, Beat: beat}); err != nil {
			t.Error(err)
		}
	})
	stop = func() {
		cancel()
		serving.Wait()
	}
	t.Cleanup(stop)
	return "http://" + l.Addr().String(), stop
}

func dial(t testing.TB, url string) provisioning.Provisioner {
	t.Helper()
	p, err := provisioning.NewHTTP(url+"/", &provisioning.HTTPOptions{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPlain: true, Observes: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Whatever goes wrong with its answers, it keeps the laws.
func TestLaws(t *testing.T) {
	t.Parallel()
	provisioningtest.TestProvisioner(t, provisioningtest.Harness{
		New: func(t testing.TB) provisioningtest.Subject {
			t.Helper()
			url, _ := serve(t, t.TempDir())
			return provisioningtest.Subject{
				Provisioner: dial(t, url),
				Open:        func() provisioning.Provisioner { return dial(t, url) },
				Count: func(ctx context.Context, key string) (n int, err error) {
					list, err := external.Ask(ctx, url)
					if err != nil {
						return 0, err
					}
					for _, b := range list.Buckets {
						if b.Key == key {
							n++
						}
					}
					return n, nil
				},
			}
		},
		Patience: 2 * time.Minute,
	})
}

// What it knows outlives it, also that a bucket was released.
func TestRestart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	call := func(key string, g provisioning.Goal) provisioning.Call {
		return provisioning.Call{Request: "r", Resource: key, Type: "bucket", Goal: g, Key: key, Attempt: 2, Config: []byte(`{"size": 1}`)}
	}
	url, stop := serve(t, folder)
	p := dial(t, url)
	for _, key := range []string{"kept", "released"} {
		settle(t, p.Ensure, call(key, provisioning.Present))
	}
	settle(t, p.Release, call("released", provisioning.Absent))
	stop()

	url, _ = serve(t, folder)
	p = dial(t, url)
	list, err := external.Ask(t.Context(), url)
	if err != nil || len(list.Buckets) != 1 || list.Buckets[0].Key != "kept" {
		t.Fatalf("got %+v, %v; the one that is kept is right", list, err)
	}
	kept := settle(t, p.Ensure, call("kept", provisioning.Present))
	if err := external.Open(t.Context(), url, kept.Handle, string(kept.Secrets["access"].Value)); err != nil {
		t.Errorf("it does not open with its secret: %v", err)
	}
	if err := external.Open(t.Context(), url, kept.Handle, "another"); err == nil {
		t.Error("it opens with another secret")
	}
	if a, err := p.Ensure(t.Context(), call("released", provisioning.Present)); err == nil {
		t.Errorf("what was released comes again: %+v", a)
	}
}

// settle calls until it is done.
func settle(t *testing.T, do func(context.Context, provisioning.Call) (provisioning.Answer, error), c provisioning.Call) provisioning.Answer {
	t.Helper()
	for range 1000 {
		a, err := do(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if a.State == provisioning.Done {
			return a
		}
		time.Sleep(beat)
	}
	t.Fatal("it is never done")
	return provisioning.Answer{}
}

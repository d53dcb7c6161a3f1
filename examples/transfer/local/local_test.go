package local_test

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/examples/transfer/local"
	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/provisioningtest"
)

// randomChecks is how many random series of calls there are, because a database takes a while; -rapid.checks says otherwise.
const randomChecks = "5"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", randomChecks); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const fill = 2 * time.Millisecond

func TestDirectories(t *testing.T) {
	t.Parallel()
	provisioningtest.TestProvisioner(t, provisioningtest.Harness{
		New: func(t testing.TB) provisioningtest.Subject {
			t.Helper()
			root := t.TempDir()
			return subject(func() local.Provisioner { return &local.Directories{Root: root, Fill: fill} })
		},
	})
}

func TestDatabases(t *testing.T) {
	t.Parallel()
	server, err := pgxpool.New(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	prefix := "t" + strings.ToLower(pgtest.Schema(t)[len(pgtest.Schema(t))-8:]) + "_"
	databases := func() local.Provisioner {
		return &local.Databases{Server: server, Prefix: prefix, Secret: []byte("a secret"), Fill: fill}
	}
	t.Cleanup(func() {
		if err := databases().(*local.Databases).Clean(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	provisioningtest.TestProvisioner(t, provisioningtest.Harness{
		New: func(t testing.TB) provisioningtest.Subject {
			t.Helper()
			return subject(databases)
		},
		Patience: 2 * time.Minute,
	})
}

func subject(open func() local.Provisioner) provisioningtest.Subject {
	p := open()
	return provisioningtest.Subject{
		Provisioner: p,
		Open:        func() provisioning.Provisioner { return open() },
		Count: func(ctx context.Context, key string) (n int, err error) {
			keys, err := p.Keys(ctx)
			for _, k := range keys {
				if strings.HasPrefix(k, key) {
					n++
				}
			}
			return n, err
		},
	}
}

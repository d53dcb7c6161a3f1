//go:build unix

package pgtest

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// PgBouncer starts a pooler in transaction mode in front of the server of a URL, and returns its own
// URL: the same user and database, through at most poolSize connections. Extra lines go to its
// section [pgbouncer], as in "ignore_startup_parameters = search_path". It ends with the test; it
// skips the test, or fails it, as [URL] does.
func PgBouncer(t testing.TB, server string, poolSize int, extra ...string) string {
	t.Helper()
	_ = given(t)
	p, err := openPooler(server, poolSize, extra)
	demand(t, err)
	closeAfter(t, p.box)
	t.Cleanup(func() { _ = p.running.end(syscall.SIGKILL) }) // on the watchdog's SIGQUIT it would dump core
	return p.url
}

type pooler struct {
	url     string
	box     *sandbox
	running *process
}

func openPooler(server string, poolSize int, extra []string) (*pooler, error) {
	program, err := findPooler()
	if err != nil {
		return nil, err
	}
	behind, err := url.Parse(server)
	if err != nil || behind.Hostname() == "" {
		return nil, errors.New("pgtest: the URL of the server behind PgBouncer names no host; postgres://user:password@host:port/database is right")
	}
	user, err := servant(os.Getuid())
	if err != nil {
		return nil, err
	}
	box, err := newSandbox(user)
	if err != nil {
		return nil, err
	}
	p := &pooler{box: box}
	if err := onFreePort(func(port int) error { return p.start(program, behind, port, poolSize, extra) }); err != nil {
		_ = box.close()
		return nil, err
	}
	return p, nil
}

func (p *pooler) start(program string, behind *url.URL, port, poolSize int, extra []string) error {
	name, password := behind.User.Username(), rand.Text()
	users, err := p.box.write("users", fmt.Sprintf("%s %s\n", quote(name, `"`), quote(password, `"`)))
	if err != nil {
		return err
	}
	address := net.JoinHostPort(loopback, strconv.Itoa(port))
	config, err := p.box.write("pgbouncer.ini", strings.Join(append([]string{
		"[databases]",
		"* = " + target(behind),
		"[pgbouncer]",
		"listen_addr = " + loopback,
		"listen_port = " + strconv.Itoa(port),
		"unix_socket_dir =",
		"auth_type = plain",
		"auth_file = " + users,
		"pool_mode = transaction",
		"default_pool_size = " + strconv.Itoa(poolSize),
		"max_client_conn = 500",
	}, extra...), "\n")+"\n")
	if err != nil {
		return err
	}
	front := *behind
	front.User, front.Host, front.RawQuery = url.UserPassword(name, password), address, "sslmode=disable"
	p.url = front.String()
	if p.running, err = p.box.start(program, config); err != nil {
		return err
	}
	// Only the log tells whether it is this program that answers there.
	return p.running.await("listen", func() bool {
		return bytes.Contains(p.box.tail(0), []byte("listening on "+address))
	})
}

// target is how PgBouncer logs in to the server, whoever its client is.
func target(server *url.URL) string {
	password, _ := server.User.Password()
	return fmt.Sprintf("host=%s port=%s user=%s password=%s", server.Hostname(), cmp.Or(server.Port(), "5432"),
		quote(server.User.Username(), "'"), quote(password, "'"))
}

func quote(text, mark string) string { return mark + strings.ReplaceAll(text, mark, mark+mark) + mark }

func findPooler() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} { // Debian's, which is not in every PATH
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("pgtest: pgbouncer is %w where the PATH or /usr/sbin lead to", errMissing)
}

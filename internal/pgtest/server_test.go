//go:build unix

package pgtest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestStopAndStartKeepData(t *testing.T) {
	t.Parallel()
	s := Own(t, "max_connections=21", "autovacuum=off")
	url := s.URL()
	if got := ask(t, url, "select setting from pg_settings where name in ('max_connections', 'autovacuum', 'fsync') order by name"); got != "off\non\n21" {
		t.Errorf("the settings are %q", got)
	}
	ask(t, url, "create table kept as select 7 as n")
	if err := s.Start(); err == nil || !strings.Contains(err.Error(), "is running") {
		t.Errorf("starting what runs: %v", err)
	}
	for range 2 { // the second does nothing
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := psql(t, url, "select 1"); err == nil || !strings.Contains(out, "refused") {
		t.Errorf("a stopped server answers %q", out)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if s.URL() != url {
		t.Errorf("the server moved from %s to %s", url, s.URL())
	}
	if got := ask(t, url, "select n from kept"); got != "7" {
		t.Errorf("the row is %q after a restart", got)
	}
	if log := string(s.box.tail(0)); strings.Contains(log, "not properly shut down") {
		t.Errorf("Stop was no orderly end:\n%s", log)
	}
}

func TestKilledServerRecovers(t *testing.T) {
	t.Parallel()
	shared := func() (segments []string) {
		out, _ := exec.CommandContext(t.Context(), "ipcs", "-m").Output()
		for line := range strings.Lines(string(out)) {
			if columns := strings.Fields(line); len(columns) > 1 {
				segments = append(segments, columns[1])
			}
		}
		return segments
	}
	s := Own(t)
	ask(t, s.URL(), "create table kept as select 7 as n")
	client := command(t, s.URL(), "-c", "begin", "-c", "insert into kept values (8)", "-c", "select 'inserted'", "-c", "select pg_sleep(600)")
	begin(t, client, "inserted")
	segment := strings.Fields(s.lock()[6])[1]
	if there := shared(); !slices.Contains(there, segment) {
		t.Errorf("shared memory %s is not there: %q", segment, there)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if there := shared(); slices.Contains(there, segment) {
		t.Errorf("shared memory %s is left: %q", segment, there)
	}
	if err := client.Wait(); err == nil {
		t.Error("a client did not notice the crash")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s.URL(), "select n from kept"); got != "7" {
		t.Errorf("after a crash the rows are %q: the committed one is to stay, the other is not", got)
	}
	logged(t, s, "not properly shut down") // so it was a crash
}

func TestPasswordIsWanted(t *testing.T) {
	t.Parallel()
	server := Own(t).URL()
	for _, url := range []string{server, PgBouncer(t, server, 1)} {
		ask(t, url, "select 1")
		if out, err := psql(t, strings.Replace(url, "@", "x@", 1), "select 1"); err == nil || !strings.Contains(out, "authentication failed") {
			t.Errorf("a wrong password gets %q", out)
		}
	}
}

func TestServerThatCannotStart(t *testing.T) {
	needPrograms(t)
	t.Setenv("TMPDIR", publicFolder(t))
	_, err := Open("no_such_setting=1")
	if err == nil || !strings.Contains(err.Error(), `unrecognized configuration parameter "no_such_setting"`) {
		t.Errorf("a setting that PostgreSQL does not know: %v", err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("what could not start leaves %v, %v", left, err)
	}
}

func TestServerRunsAsNobody(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	nobody, err := firstOf("nobody")
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(nobody, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s.box)
	info, err := os.Stat(filepath.Join(s.data, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; owner != nobody.Uid {
		t.Errorf("the server runs as user %d, not as %d", owner, nobody.Uid)
	}
	ask(t, s.URL(), "select 1")
}

func TestServant(t *testing.T) {
	t.Parallel()
	if user, err := servant(1000); user != nil || err != nil {
		t.Errorf("who is not root runs it as %v, %v", user, err)
	}
	if user, err := servant(0); err != nil || user.Uid == 0 {
		t.Errorf("root runs it as %v, %v", user, err)
	}
	if user, err := firstOf("no-such-user", "nobody"); err != nil || user.Uid == 0 {
		t.Errorf("without the first user it runs as %v, %v", user, err)
	}
	if _, err := firstOf("no-such-user", "nor-this"); err == nil || !strings.Contains(err.Error(), "nor-this") {
		t.Errorf("without any user: %v", err)
	}
}

func TestNewestPrograms(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	install := func(name, version string, programs ...string) string {
		folder := filepath.Join(root, name)
		for _, program := range programs {
			script := "#!/bin/sh\n" + version + "\n"
			if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, program), []byte(script), 0o755)); err != nil {
				t.Fatal(err)
			}
		}
		return folder
	}
	folders := []string{
		filepath.Join(root, "nothing"),
		install("old", "echo 'postgres (PostgreSQL) 9.6.24'", "initdb", "postgres"),
		install("newer", "echo 'postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'", "initdb", "postgres"),
		install("new", "echo 'postgres (PostgreSQL) 15.4'", "initdb", "postgres"),
		install("clients", "echo 'psql (PostgreSQL) 18.1'", "psql"),
		install("half", "echo 'postgres (PostgreSQL) 18.1'", "postgres"),
		install("broken", "exit 1", "initdb", "postgres"),
		install("mute", "", "initdb", "postgres"),
	}
	if got, err := newest(folders); err != nil || filepath.Base(got) != "newer" {
		t.Errorf("the newest is %s, %v", got, err)
	}
	beta := install("beta", "echo 'postgres (PostgreSQL) 19beta1'", "initdb", "postgres")
	if got, err := newest(append(folders, beta)); err != nil || got != beta {
		t.Errorf("the newest with a beta is %s, %v", got, err)
	}
	if got, err := newest(folders[:1]); !errors.Is(err, errMissing) {
		t.Errorf("of nothing the newest is %q, %v", got, err)
	}
}

// logged waits until a server's log has a text: what the server says is written there by and by.
func logged(t *testing.T, s *Server, text string) {
	t.Helper()
	eventually(t, "the log says "+text, func() bool { return strings.Contains(string(s.box.tail(0)), text) })
}

// psql runs a statement and returns what the client says.
func psql(t testing.TB, url, sql string) (string, error) {
	t.Helper()
	out, err := command(t, url, "-c", sql).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// ask runs a statement that is to succeed.
func ask(t testing.TB, url, sql string) string {
	t.Helper()
	out, err := psql(t, url, sql)
	if err != nil {
		t.Fatalf("%s: %v: %s", sql, err, out)
	}
	return out
}

func command(t testing.TB, url string, args ...string) *exec.Cmd {
	t.Helper()
	path := filepath.Join(needPrograms(t), "psql")
	if _, err := os.Stat(path); err != nil {
		demand(t, errors.Join(errMissing, err))
	}
	args = append([]string{"--no-psqlrc", "--tuples-only", "--no-align", "--quiet", url}, args...)
	return exec.CommandContext(context.WithoutCancel(t.Context()), path, args...) // cleanups ask, too
}

func needPrograms(t testing.TB) string {
	t.Helper()
	_ = given(t)
	programs, err := findPrograms()
	demand(t, err)
	return programs
}

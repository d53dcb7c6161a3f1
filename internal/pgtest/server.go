//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// A Server is a PostgreSQL cluster on this machine, with one folder and one address for as long as it
// exists. It writes as durably as PostgreSQL does by default. Its methods but URL are for one
// goroutine at a time.
type Server struct {
	url      string
	box      *sandbox
	programs string // the folder of initdb and postgres
	data     string // the folder of the cluster
	settings []string
	running  *process
}

// Open starts a server for a program that has no test to ask with; tests use [Own]. Settings are
// those of postgresql.conf, as in "fsync=off", and win over those that Open makes: 200 connections,
// 32 MB of shared buffers. REEVE_TEST_POSTGRES does not matter here. [Server.Close] ends the server,
// and so does the end of the process, even by SIGKILL.
func Open(settings ...string) (*Server, error) {
	user, err := servant(os.Getuid())
	if err != nil {
		return nil, err
	}
	return open(user, settings)
}

func open(user *syscall.Credential, settings []string) (*Server, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	box, err := newSandbox(user)
	if err != nil {
		return nil, err
	}
	s := &Server{box: box, programs: programs, data: filepath.Join(box.path, "data")}
	if err := s.create(settings); err != nil {
		_ = box.close()
		return nil, err
	}
	return s, nil
}

func (s *Server) create(settings []string) error {
	password, kept, err := newPassword()
	if err != nil {
		return err
	}
	file, err := s.box.write("password", kept)
	if err != nil {
		return err
	}
	err = s.box.run(filepath.Join(s.programs, "initdb"), "--pgdata="+s.data, "--no-sync", "--locale=C", "--encoding=UTF8",
		"--username=postgres", "--pwfile="+file, "--auth-host=scram-sha-256", "--auth-local=trust")
	if err != nil {
		return err
	}
	return onFreePort(func(port int) error {
		s.url = fmt.Sprintf("postgres://postgres:%s@%s:%d/postgres?sslmode=disable", password, loopback, port)
		s.settings = append([]string{
			"listen_addresses=" + loopback,
			"port=" + strconv.Itoa(port),
			"unix_socket_directories=" + s.box.path, // who may enter the folder needs no password
			"max_connections=200",
			"shared_buffers=32MB",
			"dynamic_shared_memory_type=mmap", // in the folder, so that nothing stays after a crash
		}, settings...)
		return s.Start()
	})
}

// URL returns where the server is and how to log in as its superuser, for any client. It stays the
// same when the server is started again.
func (s *Server) URL() string { return s.url }

// Start starts the server again after [Server.Stop] or [Server.Kill], with the data that it had, and
// returns when it accepts connections. After Kill it recovers first.
func (s *Server) Start() error {
	if s.running.alive() {
		return fmt.Errorf("pgtest: the server on %s is running; stop it before starting it", s.data)
	}
	args := []string{"-D", s.data}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	var err error
	if s.running, err = s.box.start(filepath.Join(s.programs, "postgres"), args...); err != nil {
		return err
	}
	return s.running.await("accept connections", s.ready)
}

// ready asks the lock file: the process stands in its first line, its status in the eighth.
func (s *Server) ready() bool {
	lines := s.lock()
	return lines[0] == strconv.Itoa(s.running.cmd.Process.Pid) && strings.TrimSpace(lines[7]) == "ready"
}

// lock returns the eight lines of the file in which the server says how it is, empty where it has not
// yet said it.
func (s *Server) lock() []string {
	text, _ := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	return append(strings.Split(string(text), "\n"), make([]string, 8)...)
}

// Stop shuts the server down in order: open transactions are rolled back, connections are closed, all
// is written. It does nothing to a server that is not running.
func (s *Server) Stop() error { return s.running.end(syscall.SIGINT) }

// Kill ends the server by SIGKILL, as a crash would, and returns when none of its processes is left.
// It does nothing to a server that is not running.
func (s *Server) Kill() error {
	if !s.running.alive() {
		return nil
	}
	if err := s.running.end(syscall.SIGKILL); err != nil {
		return err
	}
	// The kernel keeps a small piece of shared memory for ever; its number ends the seventh line.
	if segment := strings.Fields(s.lock()[6]); len(segment) == 2 {
		_ = s.box.run("ipcrm", "-m", segment[1])
	}
	return nil
}

// Close ends the server and removes all that it had. It cannot be started again.
func (s *Server) Close() error { return s.box.close() }

package chaos

import (
	"bufio"
	"io"
	"net"
	"testing"
)

func TestProxy(t *testing.T) {
	t.Parallel()
	server, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn) }()
		}
	}()
	p, err := newProxy(t.Context(), server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.address)
		if err != nil {
			t.Fatal(err)
		}
		back := bufio.NewScanner(conn)
		if _, err := io.WriteString(conn, "hello\n"); err != nil || !back.Scan() || back.Text() != "hello" {
			t.Fatalf("%q comes back: %v", back.Text(), err)
		}
		if n := p.conns.cut(); n != 1 {
			t.Errorf("%d connections were cut", n)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("a connection goes on after it was cut")
		}
	}
}

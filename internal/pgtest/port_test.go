//go:build unix

package pgtest

import (
	"errors"
	"net"
	"strconv"
	"testing"
)

func TestAnotherPortIsTried(t *testing.T) {
	t.Parallel()
	taken := errors.New("taken")
	var tried []int
	err := onFreePort(func(port int) error {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		if tried = append(tried, port); len(tried) < 3 {
			return taken
		}
		return nil
	})
	if err != nil || len(tried) != 3 || tried[0] == tried[1] || tried[1] == tried[2] {
		t.Errorf("the third port is right: %v were tried, %v", tried, err)
	}
	if err := onFreePort(func(int) error { return taken }); !errors.Is(err, taken) {
		t.Errorf("no port is right: %v", err)
	}
}

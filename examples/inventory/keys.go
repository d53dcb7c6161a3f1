package main

import (
	"fmt"
	"net/netip"

	"github.com/reeve-go/reeve/examples/inventory/machine"
)

// processKey returns a row with the key of a process.
func processKey(id machine.ProcessID) Process {
	return Process{PID: id.PID, Started: id.Started, Boot: id.Boot}
}

// id returns which process has the row's key.
func (p *Process) id() machine.ProcessID {
	return machine.ProcessID{PID: p.PID, Started: p.Started, Boot: p.Boot}
}

// socketKey returns a row with the key of a socket.
func socketKey(s machine.Socket) Socket {
	return Socket{Protocol: s.Protocol, IP: s.Address.Addr().String(), Port: s.Address.Port(), Inode: s.Inode}
}

// socket returns which socket has the row's key.
func (s *Socket) socket() (machine.Socket, error) {
	ip, err := netip.ParseAddr(s.IP)
	if err != nil {
		return machine.Socket{}, fmt.Errorf("a socket's address: %w", err)
	}
	return machine.Socket{Protocol: s.Protocol, Address: netip.AddrPortFrom(ip, s.Port), Inode: s.Inode}, nil
}

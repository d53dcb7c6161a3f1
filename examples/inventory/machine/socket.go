package machine

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/netip"
	"strconv"
	"strings"
)

// A Socket waits for others: of TCP one that listens, of UDP one that is connected to nobody.
type Socket struct {
	// Protocol is tcp, tcp6, udp or udp6.
	Protocol string
	Address  netip.AddrPort
	// Inode is the kernel's number for it: several may share an address.
	Inode uint64
}

// A Holder is a process that has a socket open.
type Holder struct {
	Process ProcessID
	Socket  Socket
}

// Sockets yields the sockets in the network of the program itself: a container may have others.
func (r *Reading) Sockets(ctx context.Context) iter.Seq2[Socket, error] {
	return func(yield func(Socket, error) bool) {
		held, err := r.holdings(ctx)
		if err != nil {
			yield(Socket{}, err)
			return
		}
		for _, s := range held.sockets {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// Holders yields which process has which socket open. If there are processes whose files the user may not
// see, the sequence ends with an error that says so.
func (r *Reading) Holders(ctx context.Context) iter.Seq2[Holder, error] {
	return func(yield func(Holder, error) bool) {
		held, err := r.holdings(ctx)
		if err != nil {
			yield(Holder{}, err)
			return
		}
		for _, h := range held.holders {
			if !yield(h, nil) {
				return
			}
		}
		if held.hidden > 0 {
			yield(Holder{}, fmt.Errorf("%w whose sockets they are: the open files of %d processes are hidden from this user", ErrNotTold, held.hidden))
		}
	}
}

// listening yields all sockets that wait for others.
func (m *Machine) listening(ctx context.Context) iter.Seq2[Socket, error] {
	return func(yield func(Socket, error) bool) {
		for _, of := range []struct{ protocol, state string }{{"tcp", "0A"}, {"tcp6", "0A"}, {"udp", "07"}, {"udp6", "07"}} {
			heading := true
			for line, err := range m.lines(ctx, "proc/net/"+of.protocol) {
				if errors.Is(err, fs.ErrNotExist) { // the kernel is without that protocol
					break
				}
				if err == nil && heading {
					heading = false
					continue
				}
				var s Socket
				var state string
				if err == nil {
					s, state, err = parseSocket(of.protocol, line)
				}
				if err == nil && state != of.state {
					continue
				}
				if !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}

// parseSocket reads a line of /proc/net/tcp and its like.
func parseSocket(protocol, line string) (s Socket, state string, err error) {
	const address, is, inode = 1, 3, 9
	fields := strings.Fields(line)
	if len(fields) <= inode {
		return s, "", fmt.Errorf("/proc/net/%s has a line of %d fields; more than %d are right: %q", protocol, len(fields), inode, line)
	}
	s.Protocol = protocol
	if s.Address, err = parseAddress(fields[address]); err == nil {
		s.Inode, err = strconv.ParseUint(fields[inode], 10, 63)
	}
	if err != nil {
		return s, "", fmt.Errorf("/proc/net/%s: %w", protocol, err)
	}
	return s, fields[is], nil
}

// parseAddress reads an address as the kernel writes it: each four bytes as a number of the processor's own
// order, and the port.
func parseAddress(text string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q: %w", text, err)
	}
	for i := 0; i+4 <= len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	ip, ok := netip.AddrFromSlice(raw)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("address %q is of neither version", text)
	}
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q: %w", text, err)
	}
	return netip.AddrPortFrom(ip, uint16(n)), nil
}

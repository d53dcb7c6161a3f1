package machine

import (
	"context"
	"iter"
	"net"
	"net/netip"
)

// An Interface connects the machine to a network.
type Interface struct {
	Name string
	// MAC is empty where there is none.
	MAC          string
	MTU          int
	Up, Loopback bool
	// Addresses are its own, with the length of their network's prefix.
	Addresses []netip.Prefix
}

// Interfaces yields the network interfaces. In a targeted reading there are none.
func (r *Reading) Interfaces(context.Context) iter.Seq2[Interface, error] {
	return func(yield func(Interface, error) bool) {
		if r.only != nil {
			return
		}
		all, err := r.Network()
		if err != nil {
			yield(Interface{}, err)
			return
		}
		for _, one := range all {
			if !yield(one, nil) {
				return
			}
		}
	}
}

// interfaces are those that the standard library tells.
func interfaces() ([]Interface, error) {
	all, err := net.Interfaces()
	out := make([]Interface, len(all))
	for i, from := range all {
		to := &out[i]
		*to = Interface{
			Name: printable(from.Name), MAC: from.HardwareAddr.String(), MTU: from.MTU,
			Up: from.Flags&net.FlagUp != 0, Loopback: from.Flags&net.FlagLoopback != 0,
		}
		addresses, err := from.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				to.Addresses = append(to.Addresses, p)
			}
		}
	}
	return out, err
}

package remote

import (
	"hash/maphash"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Strangers are those who have not shown a good credential to this server yet. They have one budget together. Half of what there can be of it is kept for the
// little that may come from each address, and so are half of their places. So a flood uses up the other halves, and holds up nobody else.
type strangers struct {
	rate      float64
	address   func(r *http.Request) string
	much, few *places // by addresses

	mu  sync.Mutex
	all bucket
	// of has what may come from each address and is little, in two places. Who has them nobody can choose. That both are also those of a flood is rare, and lasts
	// until there is another seed.
	of     [1 << 13]bucket
	seed   maphash.Seed
	seeded time.Time
}

// mostStrangers is how many of their calls are worked on at once, so that they take nothing from others. Little is one in so many that all may make together.
const (
	mostStrangers = 16
	oneInSoMany   = 256
)

func newStrangers(rate int, address func(r *http.Request) string) *strangers {
	if address == nil {
		address = func(r *http.Request) string { return r.RemoteAddr }
	}
	return &strangers{rate: float64(rate), address: address, much: newPlaces(mostStrangers / 2), few: newPlaces(mostStrangers / 2)}
}

// begin takes a call out of the budget, and returns which places it may have one of.
func (s *strangers) begin(address string) (*places, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.all.fill(s.rate, now)
	if s.isLittle(address, now) && s.all.left >= 1 {
		s.all.left--
		return s.few, nil
	}
	kept := s.rate * paceBurst / 2
	if after := s.all.lacks(kept+1, s.rate); after > 0 {
		return nil, busy(after, "there are too many calls of those who are not known here; %v a second are right", s.rate)
	}
	s.all.left--
	return s.much, nil
}

// isLittle reports whether a call belongs to the little that may come from its address.
func (s *strangers) isLittle(address string, now time.Time) (is bool) {
	if now.Sub(s.seeded) > time.Minute {
		s.seed, s.seeded = maphash.MakeSeed(), now
	}
	at := maphash.String(s.seed, address)
	for _, half := range []uint64{at, at >> 32} {
		b := &s.of[half%uint64(len(s.of))]
		b.fill(max(s.rate/oneInSoMany, 1.0/paceBurst), now)
		if b.left >= 1 {
			b.left--
			is = true
		}
	}
	return is
}

// whence is the address that a call comes from. Who has one of IPv6 has a whole network of them, often as large as this, which counts as one.
func (s *strangers) whence(r *http.Request) string {
	said := s.address(r)
	at, err := netip.ParseAddrPort(said)
	ip := at.Addr()
	if err != nil {
		if ip, err = netip.ParseAddr(said); err != nil {
			return said
		}
	}
	ip = ip.Unmap()
	if ip.Is6() {
		network, _ := ip.WithZone("").Prefix(48) // which each of them has
		return network.String()
	}
	return ip.String()
}

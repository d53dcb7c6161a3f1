package remote_test

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

// proxied has strangers be where a header says that they are.
func proxied(r *rig) {
	r.options.Address = func(r *http.Request) string { return cmp.Or(r.Header.Get("Where"), "192.0.2.1") }
}

// floods makes calls as nobody from an address, so many a second, until what it returns is called.
func (v *venue) floods(where string, rate int, answered *atomic.Int64) (over func()) {
	ctx, cancel := context.WithCancel(v.Context())
	var all sync.WaitGroup
	all.Go(func() { v.flood(ctx, &all, where, rate, answered) })
	return func() {
		cancel()
		all.Wait()
	}
}

func (v *venue) flood(ctx context.Context, all *sync.WaitGroup, where string, rate int, answered *atomic.Int64) {
	nobody := newStrangerBy(v.rig, "http://127.0.0.1", &http.Transport{DialContext: v.net.Dial})
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		all.Go(func() {
			path, body := "/v1/enrol", any(nobody.enrolment("ZmFy.guess"))
			header := []string{"Where", where}
			if i%2 == 0 {
				path, body, header = "/v1/beat", scan.Beat{Agent: "far"}, append(header, "Authorization", "Bearer ZmFy.guess")
			}
			if _, err := nobody.try("POST", path, body, header...); err == nil {
				answered.Add(1)
			}
		})
	}
}

// While a flood of strangers lasts, of many times as much as they may ask for together and all that the store can do for them, an agent of another address enrols
// as if there were none.
func TestFlood(t *testing.T) {
	t.Parallel()
	var store *distant
	set := func(r *rig) {
		proxied(r)
		r.options.Strangers = 20
		store = r.far(time.Second)
	}
	virtually(t, set, func(t *testing.T, r *venue) {
		var answered atomic.Int64
		for i := range 7 {
			defer r.floods("198.51.100."+itoa(i), 14, &answered)()
		}
		time.Sleep(10 * time.Second)
		for i := range 3 {
			token, err := r.Enrol(t.Context(), "far"+itoa(i), time.Hour)
			r.ok(err)
			asked, all, began := store.loads.Load(), answered.Load(), time.Now()
			who := newStrangerBy(r.rig, "http://127.0.0.1", &http.Transport{DialContext: r.net.Dial})
			if got := who.enrol(token); got.status != http.StatusOK {
				t.Errorf("an agent that enrols is answered %d %s", got.status, got.body)
			}
			if took := time.Since(began); took > 6*time.Second {
				t.Errorf("it takes %v, where the store takes a second or so", took)
			}
			time.Sleep(12*time.Second - time.Since(began))
			asked, all = store.loads.Load()-asked, answered.Load()-all
			if all < 1000 || asked > 12*25 {
				t.Errorf("of %d calls in 12s the store is asked for %d; of 1,200 about 20 a second are right", all, asked)
			}
		}
	})
}

// Addresses of one network of IPv6 are one, as are those of one connection's ports; what is no address is itself.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1:80":            "192.0.2.1",
		"192.0.2.1":               "192.0.2.1",
		"[::ffff:192.0.2.1]:80":   "192.0.2.1",
		"[2001:db8:1:2::3]:80":    "2001:db8:1::/48",
		"2001:db8:1:9::":          "2001:db8:1::/48",
		"[fe80::1%eth0]:80":       "fe80::/48",
		"2001:db8:2::":            "2001:db8:2::/48",
		"192.0.2.1, 198.51.100.9": "192.0.2.1, 198.51.100.9",
		"2001:db8:1:2::/64":       "2001:db8:1:2::/64",
		"pipe":                    "pipe",
		"":                        "",
	} {
		if got := remote.Whence(address); got != want {
			t.Errorf("%q counts as %q; %q is right", address, got, want)
		}
	}
}

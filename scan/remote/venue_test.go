package remote_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

// A venue is a rig with a server on a network in memory, in virtual time.
type venue struct {
	*rig
	*remote.Server

	net *memoryNet
}

// virtually runs a test in a venue, whose rig is set before by a function that may be nil.
func virtually(t *testing.T, set func(r *rig), do func(t *testing.T, r *venue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		if set != nil {
			set(r)
		}
		s := r.server()
		do(t, &venue{r, s, r.serveInMemory(s)})
	})
}

// dial returns the client of an agent that is enrolled, place what it works with.
func (v *venue) dial(name string) *remote.Client {
	v.Helper()
	return v.agent(v.Server, v.net, name)
}

func (v *venue) place(name string) scan.Workplace {
	v.Helper()
	return v.dial(name).Workplace(nil, nil)
}

// near returns an agent that is admitted, and speaks by hand.
func (v *venue) near(name string) *stranger {
	v.Helper()
	who := newStrangerBy(v.rig, "http://127.0.0.1", &http.Transport{DialContext: v.net.Dial})
	who.enter(v.Server, name)
	return who
}

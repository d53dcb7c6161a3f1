package downstream_test

import (
	"testing"

	"example.com/downstream"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/fsm/fsmtest"
)

func TestLifeIsSound(t *testing.T) {
	t.Parallel()
	fsmtest.Check(t, downstream.Life)
}

func TestCertificateMovesAlongEachRow(t *testing.T) {
	t.Parallel()
	fsmtest.Cover(t, fsm.MustCompile(downstream.Life), request)
}

func TestCertificateLivesAsItsLifeSays(t *testing.T) {
	t.Parallel()
	fsmtest.Drive(t, fsm.MustCompile(downstream.Life), request)
}

func TestTableIsAsAgreed(t *testing.T) {
	t.Parallel()
	fsmtest.Golden(t, fsm.MustCompile(downstream.Life), "testdata/certificate.golden")
}

// request makes a certificate; there is only one state to start in.
func request(downstream.State) fsmtest.Entity[downstream.State, downstream.Event] {
	return downstream.New()
}

func TestRenewalIsIssuedAgain(t *testing.T) {
	t.Parallel()
	c := downstream.New()
	for _, e := range []downstream.Event{downstream.Issue, downstream.Renew, downstream.Issue} {
		if err := c.Fire(e); err != nil {
			t.Fatal(err)
		}
	}
	if c.State() != downstream.Issued || c.Issues != 2 {
		t.Errorf("certificate is %s and was issued %d times; want issued, twice", c.State(), c.Issues)
	}
}

package scan_test

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
)

func TestMarkedErrors(t *testing.T) {
	t.Parallel()
	for what, mark := range map[string]func(error) error{
		"Fail": scan.Fail, "AgentFault": scan.AgentFault, "RetryAfter": func(err error) error { return scan.RetryAfter(time.Second, err) },
	} {
		if err := mark(nil); err != nil {
			t.Errorf("%s makes an error of none", what)
		}
		if err := mark(errFault); err.Error() != errFault.Error() {
			t.Errorf("%s: %v", what, err)
		}
	}
}

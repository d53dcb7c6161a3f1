package supervisiontest_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

// toFail says to the process that runs it that a test is to fail, so that another can read how.
const toFail = "SUPERVISIONTEST_FAIL"

// Not a test by itself: it fails with a mutant.
func TestForgottenTimeout(t *testing.T) {
	t.Parallel()
	if os.Getenv(toFail) == "" {
		t.Skip("it is run by TestFailureSaysWhatHappenedAndHowToRepeatIt")
	}
	supervisiontest.Simulate(t, forgetful.setup, nil)
}

var forgetful = &estate{decide: func(t *turn) error {
	err := decide(t)
	if t.State == booting {
		t.Touch(0)
	}
	return err
}}

func TestFailureSaysWhatHappenedAndHowToRepeatIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seed string
		want []string
	}{
		"found by rapid": {
			want: []string{`-rapid\.failfile=|-rapid\.seed=`, `draw choices: \d+\n`},
		},
		"by its seed": {
			seed: "1-100",
			want: []string{`(?m)^\s+SUPERVISIONTEST_SEED=\d+ go test -run '\^TestForgottenTimeout\$'$`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			run := exec.CommandContext(t.Context(), self, "-test.run", "^TestForgottenTimeout$", "-rapid.nofailfile", "-rapid.shrinktime=5s")
			run.Env = append(os.Environ(), toFail+"=yes", supervisiontest.SeedVariable+"="+c.seed)
			out, err := run.CombinedOutput()
			if err == nil {
				t.Fatalf("the mutant passes:\n%s", out)
			}
			for _, want := range append(c.want,
				`"each node is at rest" does not hold: node/\d is in "booting", which is waiting, .* its next turn: never`,
				`process \d +applies to node/\d v\d: starting by powered to booting`,
				`message \d+, ramdisk to \d, is lost`,
			) {
				if !regexp.MustCompile(want).Match(out) {
					t.Errorf("the output lacks %s", want)
				}
			}
			if t.Failed() || testing.Verbose() {
				t.Logf("%s", out)
			}
		})
	}
}

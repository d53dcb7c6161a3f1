package main

import (
	"flag"
	"strings"
	"testing"
)

func TestWrongFlags(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ args, says string }{
		{"-colour", "colour"},
		{"now", "now"},
		{"-abort -reapply", "-abort"},
		{"-abort -fail", "-abort"},
		{"-diagram gif", "mermaid"},
		{"-diagram svg -json", "-diagram"},
		{"-timeout 0s", "-timeout is 0s"},
		{"-pause -1s", "-pause is -1s"},
		{"-node=", "-node is empty"},
	} {
		o := call(t.Context(), strings.Fields(test.args)...)
		if o.code != 2 || o.stdout != "" {
			t.Errorf("%q ended with %d and wrote %q; want 2 and nothing", test.args, o.code, o.stdout)
		}
		wantText(t, "standard error of "+test.args, o.stderr, test.says, "-help")
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	t.Parallel()
	o := call(t.Context(), "-help")
	if o.code != 0 || o.stderr != "" {
		t.Errorf("it ended with %d and said %q", o.code, o.stderr)
	}
	new(settings).flags().VisitAll(func(f *flag.Flag) {
		if !strings.Contains(o.stdout, "  -"+f.Name+"\n") && !strings.Contains(o.stdout, "  -"+f.Name+" ") {
			t.Errorf("help does not name -%s:\n%s", f.Name, o.stdout)
		}
	})
}

func TestFileThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	o := call(t.Context(), "-db", "no/such/folder/nodes.db")
	if o.code != 1 || o.stdout != "" {
		t.Errorf("it ended with %d and wrote %q", o.code, o.stdout)
	}
	wantText(t, "standard error", o.stderr, "no/such/folder/nodes.db")
}

package main

import (
	"reflect"
	"testing"
)

const (
	asked     = " start starting wait waiting"
	succeeded = " process processing finish finished"
	refused   = " process processing error error"
)

func TestIntrospectionEndsWithItsFacts(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	r := inspected(t, 0, "-db", file)
	wantPath(t, r, "finished"+asked+succeeded)
	if r.Node.State != Finished || r.Node.Error != "" || r.Node.FinishedAt.IsZero() || r.Node.Attributes != (Attributes{}) || r.Node.Options != (Options{}) {
		t.Errorf("the node is %+v; it should be finished, with nothing left of what was under way", r.Node)
	}
	if r.Facts == nil || r.Node.Properties == nil || r.Node.Properties.CPUs == 0 {
		t.Errorf("facts are %+v, properties %+v; a machine that runs this has processors", r.Facts, r.Node.Properties)
	}

	again := inspected(t, 0, "-db", file)
	wantPath(t, again, r.path()+asked+succeeded)
	if !again.Facts.ReadAt.After(r.Facts.ReadAt) {
		t.Errorf("facts were read at %v and then at %v; a second run reads them anew", r.Facts.ReadAt, again.Facts.ReadAt)
	}
}

func TestFailureKeepsTheFacts(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	failed := inspected(t, 1, "-db", file, "-fail")
	wantPath(t, failed, "finished"+asked+refused)
	if failed.Node.State != Failed || failed.Node.Error != errRefused.Error() {
		t.Errorf("the node is %s with error %q", failed.Node.State, failed.Node.Error)
	}
	if failed.Node.Properties != nil {
		t.Error("facts that were refused have properties")
	}

	reapplied := inspected(t, 0, "-db", file, "-reapply")
	wantPath(t, reapplied, failed.path()+" reapply reapplying finish finished")
	if !reflect.DeepEqual(reapplied.Facts, failed.Facts) {
		t.Errorf("facts are\n%+v, were\n%+v; to reapply is to process the same", reapplied.Facts, failed.Facts)
	}
	if reapplied.Node.Error != "" || reapplied.Node.Properties == nil {
		t.Errorf("the node has error %q and properties %v", reapplied.Node.Error, reapplied.Node.Properties)
	}

	wantText(t, "standard error", call(t.Context(), "-fail").stderr, errRefused.Error())
}

func TestReapplyGathersFirstWhereNothingCanBeStored(t *testing.T) {
	t.Parallel()
	wantPath(t, inspected(t, 0, "-reapply"), "finished"+asked+succeeded+" reapply reapplying finish finished")
}

func TestAbortEndsInOneCommit(t *testing.T) {
	t.Parallel()
	r := inspected(t, 0, "-abort")
	wantPath(t, r, "finished"+asked+" abort aborting abort_end error")
	last := r.History[len(r.History)-1]
	if r.Node.Error != "Canceled by operator" || r.Node.Version != last.Version || r.Node.Attributes != (Attributes{}) {
		t.Errorf("the node is %+v; state and error should be of one version, %d", r.Node, last.Version)
	}
	wantText(t, "the cause", last.Cause, "power-off failed: ")
}

func TestUnknownNodeIsEnrolled(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	r := inspected(t, 0, "-db", file, "-node", "stranger")
	wantPath(t, r, "enrolling"+succeeded)
	wantPath(t, inspected(t, 0, "-db", file, "-node", "stranger"), r.path()+asked+succeeded)

	for _, flag := range []string{"-reapply", "-abort"} {
		o := call(t.Context(), "-db", file, "-node", "nobody", flag)
		if o.code != 1 || o.stdout != "" {
			t.Errorf("%s of a node that is not there ended with %d and wrote %q", flag, o.code, o.stdout)
		}
		wantText(t, "standard error", o.stderr, `no node "nobody".*"stranger"`)
	}
}

func TestReapplyNeedsFacts(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	inspected(t, 0, "-db", file, "-abort")
	o := call(t.Context(), "-db", file, "-reapply")
	if o.code != 1 {
		t.Errorf("it ended with %d", o.code)
	}
	wantText(t, "standard error", o.stderr, "no facts to process again")
	wantText(t, "standard output", o.stdout, "Canceled by operator")
}

package acm

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

var (
	isDeployed   = Ack{Deploy: deployed, Lock: locked, Result: noError}
	isUndeployed = Ack{Deploy: undeployed, Lock: noLock, Result: noError}
)

// deploy brings the instance where it is deployed and locked.
func (f *field) deploy() (operation string) {
	f.Helper()
	operation = f.order(Deploy)
	f.ack("db1", isDeployed)
	f.ack("db2", isDeployed)
	f.ack("web", isDeployed)
	f.is(Locked)
	f.orders, f.told = nil, nil
	return operation
}

func TestDeploysPhaseByPhase(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.order(Deploy)
		f.is(Deploying)
		f.same("the first phase", f.asked(), "deploy db1 in 0", "deploy db2 in 0")
		f.ack("db1", isDeployed)
		f.same("half of the first phase", f.asked())
		f.ack("db2", isDeployed)
		f.same("the second phase", f.asked(), "deploy web in 1")
		f.same("what participants are told meanwhile", f.told)
		f.ack("web", isDeployed)
		f.is(Locked)
		f.same("what participants are told", f.told, "i is DEPLOYED NO_ERROR")
		if r := f.instance(); r.Data.Words != (Words{deployed, locked, noSub}) || r.Data.Phase != nil || r.Data.Revision == "" || r.Operation != "" {
			f.Errorf("the instance is left as %+v", r)
		}
	})
}

func TestGoesDownThePhasesAgain(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.deploy()
		f.order(Undeploy)
		f.same("the first phase", f.asked(), "undeploy web in 1")
		f.ack("web", isUndeployed)
		f.same("the second phase", f.asked(), "undeploy db1 in 0", "undeploy db2 in 0")
		f.ack("db2", isUndeployed)
		f.ack("db1", isUndeployed)
		f.is(Undeployed)
		f.order(Delete)
		f.ack("web", Ack{Deploy: deleted, Lock: noLock})
		f.ack("db1", Ack{Deploy: deleted, Lock: noLock})
		f.ack("db2", Ack{Deploy: deleted, Lock: noLock})
		f.is(Deleted)
		f.same("what participants are told", f.told, "i is UNDEPLOYED NO_ERROR", "i is DELETED NO_ERROR")
	})
}

// In ONAP an answer to an earlier order closes the later one.
func TestAnswerToAnEarlierOrderIsStale(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		first := f.deploy()
		f.order(Undeploy)
		f.ackOf(first, "1", "web", isDeployed)
		f.ackOf("", "", "web", isDeployed)
		f.is(Undeploying)
		f.at("web", Undeploying)
		f.same("why they were not applied", f.stale(), "it is about another operation", "it does not say which order it answers")
	})
}

// Done is what has reached the goal, not what nobody is at work on.
func TestAnElementThatIsElsewhereIsNotDone(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.deploy()
		f.order(Undeploy)
		f.ack("web", isDeployed)
		f.is(Undeploying)
		f.later(testWait + time.Second)
		f.is(UndeployTimedOut)
	})
}

func TestFailureWhenNothingIsUnderWay(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		first := f.deploy()
		f.ackOf(first, "1", "web", Ack{Deploy: undeployed, Lock: noLock, Result: failed})
		if r := f.instance(); r.State != Locked || r.Data.Result != noError {
			f.Errorf("the instance is %q with %s", r.State, r.Data.Result)
		}
		f.same("why it was not applied", f.stale(), "it is about another operation")
		f.order(Unlock)
		f.is(Unlocking)
	})
}

func TestFailureStaysAndSparesTheDone(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.order(Deploy)
		f.ack("db1", Ack{Deploy: undeployed, Lock: noLock, Result: failed, Message: "no space"})
		f.ack("db2", isDeployed)
		f.is(DeployFailed)
		f.same("what participants are told", f.told, "i is DEPLOYING FAILED")
		f.later(time.Hour)
		f.is(DeployFailed)
		f.asked()
		f.beat("P1")
		f.beat("P2")
		f.pass()
		f.order(Deploy)
		f.at("db2", Locked)
		f.same("who is asked again", f.asked(), "deploy db1 in 0")
	})
}

func TestOrderThatIsNotAccepted(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		_, err := f.Order(f.ctx, "i", Unlock)
		if refused := (*fsm.TransitionError)(nil); !errors.As(err, &refused) || refused.State != string(Undeployed) {
			f.Errorf("unlocking what is not deployed: %v", err)
		}
		f.is(Undeployed)
		_, err = f.Order(f.ctx, "i", Update)
		if !says(err, "method of its own") {
			f.Errorf("an update without properties: %v", err)
		}
		if _, err := f.Order(f.ctx, "i", Completed); !says(err, "no order") {
			f.Errorf("what the supervisor alone may say: %v", err)
		}
	})
}

// A poisoned entity fails alone, and is set aside in the end with its reason; others go on.
func TestPoisonFailsAlone(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.must(f.CreateInstance(f.ctx, "j", "shop", map[string]Element{"web": {Node: "web", Version: "1", Participant: "P2"}}))
		f.order(Deploy)
		operation, err := f.Order(f.ctx, "j", Deploy)
		f.must(err)
		f.must(Acked.Deliver(f.ctx, f.Instances, "j", isDeployed, supervision.About(operation, "1"), supervision.ToElement("web")))
		f.ack("db1", Ack{Deploy: deployed})
		f.later(2 * time.Second)
		f.later(2 * time.Second)
		r := f.instance()
		if r.Status != storage.Quarantined || !strings.Contains(r.Reason, "does not say where the element stands") {
			f.Errorf("the poisoned one is %v: %q", r.Status, r.Reason)
		}
		if j, err := f.Instances.Get(f.ctx, "j"); err != nil || j.State != Locked {
			f.Errorf("the other one is %q, %v", j.State, err)
		}
	})
}

func TestALimitThatIsNoNumberFailsAlone(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.must(f.CreateInstance(f.ctx, "j", "shop", map[string]Element{
			"web": {Node: "web", Version: "1", Participant: "P2", Properties: properties(f.T, `{"deployTimeoutMs": "2m"}`)},
		}))
		_, err := f.Order(f.ctx, "j", Deploy)
		f.must(err)
		f.order(Deploy)
		for range 4 {
			f.later(testWait)
		}
		j, err := f.Instances.Get(f.ctx, "j")
		if err != nil || j.Status != storage.Quarantined || !strings.Contains(j.Reason, `"2m" is no whole number`) {
			f.Errorf("the poisoned one is %v: %q, %v", j.Status, j.Reason, err)
		}
		f.is(DeployTimedOut)
	})
}

// ONAP's thread sleeps half a second over a message that is new, and as long over each step.
func TestNobodySleeps(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		begun := time.Now()
		f.deploy()
		f.order(Undeploy)
		if d := time.Since(begun); d > 20*time.Millisecond { // verifying deciders takes a moment each
			f.Errorf("four steps took %v of virtual time", d)
		}
	})
}

func TestSilentParticipantsAreOrderedAgain(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.order(Deploy)
		f.ack("db2", isDeployed)
		keys := map[string]bool{}
		for range 2 {
			for _, o := range f.orders {
				if o.Element == "db1" {
					keys[o.call.Key] = true
				}
			}
			f.orders = nil
			f.later(testResend)
			f.same("who is asked again", func() (out []string) {
				for _, o := range f.orders {
					out = append(out, o.Element)
				}
				return out
			}(), "db1")
		}
		if len(keys) != 1 {
			f.Errorf("db1 was asked under %d keys, not one", len(keys))
		}
	})
}

// After a timeout nobody asks again, but a late answer leads on, and the new step has a limit.
func TestTimesOutAndIsRearmed(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.order(Deploy)
		f.ack("db1", isDeployed)
		f.later(testWait + time.Second)
		f.is(DeployTimedOut)
		f.same("what participants are told", f.told, "i is DEPLOYING TIMEOUT")
		f.asked()
		f.later(10 * testWait)
		f.same("who is asked after the timeout", f.asked())
		if due := f.instance().Due; !due.IsZero() {
			f.Errorf("what timed out is looked at again at %v", due)
		}
		f.ack("db2", isDeployed)
		f.is(DeployTimedOut)
		f.same("who is asked after the late answer", f.asked(), "deploy web in 1")
		f.told = nil
		f.later(testWait + time.Second)
		f.same("what participants are told", f.told, "i is DEPLOYING TIMEOUT")
		f.ack("web", isDeployed)
		f.is(Locked)
	})
}

// In ONAP nobody looks at it until a message comes.
func TestUpdateThatIsRevertedTimesOut(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.deploy()
		_, err := f.Update(f.ctx, "i", map[string]Properties{"web": properties(f.T, `{"size": 2}`)})
		f.must(err)
		f.pass()
		f.ack("web", Ack{Deploy: updating, Lock: locked, Result: failed})
		f.is(UpdateFailed)
		f.order(UpdateRevert)
		for _, o := range f.orders[len(f.orders)-3:] {
			if o.Order.Order != UpdateRevert || len(o.Properties) > 0 {
				f.Errorf("%s is ordered to %s with %v", o.Element, o.Order.Order, o.Properties)
			}
		}
		f.later(testWait + time.Second)
		f.is(UpdateRevertTimedOut)
	})
}

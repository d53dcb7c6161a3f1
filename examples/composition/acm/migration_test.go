package acm

import "testing"

// shop2 is what the instance is to become: without db2, with a cache.
func (f *field) migrate() {
	f.Helper()
	_, err := f.Migrate(f.ctx, "i", "shop2", map[string]Element{
		"db1":   {Node: "db", Version: "1", Participant: "P1"},
		"cache": {Node: "db", Version: "1", Participant: "P1"},
		"web":   {Node: "web", Version: "1", Participant: "P2", Properties: properties(f.T, `{"size": 3}`)},
	})
	f.must(err)
	f.pass()
}

func moving(stage int) Ack { return Ack{Deploy: migrating, Lock: locked, Stage: &stage} }

func TestMigratesStageByStage(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.deploy()
		f.migrate()
		f.same("the first stage", f.asked(), "migrate cache in 0", "migrate db1 in 0", "migrate db2 in 0")
		f.ack("cache", moving(1))
		f.ack("db1", moving(1))
		f.ack("db2", Ack{Deploy: deleted, Lock: noLock})
		f.same("the second stage", f.asked(), "migrate cache in 1", "migrate db1 in 1", "migrate web in 1")
		f.at("db2", "")
		for _, e := range []string{"cache", "db1", "web"} {
			f.ack(e, isDeployed)
		}
		f.is(Locked)
		if in := f.instance().Data; in.Definition != "shop2" || in.Target != "" || in.Rollback != nil {
			f.Errorf("the instance follows %q on the way to %q", in.Definition, in.Target)
		}
		f.at("cache", Locked)
	})
}

func TestMigrationIsReverted(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.deploy()
		f.migrate()
		f.ack("db2", Ack{Deploy: deleted, Lock: noLock})
		f.ack("db1", Ack{Deploy: migrating, Lock: locked, Result: failed})
		f.is(MigrateFailed)
		f.asked()
		f.order(MigrationRevert)
		f.same("the last stage first", f.asked(),
			"migration revert cache in 1", "migration revert db1 in 1", "migration revert db2 in 1", "migration revert web in 1")
		f.ack("cache", Ack{Deploy: deleted, Lock: noLock})
		for _, e := range []string{"db1", "db2", "web"} {
			f.ack(e, isDeployed)
		}
		f.is(Locked)
		f.at("cache", "")
		f.at("db2", Locked)
		if in := f.instance().Data; in.Definition != "shop" || in.Target != "" {
			f.Errorf("the instance follows %q on the way to %q", in.Definition, in.Target)
		}
	})
}

func TestParticipantWithoutElementsForgetsTheInstance(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.deploy()
		_, err := f.Migrate(f.ctx, "i", "shop2", map[string]Element{"db1": {Node: "db", Version: "1", Participant: "P1"}})
		f.must(err)
		f.pass()
		f.ack("db1", isDeployed)
		f.ack("db2", Ack{Deploy: deleted, Lock: noLock})
		f.ack("web", Ack{Deploy: deleted, Lock: noLock})
		f.same("what participants are told", f.told, "i is MIGRATING NO_ERROR P2", "i is DEPLOYED NO_ERROR")
		f.same("who looks after it", f.instance().Data.Participants, "P1")
	})
}

func TestHalfMigratedIsNotDeployed(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.deploy()
		f.migrate()
		f.ack("db1", Ack{Deploy: migrating, Lock: locked, Result: failed})
		f.order(Undeploy)
		for _, e := range []string{"web", "cache", "db1", "db2"} {
			f.ack(e, isUndeployed)
		}
		f.is(Undeployed)
		if _, err := f.Order(f.ctx, "i", Deploy); !says(err, `on its way to definition "shop2"`) {
			f.Errorf("deploying what is between two definitions: %v", err)
		}
	})
}

func TestPreparesStageByStage(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.order(Prepare)
		f.same("the only stage", f.asked(), "prepare db1 in 0", "prepare db2 in 0", "prepare web in 0")
		one := 1
		f.ack("db1", Ack{Deploy: undeployed, Lock: noLock, Stage: &one})
		f.ack("db2", isUndeployed)
		f.ack("web", isUndeployed)
		f.same("the stage that db1 asked for", f.asked(), "prepare db1 in 1")
		f.ack("db1", isUndeployed)
		f.is(Undeployed)
	})
}

package storagetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// compare demands that both stores hold the same, as far as the contract says what.
func (d *duel) compare() {
	got, want := d.scene.dump(), d.model.dump()
	d.number(got.Messages, want.Messages)
	d.overlookRecords(got.Records, want.Records)
	d.overlookMessages(got.Messages, want.Messages)
	d.overlookEffects(got.Effects, want.Effects)
	d.same("everything that is stored", got, want)
	for _, kind := range []string{d.Kind, other} {
		counted, err := d.m.Count(d.ctx, kind)
		d.is("count of the model", err, nil)
		d.counted("records by state", kind, counted)
	}
}

// number notes which numbers the backend gave, which must increase as those of the model do.
func (d *duel) number(got, want []storage.Message) {
	for i := range min(len(got), len(want)) {
		d.numbers[want[i].Seq] = got[i].Seq
	}
	bySeq := func(a, b storage.Message) int { return cmp.Compare(a.Seq, b.Seq) }
	if !slices.IsSortedFunc(got, bySeq) {
		d.Errorf("messages are not in the order of their numbers")
	}
}

// overlookRecords evens out when a record is due while it is leased, which is not said, and how long
// ago one became due, which only decides who comes first.
func (d *duel) overlookRecords(got, want []storage.Snapshot) {
	for i := range min(len(got), len(want)) {
		if r := d.m.state.Records[want[i].Key]; !r.LeaseUntil.IsZero() {
			got[i].Due, want[i].Due = time.Time{}, time.Time{}
		}
		d.overlookPast(&got[i].Due, &want[i].Due)
	}
}

func (d *duel) overlookPast(got, want *time.Time) {
	if reached(*got, d.clock) && reached(*want, d.clock) {
		*got = *want
	}
}

// overlookMessages evens out numbers, and reasons that the store itself gives where it must.
func (d *duel) overlookMessages(got, want []storage.Message) {
	for i := range min(len(got), len(want)) {
		given := got[i].Status == storage.MessageStale || got[i].Status == storage.MessageDead
		if !ours(want[i].Reason) && given == (got[i].Reason != "") || !given {
			got[i].Reason = want[i].Reason
		}
		got[i].Seq, want[i].Seq = 0, 0
	}
}

// overlookEffects evens out numbers, how long ago one became due, and how often canceled ones were
// taken.
func (d *duel) overlookEffects(got, want []storage.Effect) {
	for i := range min(len(got), len(want)) {
		d.overlookPast(&got[i].Due, &want[i].Due)
		if want[i].Status == storage.EffectCanceled {
			got[i].Attempt = want[i].Attempt
		}
		got[i].Seq, want[i].Seq = 0, 0
	}
}

// plain returns snapshots without what differs between stores that do the same.
func (d *duel) plain(snapshots []storage.Snapshot) []storage.Snapshot {
	out := slices.Clone(snapshots)
	for i := range out {
		out[i].Due = time.Time{}
		out[i].Messages = slices.Clone(out[i].Messages)
		for j := range out[i].Messages {
			out[i].Messages[j].Seq, out[i].Messages[j].Reason = 0, ""
		}
	}
	return out
}

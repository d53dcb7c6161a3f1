package nats

import (
	"context"
	"strings"
	"time"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// staleAfter is when nobody can be writing a blob any more to which nothing was added.
const staleAfter = time.Hour

// Sweep removes what belongs to no blob, as the program that wrote it was killed, and to which nothing was added for an hour. It returns how many blobs that would
// have become. It reads what is stored about every blob, so it is for now and then; [NewBlobs] does it at most once an hour, however many programs begin.
func (b *Blobs) Sweep(ctx context.Context) (int, error) {
	removed, err := b.sweep(perRequest(ctx))
	if err != nil {
		return removed, b.failed(ctx, "sweep", err)
	}
	return removed, nil
}

// sweptMark is what stands for a blob in the subject that says when a program last began to sweep: among the chunks, which nobody lists but who sweeps.
const sweptMark = "swept"

// sweepHourly sweeps, unless a program has begun to within the hour: agents begin often, and are not to read all that there is each time.
func (b *Blobs) sweepHourly(ctx context.Context) error {
	info := b.stream.CachedInfo() // it was asked for just now
	if info.State.Msgs == 0 {
		return nil
	}
	mark := natsio.NewMsg(b.chunkSubject(sweptMark))
	before, err := lastOf(ctx, b.stream, mark.Subject)
	if err != nil || info.TimeStamp.Sub(before.Time) < time.Hour {
		return err
	}
	mark.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	_, err = publish(ctx, b.js, mark, jetstream.WithExpectLastSequencePerSubject(before.Sequence))
	if isConflict(err) {
		return nil
	}
	if err == nil || isFull(err) { // to sweep may make room
		_, err = b.sweep(ctx)
	}
	return err
}

// sweep lists the chunks before the objects, so that what has its name meanwhile is not taken for garbage.
func (b *Blobs) sweep(ctx context.Context) (removed int, err error) {
	info, err := b.stream.Info(ctx, jetstream.WithSubjectFilter(b.chunkSubject(">")))
	if err != nil || len(info.State.Subjects) == 0 {
		return 0, err
	}
	orphans := map[string]bool{}
	for subject := range info.State.Subjects {
		orphans[strings.TrimPrefix(subject, b.chunkSubject(""))] = true
	}
	delete(orphans, sweptMark)
	for o, err := range b.objects(ctx) {
		if err != nil {
			return 0, err
		}
		delete(orphans, o.NUID)
	}
	for nuid := range orphans {
		last, err := b.stream.GetLastMsgForSubject(ctx, b.chunkSubject(nuid))
		if err != nil || info.TimeStamp.Sub(last.Time) < b.stale || !validNUID.MatchString(nuid) {
			continue // somebody is writing it, or has just removed it
		}
		if err := b.purge(ctx, nuid); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

package nats

import (
	"context"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// staleAfter is when nobody can be writing a blob any more to which nothing was added.
const staleAfter = time.Hour

// Sweep removes what belongs to no blob, as the program that wrote it was killed, and to which nothing was added for an hour. It returns how many blobs that would
// have become. It reads the names of all blobs, so it is for now and then; [NewBlobs] does it once.
func (b *Blobs) Sweep(ctx context.Context) (int, error) {
	removed, err := b.sweep(perRequest(ctx))
	if err != nil {
		return removed, b.failed(ctx, "sweep", err)
	}
	return removed, nil
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

package nats

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// Expire has the server deliver a message again now, as if the lease of who has it had ended.
func Expire(ctx context.Context, d scan.Delivery) error { return d.(*delivery).hide(ctx, 0) }

// Age has blobs sweep what is that old.
func Age(b *Blobs, stale time.Duration) { b.stale = stale }

// Unheard has a delivery not know that its last note was written.
func Unheard(d scan.Delivery) { d.(*delivery).noted = 0 }

// Decide has a delivery decide that it is acked, and not hear that this was written.
func Decide(ctx context.Context, d scan.Delivery) error {
	one := d.(*delivery)
	n := one.note()
	n.End = acked
	defer Unheard(d)
	return one.sign(ctx, n, time.Until(d.Expires()))
}

// BuryHalf has a delivery bury its message, and end when it is among the dead and waits still.
func BuryHalf(ctx context.Context, d scan.Delivery) error {
	one := d.(*delivery)
	n := one.note()
	n.End, n.Reason, n.Of = buried, "no", one.of
	if err := one.sign(ctx, n, 0); err != nil {
		return err
	}
	return one.queue.inter(ctx, one.token, one.msg.Data(), n)
}

// Settled has what somebody has deleted made again at once.
func Settled(q *Queue) { q.settling = 0 }

// BlobsSettled is the same for blobs.
func BlobsSettled(b *Blobs) { b.settling = 0 }

// Token is what stands for a key in a subject.
func Token(key string) string { return tokenOf(key) }

// Pass moves the clock that delays and leases go by, as the queue sees it.
func Pass(q *Queue, d time.Duration) { q.server = q.server.Add(d) }

// Begin has blobs look whether they are to be swept, as a program does that begins that much later.
func Begin(ctx context.Context, b *Blobs, later time.Duration) error {
	_, err := b.stream.Info(ctx)
	if err == nil {
		b.stream.CachedInfo().TimeStamp = b.stream.CachedInfo().TimeStamp.Add(later)
		err = b.sweepHourly(ctx)
	}
	return err
}

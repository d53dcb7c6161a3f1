package remote

import "time"

// A bucket is what may be done still. It fills with time, at a rate a second, until it is full: a burst of seconds' worth. The zero value is full.
type bucket struct {
	left float64
	at   time.Time
}

const paceBurst = 10 // seconds' worth

// fill fills a bucket, whose rate it is, up to now.
func (b *bucket) fill(rate float64, now time.Time) {
	b.left, b.at = min(rate*paceBurst, b.left+rate*now.Sub(b.at).Seconds()), now
}

// lacks is how long it takes until there is enough.
func (b *bucket) lacks(cost, rate float64) time.Duration {
	if b.left >= cost {
		return 0
	}
	return time.Duration((cost-b.left)/rate*float64(time.Second)) + 1
}

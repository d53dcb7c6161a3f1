package scantest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// hands breaks each delivery that a queue hands out.
func hands(how func(*brokenDelivery)) func(*brokenQueue) {
	return func(q *brokenQueue) { q.handed = how }
}

// forgives has errors of lost leases forgotten.
func forgives(err error) error {
	if errors.Is(err, scan.ErrLeaseLost) {
		return nil
	}
	return err
}

func queueMutants() []queueMutant {
	return slices.Concat(sendMutants(), receiveMutants(), deliveryMutants(), lostMutants(), deadMutants(), withdrawMutants(), listMessagesMutants(), countMutants())
}

func sendMutants() []queueMutant {
	return []queueMutant{
		{"it says that it has sent", "what is sent is received, as it was", func(q *brokenQueue) {
			q.send = func(context.Context, []scan.Message) error { return nil }
		}},
		{"keys are marked", "what is sent is received, as it was", func(q *brokenQueue) {
			q.sends(func(m *scan.Message) { m.Key += "!" })
		}},
		{"bodies are texts", "bodies are bytes, few or many", func(q *brokenQueue) {
			q.sends(func(m *scan.Message) { m.Body = bytes.ToValidUTF8(m.Body, []byte("?")) })
		}},
		{"bodies end at a zero", "bodies are bytes, few or many", func(q *brokenQueue) {
			q.sends(func(m *scan.Message) { m.Body, _, _ = bytes.Cut(m.Body, []byte{0}) })
		}},
		{"large bodies are cut", "bodies are bytes, few or many", func(q *brokenQueue) {
			q.sends(func(m *scan.Message) { m.Body = m.Body[:min(len(m.Body), 64<<10-1)] })
		}},
		{"bodies are kept, not copied", "what is given and returned is copied", func(q *brokenQueue) {
			kept := map[string][]byte{}
			q.sends(func(m *scan.Message) { kept[m.Key] = m.Body })
			q.handed = func(d *brokenDelivery) { d.message.Body = kept[d.message.Key] }
		}},
		{"only the first of a call is sent", "no more is taken than is returned", func(q *brokenQueue) {
			send := q.send
			q.send = func(ctx context.Context, messages []scan.Message) error {
				return send(ctx, messages[:min(1, len(messages))])
			}
		}},
		{"delays are ignored", "what is delayed comes later", func(q *brokenQueue) {
			q.sends(func(m *scan.Message) { m.Delay = 0 })
		}},
		{"all are delayed", "what is delayed comes later", func(q *brokenQueue) {
			q.sends(func(m *scan.Message) { m.Delay = time.Hour })
		}},
		{"the last is kept before the first", "the oldest comes first", func(q *brokenQueue) {
			send := q.send
			q.send = func(ctx context.Context, messages []scan.Message) error {
				messages = slices.Clone(messages)
				slices.Reverse(messages)
				return send(ctx, messages)
			}
		}},
		{"every message has a key of its own", "a key that is in the queue is left out", func(q *brokenQueue) {
			n := 0
			q.sends(func(m *scan.Message) { n++; m.Key += string(rune(n)) })
			q.handed = func(d *brokenDelivery) {
				runes := []rune(d.message.Key)
				d.message.Key = string(runes[:len(runes)-1])
			}
		}},
		{"a key is taken once and never again", "a key that was acked or buried can be sent again", func(q *brokenQueue) {
			send, seen := q.send, map[string]bool{}
			q.send = func(ctx context.Context, messages []scan.Message) error {
				for _, m := range messages {
					if !seen[m.Key] {
						seen[m.Key] = true
						if err := send(ctx, []scan.Message{m}); err != nil {
							return err
						}
					}
				}
				return nil
			}
		}},
	}
}

func receiveMutants() []queueMutant {
	receives := func(how func(ctx context.Context, receive func(most int, lease time.Duration) ([]scan.Delivery, error), most int, lease time.Duration) ([]scan.Delivery, error)) func(*brokenQueue) {
		return func(q *brokenQueue) {
			right := q.receive
			q.receive = func(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error) {
				return how(ctx, func(most int, lease time.Duration) ([]scan.Delivery, error) { return right(ctx, most, lease) }, most, lease)
			}
		}
	}
	type receive = func(most int, lease time.Duration) ([]scan.Delivery, error)
	return []queueMutant{
		{"that there is nothing is an error", "an empty queue has nothing", receives(func(_ context.Context, right receive, most int, lease time.Duration) ([]scan.Delivery, error) {
			got, err := right(most, lease)
			if len(got) == 0 {
				err = errors.New("the queue is empty")
			}
			return got, err
		})},
		{"it takes more than it returns", "no more is taken than is returned", receives(func(_ context.Context, right receive, most int, lease time.Duration) ([]scan.Delivery, error) {
			got, err := right(most+1, lease)
			return got[:min(len(got), most)], err
		})},
		{"it returns more than was asked for", "no more is taken than is returned", receives(func(_ context.Context, right receive, most int, lease time.Duration) ([]scan.Delivery, error) {
			return right(most+1, lease)
		})},
		{"leases are shorter", "what is leased is hidden", receives(func(_ context.Context, right receive, most int, lease time.Duration) ([]scan.Delivery, error) {
			return right(most, lease/4)
		})},
		{"leases never end", "when its lease has ended a message comes again", receives(func(_ context.Context, right receive, most int, lease time.Duration) ([]scan.Delivery, error) {
			return right(most, 1000*lease)
		})},
		{"it does not hear that it is to end", "a call returns when its context ends", func(q *brokenQueue) {
			right := q.receive
			q.receive = func(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error) {
				return right(context.WithoutCancel(ctx), most, lease)
			}
		}},
		{"it is silent when it has not looked", "a call returns when its context ends", func(q *brokenQueue) {
			right := q.receive
			q.receive = func(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error) {
				got, err := right(ctx, most, lease)
				if errors.Is(err, context.Canceled) {
					err = nil
				}
				return got, err
			}
		}},
		{"the newest comes first", "the oldest comes first", receives(func(_ context.Context, right receive, most int, lease time.Duration) ([]scan.Delivery, error) {
			got, err := right(10, lease)
			slices.Reverse(got)
			for _, d := range got[min(len(got), most):] {
				err = errors.Join(err, d.Retry(context.Background(), 0))
			}
			return got[:min(len(got), most)], err
		})},
		{"two get the same", "contenders never have a message both", func(q *brokenQueue) {
			var mu sync.Mutex
			var last []scan.Delivery
			right := q.receive
			q.receive = func(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error) {
				got, err := right(ctx, most, lease)
				mu.Lock()
				defer mu.Unlock()
				if len(got) == 0 {
					return slices.Clone(last), err
				}
				last = slices.Clone(got)
				return append(got, last...), err
			}
		}},
	}
}

func deliveryMutants() []queueMutant {
	return []queueMutant{
		{"extending does nothing", "extending keeps a message hidden", hands(func(d *brokenDelivery) {
			d.extend = func(context.Context, time.Duration) error { return nil }
		})},
		{"extending adds a minute, whatever is asked", "extending keeps a message hidden", hands(func(d *brokenDelivery) {
			right := d.extend
			d.extend = func(ctx context.Context, _ time.Duration) error { return right(ctx, time.Minute) }
		})},
		{"extending is for ever", "extending keeps a message hidden", hands(func(d *brokenDelivery) {
			right := d.extend
			d.extend = func(ctx context.Context, lease time.Duration) error { return right(ctx, 1000*lease) }
		})},
		{"a lease says that it is longer", "a lease is over when it says, or later", hands(func(d *brokenDelivery) {
			right := d.expires
			d.expires = func() time.Time { return right().Add(time.Second) }
		})},
		{"a lease does not say that it was extended", "a lease is over when it says, or later", hands(func(d *brokenDelivery) {
			at := d.expires()
			d.expires = func() time.Time { return at }
		})},
		{"acking does nothing", "what is acked is gone", hands(func(d *brokenDelivery) {
			d.ack = func(context.Context) error { return nil }
		})},
		{"giving back is waiting for the lease to end", "what is given back comes again at once", hands(func(d *brokenDelivery) {
			d.retry = func(context.Context, time.Duration) error { return nil }
		})},
		{"giving back is for now, whatever is asked", "what is given back for later comes later", hands(func(d *brokenDelivery) {
			right := d.retry
			d.retry = func(ctx context.Context, _ time.Duration) error { return right(ctx, 0) }
		})},
		{"giving back is acking", "what is given back comes again at once", hands(func(d *brokenDelivery) {
			d.retry = func(ctx context.Context, _ time.Duration) error { return d.ack(ctx) }
		})},
		{"every attempt is the first", "attempts are counted", hands(func(d *brokenDelivery) { d.attempt = 1 })},
		{"attempts count from zero", "what is sent is received, as it was", hands(func(d *brokenDelivery) { d.attempt-- })},
		{"what was given back does not count", "attempts are counted", func(q *brokenQueue) {
			back := 0
			q.handed = func(d *brokenDelivery) {
				d.attempt -= back
				right := d.retry
				d.retry = func(ctx context.Context, after time.Duration) error { back++; return right(ctx, after) }
			}
		}},
	}
}

// lostMutants have who has lost a message do something to it.
func lostMutants() []queueMutant {
	newest := func(breaks func(d, newest *brokenDelivery)) func(*brokenQueue) {
		return func(q *brokenQueue) {
			last := map[string]*brokenDelivery{}
			q.handed = func(d *brokenDelivery) {
				right := *d
				last[d.message.Key] = &right
				breaks(d, &brokenDelivery{
					extend: func(ctx context.Context, lease time.Duration) error { return last[d.message.Key].extend(ctx, lease) },
					ack:    func(ctx context.Context) error { return last[d.message.Key].ack(ctx) },
					retry:  func(ctx context.Context, after time.Duration) error { return last[d.message.Key].retry(ctx, after) },
					bury:   func(ctx context.Context, reason string) error { return last[d.message.Key].bury(ctx, reason) },
				})
			}
		}
	}
	const law = "who has lost a message can do nothing to it"
	return []queueMutant{
		{"who has lost a message acks it under another", law, newest(func(d, newest *brokenDelivery) { d.ack = newest.ack })},
		{"who has lost a message extends it", law, newest(func(d, newest *brokenDelivery) { d.extend = newest.extend })},
		{"who has lost a message gives it back", law, newest(func(d, newest *brokenDelivery) { d.retry = newest.retry })},
		{"who has lost a message buries it", law, newest(func(d, newest *brokenDelivery) { d.bury = newest.bury })},
		{"who has lost a message is not told", law, hands(func(d *brokenDelivery) {
			right := d.ack
			d.ack = func(ctx context.Context) error { return forgives(right(ctx)) }
		})},
		{"what was acked can be extended", "what has ended has ended", hands(func(d *brokenDelivery) {
			right := d.extend
			d.extend = func(ctx context.Context, lease time.Duration) error { return forgives(right(ctx, lease)) }
		})},
		{"what was acked can be acked", "what has ended has ended", hands(func(d *brokenDelivery) {
			right := d.ack
			d.ack = func(ctx context.Context) error { return forgives(right(ctx)) }
		})},
	}
}

func deadMutants() []queueMutant {
	deadAs := func(what func(*scan.DeadMessage)) func(*brokenQueue) {
		return func(q *brokenQueue) {
			right := q.dead
			q.dead = func(ctx context.Context) iter.Seq2[scan.DeadMessage, error] {
				return func(yield func(scan.DeadMessage, error) bool) {
					for m, err := range right(ctx) {
						if what(&m); !yield(m, err) {
							return
						}
					}
				}
			}
		}
	}
	return []queueMutant{
		{"burying is giving back", "what is buried comes no more", hands(func(d *brokenDelivery) {
			d.bury = func(ctx context.Context, _ string) error { return d.retry(ctx, 0) }
		})},
		{"burying is acking", "what is buried is seen, with the reason", hands(func(d *brokenDelivery) {
			d.bury = func(ctx context.Context, _ string) error { return d.ack(ctx) }
		})},
		{"burying is waiting for the lease to end", "what is buried comes no more", hands(func(d *brokenDelivery) {
			d.bury = func(context.Context, string) error { return nil }
		})},
		{"the dead have no reason", "what is buried is seen, with the reason", deadAs(func(m *scan.DeadMessage) { m.Reason = "" })},
		{"the dead have no body", "what is buried is seen, with the reason", deadAs(func(m *scan.DeadMessage) { m.Body = nil })},
		{"the dead have no time", "what is buried is seen, with the reason", deadAs(func(m *scan.DeadMessage) { m.At = time.Time{} })},
		{"the dead have no attempts", "what is buried is seen, with the reason", deadAs(func(m *scan.DeadMessage) { m.Attempts = 0 })},
		{"the dead are in the order of their keys", "what is buried is seen, with the reason", func(q *brokenQueue) {
			right := q.dead
			q.dead = func(ctx context.Context) iter.Seq2[scan.DeadMessage, error] {
				var all []scan.DeadMessage
				for m, err := range right(ctx) {
					if err == nil {
						all = append(all, m)
					}
				}
				slices.SortFunc(all, func(a, b scan.DeadMessage) int { return bytes.Compare([]byte(a.Key), []byte(b.Key)) })
				return func(yield func(scan.DeadMessage, error) bool) {
					for _, m := range all {
						if !yield(m, nil) {
							return
						}
					}
				}
			}
		}},
		{"redriving takes all, whatever is named", "what is redriven has another chance", func(q *brokenQueue) {
			right := q.redrive
			q.redrive = func(ctx context.Context, _ []string) (int, error) { return right(ctx, nil) }
		}},
		{"redriving counts what was named", "what is redriven has another chance", func(q *brokenQueue) {
			right := q.redrive
			q.redrive = func(ctx context.Context, keys []string) (int, error) {
				n, err := right(ctx, keys)
				return max(n, len(keys)), err
			}
		}},
		{"redriving only says so", "what is redriven has another chance", func(q *brokenQueue) {
			q.redrive = func(_ context.Context, keys []string) (int, error) { return 2, nil }
		}},
	}
}

func countMutants() []queueMutant {
	counts := func(what func(*scan.QueueStats)) func(*brokenQueue) {
		return func(q *brokenQueue) {
			right := q.stats
			q.stats = func(ctx context.Context) (scan.QueueStats, error) {
				s, err := right(ctx)
				what(&s)
				return s, err
			}
		}
	}
	return []queueMutant{
		{"what is leased counts as ready", "numbers add up", counts(func(s *scan.QueueStats) { s.Ready += s.Leased; s.Leased = 0 })},
		{"what is delayed counts as ready", "numbers add up", counts(func(s *scan.QueueStats) { s.Ready += s.Delayed; s.Delayed = 0 })},
		{"what is delayed counts as leased", "numbers add up", counts(func(s *scan.QueueStats) { s.Leased += s.Delayed; s.Delayed = 0 })},
		{"the dead do not count", "numbers add up", counts(func(s *scan.QueueStats) { s.Dead = 0 })},
		{"the dead count as ready", "numbers add up", counts(func(s *scan.QueueStats) { s.Ready += s.Dead })},
		{"there is no age", "the age of the oldest is told", counts(func(s *scan.QueueStats) { s.Oldest = 0 })},
		{"the age is for ever", "the age of the oldest is told", counts(func(s *scan.QueueStats) { s.Oldest += time.Hour })},
	}
}

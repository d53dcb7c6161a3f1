package refresh

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A request is what a manager is asked for: a full refresh, or a targeted one.
type request struct {
	Targets *Targets `json:"targets,omitempty"` // nil: everything
	Force   bool     `json:"force,omitempty"`
}

// Request asks for a refresh of a manager: of what targets name, or a full one if they are nil. It returns when
// the request is kept; [Refresher.Await] waits until it is done. What is asked for twice before it begins is done once, and targets
// that come close together share a refresh. A full refresh begins also if one has failed that is to be made again only after a
// while; targets wait for that. A manager that there is not is [storage.ErrNotFound].
func (r *Refresher[C, P]) Request(ctx context.Context, manager string, t *Targets) error {
	return r.RequestEach(ctx, map[string]*Targets{manager: t})
}

// RequestEach asks for refreshes of several managers, each as by [Refresher.Request]. Those that there are get their
// requests also if the error names one that there is not.
func (r *Refresher[C, P]) RequestEach(ctx context.Context, of map[string]*Targets) error {
	var box outbox
	for _, manager := range slices.Sorted(maps.Keys(of)) {
		t := of[manager]
		if t != nil {
			if _, err := t.in(r.persister.names); err != nil {
				return fmt.Errorf("refresh: manager %q: %w", manager, err)
			}
			if r.tooMany(t) {
				t = nil
			}
		}
		if err := r.ask(ctx, &box, manager, request{Targets: t}); err != nil {
			return err
		}
	}
	return r.deliver(ctx, box)
}

// tooMany reports whether so much is asked for that a full refresh is right.
func (l *lifecycle) tooMany(t *Targets) bool {
	if t.Len() > l.options.Threshold {
		return true
	}
	if t.mostBytes() <= mostTargets {
		return false
	}
	text, err := json.Marshal(t)
	return err != nil || len(text) > mostTargets
}

// mostBytes returns a number of bytes that the targets do not exceed as JSON, which takes less time than to write them.
func (t *Targets) mostBytes() (n int) {
	for collection, of := range t.of {
		n += mostBytesOf(collection)
		for _, key := range of.keys {
			n += key.mostBytes()
		}
	}
	return n
}

func (k rowKey) mostBytes() (n int) {
	for _, part := range k {
		n += mostBytesOf(part.column) + mostBytesOf(part.value.Text())
		if part.row != nil {
			n += mostBytesOf(part.row.collection) + mostBytesOf(part.row.index) + part.row.key.mostBytes()
		}
	}
	return n
}

// mostBytesOf returns how many bytes a text, or a value without one, can take, with all that is around it: JSON may write
// six bytes for one.
func mostBytesOf(text string) int { return 6*len(text) + 64 }

// Force asks for a full refresh that may remove as many rows as it likes, whatever the [Guard] of a collection says:
// for one person to say, after a look at what was refused.
func (r *Refresher[C, P]) Force(ctx context.Context, manager string) error {
	var box outbox
	if err := r.ask(ctx, &box, manager, request{Force: true}); err != nil {
		return err
	}
	return r.deliver(ctx, box)
}

// ask puts a request into messages, one for each row, each in a slot of its own: so a row that is asked for again
// while nobody listens takes no more room.
func (l *lifecycle) ask(ctx context.Context, box *outbox, manager string, q request) error {
	if q.Targets == nil {
		return l.requested.Deliver(ctx, box, manager, q, supervision.Slot(slotOf(q.Force)))
	}
	for slot, row := range q.Targets.each() {
		if err := l.requested.Deliver(ctx, box, manager, request{Targets: row}, supervision.Slot(slot)); err != nil {
			return err
		}
	}
	return nil
}

func slotOf(force bool) string {
	if force {
		return "everything, by force"
	}
	return "everything"
}

// each yields the rows that targets name one by one, with a text that no two share.
func (t *Targets) each() iter.Seq2[string, *Targets] {
	return func(yield func(string, *Targets) bool) {
		for _, collection := range slices.Sorted(maps.Keys(t.of)) {
			for _, key := range t.of[collection].keys {
				sum := sha256.Sum256(key.append(appendText(nil, collection)))
				var row Targets
				row.add(collection, key)
				if !yield(hex.EncodeToString(sum[:]), &row) {
					return
				}
			}
		}
	}
}

// An outbox takes messages, to have them delivered together.
type outbox []storage.Message

// Deliver adds a message to a manager.
func (b *outbox) Deliver(_ context.Context, manager string, m storage.Message) error {
	m.To.ID = manager
	*b = append(*b, m)
	return nil
}

func (l *lifecycle) deliver(ctx context.Context, box outbox) error {
	for i := range box {
		box[i].To.Kind = l.managers.Name()
	}
	for messages := range slices.Chunk(box, 500) {
		answers, err := l.store.Deliver(ctx, messages)
		if err != nil {
			return fmt.Errorf("refresh: %w", err)
		}
		for i, err := range answers {
			if err != nil {
				return fmt.Errorf("refresh: manager %q: %w", messages[i].To.ID, err)
			}
		}
	}
	return nil
}

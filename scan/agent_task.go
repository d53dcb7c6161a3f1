package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"sync"
	"time"
)

// A task is a request that an agent works on.
type task struct {
	shift   *shift
	request *Request

	// held ends when the request is another's, or the shift ends: nothing is said of it then.
	held context.Context
	lose context.CancelCauseFunc
	// going ends also when the scan is not wanted any more.
	going context.Context
	stop  context.CancelCauseFunc
	// begun is closed when the desk has said for the first time that it may go on.
	begun func()
	may   chan struct{}
	// expiry ends held when the lease is nearly lost.
	expiry *time.Timer

	mu sync.Mutex
	// deliveries are of the same request: more than one if the queue brought it again.
	deliveries []*delivery
	// moved: something was done since it was reported on last. said is what was reported.
	moved bool
	said  Progress
	// found are results that no reply has yet; seen are their categories, and those of earlier ones, also of other agents.
	found []Result
	seen  map[string]bool

	outbox outbox
}

// A delivery can be told from others.
type delivery struct{ Delivery }

func newTask(s *shift, d Delivery, r *Request) *task {
	t := &task{
		shift: s, request: r,
		may:        make(chan struct{}),
		deliveries: []*delivery{{d}},
		moved:      true,
		said:       Progress{Agent: s.id, Job: r.Job, Epoch: r.Epoch, Seq: 1},
		seen:       map[string]bool{},
		outbox:     outbox{Reply{V: WireVersion, Agent: s.id, Job: r.Job, Epoch: r.Epoch}, nil},
	}
	t.held, t.lose = context.WithCancelCause(s.ctx)
	t.going, t.stop = context.WithCancelCause(t.held)
	t.begun = sync.OnceFunc(func() { close(t.may) })
	t.expiry = time.AfterFunc(t.nearly(time.Until(d.Expires())), func() { t.lose(errLost) })
	return t
}

// run works on the request to the end. Replies are sent while the scan goes on, so that what was found early is known early.
func (t *task) run() {
	defer t.shift.leave(t)
	defer t.lose(nil)
	defer t.expiry.Stop()
	var err error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err = t.scan()
	}()
	beat := time.NewTicker(t.beat())
	defer beat.Stop()
	for {
		select {
		case <-beat.C:
			t.reply()
			if t.beat() < t.shift.options.Beat {
				t.shift.hurry()
			}
		case <-ended:
			if !t.conclude(err) {
				t.abandon()
			}
			if class, _ := classOf(err); class == Lost { // here, and maybe not elsewhere: others are to take the next ones
				t.shift.pause(t.shift.open, t.shift.options.Lease)
			}
			return
		case <-t.held.Done():
			t.abandon()
			<-ended
			return
		}
	}
}

// beat is how often it is said how far the scan is: oftener than the job asks for.
func (t *task) beat() time.Duration {
	beat := t.shift.options.Beat
	if patience := t.request.Progress; patience > 0 {
		beat = min(beat, max(patience/3, every))
	}
	return beat
}

// scan opens the target and looks into it, once the desk has said that it may. It returns when nobody reads the target any more.
func (t *task) scan() (err error) {
	select {
	case <-t.may:
	case <-t.going.Done():
		return context.Cause(t.going)
	}
	missing := t.missing()
	if len(missing) == 0 {
		return nil
	}
	fsys, done, err := t.open()
	if err != nil {
		return t.why(err)
	}
	defer t.close(done)
	t.did(func() {})
	r := t.request
	results, err := t.shift.inspector.Inspect(t.going, fsys, Inspection{
		Target: r.Target.ID, Content: r.Target.Content, Categories: missing, Known: r.Known, Limits: r.Limits,
		Progress: t.progress, Done: t.done,
	})
	for _, result := range results {
		t.done(result)
		if result.Class == Lost && err == nil {
			err = AgentFault(fmt.Errorf("category %s: %s", quote(result.Category), result.Error))
		}
	}
	return t.why(err)
}

// have notes that there are results of categories, from an agent that had the request before.
func (t *task) have(categories []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range categories {
		t.seen[c] = true
	}
}

// missing returns the categories that have no result.
func (t *task) missing() (out []Category) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.request.Categories {
		if !t.seen[c.Name] {
			out = append(out, c)
		}
	}
	return out
}

// hasBegun reports whether the desk has said that it may go on.
func (t *task) hasBegun() bool {
	select {
	case <-t.may:
		return true
	default:
		return false
	}
}

// why returns why the scan is to end, if that is so, and the error otherwise.
func (t *task) why(err error) error {
	if t.going.Err() != nil {
		return context.Cause(t.going)
	}
	return err
}

func (t *task) open() (fsys fs.FS, done func() error, err error) {
	defer t.recoverTo(&err)
	return t.shift.Opener.Open(t.going, t.request.Target, t.request.Attached)
}

func (t *task) close(done func() error) {
	var err error
	defer func() {
		if err != nil {
			t.shift.log.Warn("a target could not be closed", "job", t.request.Job, "error", err)
		}
	}()
	defer t.recoverTo(&err)
	if done != nil {
		err = done()
	}
}

func (t *task) recoverTo(err *error) {
	if p := recover(); p != nil {
		t.shift.log.Error("an opener panicked", "job", t.request.Job, "panic", p, "stack", string(debug.Stack()))
		*err = fmt.Errorf("the opener panicked: %v", p)
	}
}

// progress notes that something was done.
func (t *task) progress(category string, items int, bytes int64) {
	t.did(func() { t.said.Category, t.said.Items, t.said.Bytes = category, items, bytes })
}

// done notes a result, once.
func (t *task) done(r Result) {
	t.mu.Lock()
	known := t.seen[r.Category]
	t.seen[r.Category] = true
	t.mu.Unlock()
	if !known {
		t.did(func() { t.found = append(t.found, r) })
	}
}

func (t *task) did(what func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	what()
	t.moved = true
	t.shift.worked.Add(1)
}

// conclude says how it ended, and then that the request is done. It is false if it could not, because the request is another's or the shift ends.
func (t *task) conclude(err error) bool {
	if t.held.Err() != nil {
		return false
	}
	if !errors.Is(err, errDropped) {
		t.last(err)
		if !t.insist("the last reply could not be sent", t.send) {
			return false
		}
	}
	return t.insist("a request could not be acknowledged", t.ack)
}

// insist tries until it succeeds. It is false if the request has been lost before.
func (t *task) insist(failed string, do func(ctx context.Context) error) bool {
	for t.held.Err() == nil {
		err := t.shift.call(t.held, do)
		if err == nil {
			return true
		}
		t.shift.tell(failed, err, "job", t.request.Job, "epoch", t.request.Epoch)
		t.shift.pause(t.held, t.shift.options.Beat)
	}
	return false
}

// ack removes the request from the queue.
func (t *task) ack(ctx context.Context) error {
	for _, d := range t.mine() {
		if err := d.Ack(ctx); err != nil && !errors.Is(err, ErrLeaseLost) {
			return err
		}
		t.disown(d)
	}
	return nil
}

// abandon gives the request back if the shift's end is why it is not worked on. If its lease is lost, nothing is to be said of it.
func (t *task) abandon() {
	if context.Cause(t.held) == errLost { //nolint:errorlint // it is that very one, or another reason
		t.shift.log.Warn("a request is lost: nothing was done about it for too long", "job", t.request.Job, "epoch", t.request.Epoch)
		return
	}
	for _, d := range t.mine() {
		t.shift.giveBack(d, 0)
		t.disown(d)
	}
}
